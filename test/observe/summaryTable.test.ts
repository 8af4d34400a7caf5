import { expect } from "chai";
import { SUMMARY_COLUMNS, summaryTable } from "../../trainer/observe/summaryTable.ts";
import { aDispute, aReport, aScenario } from "./aReport.ts";

/** The lines of the table of rounds: groups, headings, rule, rounds, rule, sum. */
function roundLines(text: string): string[] {
  const lines = text.split("\n");
  return lines.slice(
    0,
    lines.findIndex((line) => line.startsWith("Gas:")),
  );
}

/** Where each column ends: the last character of each word of the headings. */
function columnEnds(headings: string): number[] {
  return [...headings.matchAll(/\S+/g)].map((match) => match.index + match[0].length);
}

describe("summaryTable", () => {
  it("lines up every cell under its heading", () => {
    const [groups = "", headings = "", , ...rest] = roundLines(summaryTable(aReport()));
    const rounds = rest.slice(0, 8);
    const ends = columnEnds(headings);
    expect(ends).to.have.length(15);
    for (const line of rounds) {
      expect(line).to.have.length(headings.length);
      for (const end of ends) expect(line.slice(end - 1, end + 1), line).to.match(/^\S ?$/);
    }
    expect(groups).to.have.length(headings.length);
    expect(headings.trim().split(/\s+/)).to.deep.equal(
      "round accuracy loss trainers enter commit reveal propose finalise bytes train encrypt transfer chain total".split(
        " ",
      ),
    );
    expect(rounds[1]?.trim().split(/ {1,}/)).to.deep.equal(
      "2 92.62% 0.3059 4 0 312020 221690 118204 87033 10.2 MB 15.20 0.03 0.86 4.30 22.20".split(" "),
    );
  });

  it("sums gas, bytes and seconds below", () => {
    const sum = roundLines(summaryTable(aReport())).at(-1) ?? "";
    expect(sum.trim().split(/\s+/)).to.deep.equal(
      "all 291405 3036284 1772720 945632 696264 81.7 MB 120.60 0.25 7.28 17.60 154.90".split(" "),
    );
  });

  it("shows a budget that adds up, aligned at the point", () => {
    const text = summaryTable(aReport());
    expect(text).to.include("  paid to trainers          9 000.000000000000000001\n");
    expect(text).to.include("  returned to the sponsor     999.999999999999999999\n");
    expect(text).to.include("  escrowed                 10 000.000000000000000000\n");
    expect(text).to.include("  all claims  9 000.000000000000000001\n");
  });

  it("stays within the columns, whatever the numbers", () => {
    const huge = aReport((report) => {
      const most = (2n ** 256n - 1n).toString();
      report.config.token = { symbol: "X".repeat(32), decimals: 77 };
      report.budget = { escrowed: most, paid: most, slashed: "1", returned: "0" };
      report.claims = [{ trainer: "0x5FbDB2315678afecb367f032d93F642f64180aa3", amount: most }];
      for (const round of report.rounds) {
        round.round += 9000;
        round.loss = 1e12;
        round.gas = { enter: 64e6, commit: 64e6, reveal: 64e6, propose: 64e6, finalise: 64e6 };
        round.bytes = 123e12;
        round.seconds = { train: 86_400, encrypt: 86_400, transfer: 86_400, chain: 86_400, total: 500_000 };
      }
    });
    for (const report of [aReport(), huge]) {
      const text = summaryTable(report);
      for (const line of text.split("\n")) expect(line.length, line).to.be.at.most(SUMMARY_COLUMNS);
      expect(roundLines(text).length).to.be.above(8);
    }
  });

  it("tells disputes between the rounds and the money, within the columns", () => {
    const text = summaryTable(
      aReport((report) => {
        report.disputes = [aDispute(), aDispute({ fault: "silent", trainer: "x".repeat(100) })];
      }),
    );
    const lines = text.split("\n");
    const at = (start: string) => lines.findIndex((line) => line.startsWith(start));
    expect(at("Round 2: a wrong sum")).to.be.above(at("Gas:")).and.below(at("Round 2: a missed turn"));
    expect(at("Round 2: a missed turn")).to.be.below(at("Claims"));
    expect(text).to.include("48 FDS were burnt.");
    for (const line of lines) expect(line.length, line).to.be.at.most(SUMMARY_COLUMNS);
  });

  it("ends with a scenario's columns: baseline, each alone and their range, federated, all data pooled", () => {
    expect(summaryTable(aReport())).to.not.match(/pooled|alone/);
    const text = summaryTable(aReport((report) => (report.scenario = aScenario())));
    const lines = text.split("\n");
    const cellsOf = (start: string) =>
      lines
        .find((line) => line.startsWith(`  ${start}`))
        ?.trim()
        .split(/ {2,}/);
    const heading = ["measure", "better", "baseline", "each alone", "range", "federated", "all data pooled"];
    expect(cellsOf("measure")).to.deep.equal(heading);
    expect(cellsOf("macro F1")).to.deep.equal([
      "macro F1",
      "higher",
      "0.133",
      "0.500",
      "0.413 to 0.602",
      "0.831",
      "0.852",
    ]);
    expect(cellsOf("MAE, days")).to.deep.equal(["MAE, days", "lower", "31.3", "–", "– to –", "9.88", "9.50"]);
    expect(text).to.include("SIMULATED: no machine").and.include("720 simulated test rows: nobody measured them");
    expect(lines.findIndex((line) => line.startsWith("Budget"))).to.be.below(lines.indexOf(aScenario().title));
    for (const line of lines) expect(line.length, line).to.be.at.most(SUMMARY_COLUMNS);
  });

  it("keeps a scenario's columns on the screen, whatever they are called", () => {
    const [first] = aScenario().lines;
    const measure = { name: "\u001b[2J".repeat(20), better: "lower", unit: "y".repeat(100) } as const;
    const wild = aScenario({
      ...{ title: "t\n".repeat(90), story: "w".repeat(1000) },
      lines: [{ ...first!, measure, pooled: -1e300, federated: 1e300 }],
    });
    const text = summaryTable(aReport((report) => (report.scenario = wild)));
    expect(text).not.to.match(/[\u0000-\u0009\u000b-\u001f]/);
    for (const line of text.split("\n")) expect(line.length, line).to.be.at.most(SUMMARY_COLUMNS);
  });

  it("gives a terminal no control characters of others", () => {
    const text = summaryTable(aReport((report) => (report.claims[0]!.trainer = "\u001b[2Jevil\r\nall claims  0")));
    expect(text).not.to.match(/[\u0000-\u0009\u000b-\u001f]/);
    expect(text.split("\n").filter((line) => line.startsWith("  all claims"))).to.have.length(1);
  });

  it("says so when no round was finished and nothing claimed", () => {
    const text = summaryTable(aReport((report) => Object.assign(report, { rounds: [], claims: [] })));
    expect(text).to.include("No round was finished.").and.include("Nothing was claimed.");
  });
});
