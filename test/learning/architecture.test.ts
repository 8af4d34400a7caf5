import { expect } from "chai";
import { architectureSchema, featureCount, layerShapes, parameterCount } from "../../trainer/learning/architecture.ts";
import type { Architecture } from "../../trainer/learning/architecture.ts";

const cnn = { kind: "cnn", inputs: [28, 28, 1], filters: [32, 64], window: 5, hidden: [512], classes: 10 } as const;

describe("architecture", () => {
  it("counts the parameters of the networks of McMahan et al. 2017", () => {
    const mlp: Architecture = { kind: "mlp", inputs: [784], hidden: [200, 200], classes: 10 };
    expect(parameterCount(mlp)).to.equal(199_210);
    expect(parameterCount(architectureSchema.parse(cnn))).to.equal(1_663_370);
  });

  it("halves an odd image rounding down and flattens it for the dense layers", () => {
    const odd = architectureSchema.parse({ ...cnn, inputs: [7, 5, 3], filters: [4, 6], hidden: [] });
    expect(featureCount(odd)).to.equal(105);
    expect(layerShapes(odd)).to.deep.equal([
      { kind: "convolution", height: 7, width: 5, channels: 3, filters: 4, window: 5 },
      { kind: "convolution", height: 3, width: 2, channels: 4, filters: 6, window: 5 },
      { kind: "dense", inputs: 6, outputs: 10, isLast: true },
    ]);
  });

  it("refuses a manifest whose network is too large, before anything is allocated", () => {
    const huge = { kind: "mlp", inputs: [65_536], hidden: [16_384], classes: 10 };
    expect(() => architectureSchema.parse(huge)).to.throw(/more than 16777216 parameters/);
  });

  it("refuses more halvings than the image has pixels", () => {
    expect(() => architectureSchema.parse({ ...cnn, inputs: [4, 28, 1], filters: [2, 2, 2] })).to.throw(/halved/);
  });

  for (const [fault, change] of Object.entries({
    "an unknown kind": { kind: "rnn" },
    "a misspelt field": { filter: [8] },
    "a fractional width": { hidden: [12.5] },
    "one class": { classes: 1 },
    "a negative size": { inputs: [28, -28, 1] },
    "no convolution": { filters: [] },
  })) {
    it(`refuses ${fault}`, () => {
      expect(architectureSchema.safeParse({ ...cnn, ...change }).success).to.equal(false);
    });
  }
});
