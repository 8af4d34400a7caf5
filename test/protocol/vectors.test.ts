// The off-chain code against the fixed vectors; test/contracts/vectors.test.ts holds the contracts to the same files.
import { expect } from "chai";
import { rankedSum } from "../../trainer/protocol/laneRanks.ts";
import { chunkDepth, chunkProof, chunkRoot, verifyChunk } from "../../trainer/protocol/chunkTree.ts";
import { taskDomain, updateCommitment } from "../../trainer/protocol/commitments.ts";
import { addLanes } from "../../trainer/protocol/lanes.ts";
import { modelRoot } from "../../trainer/protocol/modelRoot.ts";
import { quantise } from "../../trainer/protocol/quantise.ts";
import { serverStep } from "../../trainer/protocol/serverStep.ts";
import type { ServerState, StepRule } from "../../trainer/protocol/serverStep.ts";
import chunkTree from "../vectors/chunkTree.json" with { type: "json" };
import laneRanks from "../vectors/laneRanks.json" with { type: "json" };
import commitments from "../vectors/commitments.json" with { type: "json" };
import { vectors } from "../vectors/generate.ts";
import { hex } from "../vectors/reference.ts";
import laneSum from "../vectors/laneSum.json" with { type: "json" };
import quantised from "../vectors/quantise.json" with { type: "json" };
import step from "../vectors/serverStep.json" with { type: "json" };

describe("vectors, off chain", () => {
  it("are what their generator writes", () => {
    const files = { chunkTree, laneSum, laneRanks, serverStep: step, quantise: quantised, commitments };
    expect(files, "written again? node test/vectors/generate.ts").to.deep.equal(vectors);
  });

  for (const { name, lanes, depth, root, proofs } of chunkTree) {
    it(`chunk tree: ${name}`, () => {
      const vector = Int32Array.from(lanes);
      expect(chunkDepth(lanes.length)).to.equal(depth);
      expect(chunkRoot(vector)).to.equal(root);
      for (const { index, chunk, proof } of proofs) {
        const made = chunkProof(vector, index);
        expect({ ...made, chunk: hex(made.chunk) }).to.deep.equal({ index, chunk, proof });
        expect(verifyChunk(root, depth, { index, chunk: made.chunk, proof })).to.equal(true);
      }
    });
  }

  for (const { name, vectors: summands, sum } of laneSum) {
    it(`sum: ${name}`, () => {
      const total = new Int32Array(sum.length);
      for (const lanes of summands) addLanes(total, Int32Array.from(lanes));
      expect([...total]).to.deep.equal(sum);
    });
  }

  for (const { name, cohorts, trim, sum } of laneRanks) {
    it(`sum of cohorts: ${name}`, () => {
      const parts = cohorts.map((cohort) => ({ ...cohort, sum: Int32Array.from(cohort.sum) }));
      expect([...rankedSum(parts, trim)]).to.deep.equal(sum);
    });
  }

  for (const { name, rule, state, sum, divisor, next, roots } of step) {
    it(`step: ${name}`, () => {
      const before = stateOf(state);
      const after = serverStep(rule as StepRule, before, Int32Array.from(sum), divisor);
      expect(after).to.deep.equal(stateOf(next));
      expect([modelRoot(before), modelRoot(after)]).to.deep.equal(roots);
    });
  }

  for (const { name, values, fractionBits, clip, lanes } of quantised) {
    it(`quantise: ${name}`, () => {
      expect([...quantise(Float32Array.from(values), { fractionBits, clip })]).to.deep.equal(lanes);
    });
  }

  it("domains and commitments", () => {
    for (const { chainId, task, domain } of commitments.domains) {
      expect(taskDomain(BigInt(chainId), task)).to.equal(domain);
    }
    for (const { commitment, ...binding } of commitments.commitments) {
      expect(updateCommitment(binding)).to.equal(commitment);
    }
  });
});

function stateOf({ model, moments }: { model: number[]; moments: number[][] }): ServerState {
  return { model: Int32Array.from(model), moments: moments.map((lanes) => Int32Array.from(lanes)) };
}
