import { expect } from "chai";
import { chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { combineRoots, modelRoot, stateFromBytes, stateToBytes } from "../../trainer/protocol/modelRoot.ts";
import { SERVER_RULES, momentCount } from "../../trainer/protocol/serverStep.ts";
import type { ServerRule, ServerState } from "../../trainer/protocol/serverStep.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { randomLanes, seededRandom } from "../support/seededRandom.ts";
import { referenceModelRoot } from "../vectors/reference.ts";

describe("modelRoot", () => {
  for (const rule of SERVER_RULES) {
    it(`covers every vector of a ${rule} model, as the reference does`, () => {
      const random = seededRandom(`roots of ${rule}`);
      const state = randomState(random, rule, 100);
      const root = modelRoot(state);
      expect(root).to.equal(referenceModelRoot(state));
      for (const vector of [state.model, ...state.moments]) {
        const lane = random.below(100);
        vector[lane]! ^= 1 << random.below(32);
        expect(modelRoot(state)).to.not.equal(root);
        vector[lane] = 0;
      }
    });

    it(`reads a ${rule} model as it was written`, () => {
      const state = randomState(seededRandom(`bytes of ${rule}`), rule, 33);
      const bytes = stateToBytes(state);
      expect(bytes).to.have.lengthOf(4 * 33 * (1 + momentCount(rule)));
      expect(stateFromBytes(bytes, 33, rule)).to.deep.equal(state);
    });

    it(`refuses bytes that are not a whole ${rule} model`, () => {
      const bytes = stateToBytes(randomState(seededRandom(`too few of ${rule}`), rule, 33));
      for (const wrong of [
        bytes.subarray(4),
        bytes.subarray(1),
        new Uint8Array(bytes.length + 132),
        new Uint8Array(),
      ]) {
        expect(() => stateFromBytes(wrong, 33, rule)).to.throw(RangeError, "of another model");
      }
    });
  }

  it("of a model without moments is its chunk root", () => {
    const model = Int32Array.from({ length: 100 }, (_, i) => i);
    expect(modelRoot({ model, moments: [] })).to.equal(chunkRoot(model));
  });

  it("depends on the order of the vectors", () => {
    const [a, b, c] = [1, 2, 3].map((byte) => `0x${`0${byte}`.repeat(32)}`) as [string, string, string];
    const roots = [[a], [a, b], [b, a], [a, b, c], [a, c, b], [c, b, a]].map(combineRoots);
    expect(new Set(roots)).to.have.lengthOf(6);
  });

  it("is of one to three vectors", () => {
    const root = `0x${"11".repeat(32)}`;
    for (const roots of [[], [root, root, root, root]]) expect(() => combineRoots(roots)).to.throw(RangeError);
  });
});

function randomState(random: Random, rule: ServerRule, parameters: number): ServerState {
  const [model, ...moments] = Array.from({ length: 1 + momentCount(rule) }, () => randomLanes(random, parameters));
  return { model: model!, moments };
}
