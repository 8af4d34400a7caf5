import { expect } from "chai";
import {
  compressionSchema,
  compressionText,
  updateForm,
  updateSize,
} from "../../../trainer/learning/compression/compression.ts";

function refusal(value: unknown): string {
  const { error } = compressionSchema.safeParse(value);
  if (error === undefined) throw new Error(`${JSON.stringify(value)} is taken`);
  return error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n");
}

describe("compression", () => {
  it("is digits, or which numbers are kept with how many of them, or both", () => {
    for (const value of [{ bits: 8 }, { keep: "largest", share: 0.01 }, { keep: "random", share: 0.5, bits: 1 }]) {
      expect(compressionSchema.parse(value)).to.deep.equal(value);
    }
  });

  it("is nothing else, and says what is missing", () => {
    expect(refusal({})).to.contain('leave "compression" out');
    expect(refusal({ keep: "largest" })).to.contain("share: says how many");
    expect(refusal({ share: 0.1 })).to.contain("keep: says which");
    for (const wrong of [{ bits: 2 }, { bits: 32 }, { keep: "smallest", share: 0.1 }, { bits: 8, rate: 1 }])
      refusal(wrong);
    for (const share of [0, -1, 0.51, NaN, "0.1"]) refusal({ keep: "random", share });
  });

  it("has a form that all agree on", () => {
    expect(updateForm({ bits: 4 }, 1_000)).to.include({ lanes: 1_000, keep: "all", kept: 1_000, bits: 4 });
    expect(updateForm({ keep: "largest", share: 0.01 }, 1_000)).to.include({ keep: "largest", kept: 10, bits: 32 });
    expect(updateForm({ keep: "random", share: 0.0001 }, 40)).to.include({ kept: 1 });
    const frozen = [{ from: 10, to: 20 }];
    expect(updateForm({ keep: "random", share: 0.1 }, 110, frozen)).to.include({
      parameters: 110,
      lanes: 100,
      kept: 10,
    });
  });

  it("says how small updates become", () => {
    const { bytes, timesSmaller } = updateSize(updateForm({ bits: 8 }, 100_000));
    expect(bytes).to.be.within(100_000, 104_000);
    expect(timesSmaller).to.be.closeTo(400_000 / bytes, 1e-9);
  });

  it("has words for people", () => {
    expect(compressionText({ keep: "largest", share: 0.01, bits: 8 })).to.equal(
      "the largest 1 % of an update, 8 bits a number",
    );
    expect(compressionText({ keep: "random", share: 0.005 })).to.equal("a random 0.5 % of an update");
    expect(compressionText({ bits: 1 })).to.equal("1 bit a number");
  });
});
