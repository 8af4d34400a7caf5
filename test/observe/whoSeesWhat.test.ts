import { expect } from "chai";
import { whoSeesWhat } from "../../trainer/observe/whoSeesWhat.ts";

describe("whoSeesWhat", () => {
  it("names a sealed round's trainers as readers of every update", () => {
    const sight = whoSeesWhat({ privacy: "sealed", trainers: 5, cohorts: 0, shareThreshold: 0 });
    expect(sight.find(({ party }) => party === "Each trainer of a round")?.sees).to.match(/^every update/);
  });

  it("says how many trainers of a masked round could see every update together, and that nobody else can", () => {
    const sight = whoSeesWhat({ privacy: "masked", trainers: 5, cohorts: 1, shareThreshold: 4 });
    const readers = sight.filter(({ sees }) => /^(every update|the one's update)/.test(sees)).map(({ party }) => party);
    expect(readers).to.deep.equal(["4 of the 5 trainers together", "All trainers of a sum but one, together"]);
  });

  it("tells of a cohort where there are several: that is among whom an update hides, and whose sum is known", () => {
    const sight = whoSeesWhat({ privacy: "masked", trainers: 12, cohorts: 3, shareThreshold: 3 });
    const sees = (whose: string) => sight.find(({ party }) => party === whose)?.sees;
    expect(sees("3 of the 4 trainers of a cohort together")).to.match(/^every update of that cohort/);
    expect(sees("All trainers of a sum but one, together")).to.match(/^the one's update/);
    expect(sees("Everybody")).to.include("each cohort's sum");
    expect(sees("The aggregator, and any other trainer")).to.include("in its cohort");
  });
});
