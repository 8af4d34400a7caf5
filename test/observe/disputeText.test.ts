import { expect } from "chai";
import { disputeText, nameOfFault } from "../../trainer/observe/disputeText.ts";
import type { ReportDispute } from "../../trainer/observe/report.ts";
import { aDispute } from "./aReport.ts";

const TOKEN = { symbol: "FDS", decimals: 18 };

describe("disputeText", () => {
  it("tells what was done, who proved it where, what it cost and who did the work instead", () => {
    expect(disputeText(aDispute(), TOKEN, " ")).to.deep.equal([
      "Trainer 4 aggregated and proposed a sum that is not the sum of the updates.",
      "Trainer 1 proved it on chain at chunk 1135, 6 s after it was there: 279 922 gas, and 51 034 to announce the proof.",
      "80 FDS of trainer 4's stake were taken: 32 FDS went to trainer 1, 48 FDS were burnt.",
      "Trainer 5 proposed the model that became final.",
    ]);
  });

  it("has words of its own for every fault", () => {
    const faults: ReportDispute["fault"][] = [
      ...(["wrongSum", "wrongStep", "malformed"] as const),
      ...(["undisclosed", "withheld", "silent", "spoilt", "badShares"] as const),
    ];
    const deeds = faults.map((fault) => disputeText(aDispute({ fault }), TOKEN)[0]);
    expect(new Set(deeds).size).to.equal(faults.length);
    expect(new Set(faults.map(nameOfFault)).size).to.equal(faults.length);
  });

  it("tells of no proof where the accused had to open, and of no successor in a void round", () => {
    const words = disputeText(aDispute({ fault: "spoilt" }), TOKEN, " ").join(" ");
    expect(words).to.include("Trainer 1 accused the sum").and.include("The round is void.");
    expect(words).to.not.include("Trainer 5");
  });

  it("says nothing of a successor when the round had none", () => {
    const { successor: _, ...dispute } = aDispute();
    expect(disputeText(dispute, TOKEN)).to.have.length(3);
  });
});
