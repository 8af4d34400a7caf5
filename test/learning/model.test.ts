import { expect } from "chai";
import type { Architecture } from "../../trainer/learning/architecture.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import type { Backend } from "../../trainer/learning/backend.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { WrongModelShape } from "../../trainer/learning/wrongModelShape.ts";

const architecture: Architecture = { kind: "mlp", inputs: [3], hidden: [4], classes: 2 };

describe("model", () => {
  let backend: Backend;
  before(async () => void (backend = await openBackend()));

  it("draws the same initial weights from the same seed, others from another", () => {
    const [first, again, other] = [1, 1, 2].map((seed) => {
      const model = createModel(backend, architecture, seed);
      const weights = model.readWeights();
      model.dispose();
      return weights;
    });
    expect(again).to.deep.equal(first);
    expect(other).to.not.deep.equal(first);
  });

  it("gives back the vector it was given, and keeps its own copy", () => {
    const model = createModel(backend, architecture, 1);
    const vector = Float32Array.from({ length: 26 }, (_, i) => i / 7);
    model.writeWeights(vector);
    const kept = vector.slice();
    vector.fill(0);
    expect(model.readWeights()).to.deep.equal(kept);
    model.dispose();
  });

  it("refuses a vector of another length and says both lengths", () => {
    const model = createModel(backend, architecture, 1);
    const before = model.readWeights();
    expect(() => model.writeWeights(new Float32Array(25)))
      .to.throw(WrongModelShape, /26 parameters, the vector has 25/)
      .that.includes({ expected: 26, got: 25 });
    expect(model.readWeights()).to.deep.equal(before);
    model.dispose();
  });

  it("refuses NaN and infinity", () => {
    const model = createModel(backend, architecture, 1);
    for (const value of [NaN, Infinity, -Infinity]) {
      expect(() => model.writeWeights(new Float32Array(26).fill(value, 25))).to.throw(TypeError, /NaN or infinite/);
    }
    model.dispose();
  });

  it("gives every tensor back, once", () => {
    const before = backend.strayTensors();
    const model = createModel(backend, architecture, 1);
    model.dispose();
    model.dispose();
    expect(backend.strayTensors()).to.equal(before);
    expect(() => model.writeWeights(new Float32Array(26))).to.throw(/disposed/);
  });
});
