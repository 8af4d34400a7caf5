import { expect } from "chai";
import { whoSeesWhat } from "../../trainer/observe/whoSeesWhat.ts";

describe("whoSeesWhat", () => {
  it("names a sealed round's trainers as readers of every update", () => {
    const sight = whoSeesWhat({ privacy: "sealed", trainers: 5, shareThreshold: 0 });
    expect(sight.find(({ party }) => party === "Each trainer of a round")?.sees).to.match(/^every update/);
  });

  it("says how many trainers of a masked round could see every update together, and that nobody else can", () => {
    const sight = whoSeesWhat({ privacy: "masked", trainers: 5, shareThreshold: 4 });
    const readers = sight.filter(({ sees }) => /^(every update|the one's update)/.test(sees)).map(({ party }) => party);
    expect(readers).to.deep.equal(["4 of the 5 trainers together", "All trainers of a sum but one, together"]);
  });
});
