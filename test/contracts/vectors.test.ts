// Chain and bots compute the same: the libraries against the fixed vectors, which test/protocol/vectors.test.ts checks
// off chain, and against the off-chain code itself on random ones.
import { expect } from "chai";
import { leftByTrim, rankedSum } from "../../trainer/protocol/laneRanks.ts";
import type { Ranked } from "../../trainer/protocol/laneRanks.ts";
import { chunkDepth, chunkProof, chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { taskDomain, updateCommitment } from "../../trainer/protocol/commitments.ts";
import { addLanes, bytesToLanes, lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { MAX_DIVISOR, SERVER_RULES, momentCount, serverStep } from "../../trainer/protocol/serverStep.ts";
import type { ServerState, StepRule } from "../../trainer/protocol/serverStep.ts";
import type { VectorHarness } from "../../types/ethers-contracts/index.js";
import { randomHex, randomLanes, seededRandom } from "../support/seededRandom.ts";
import { randomStepRule } from "../support/randomStepRule.ts";
import { ethers } from "../support/task.ts";
import chunkTree from "../vectors/chunkTree.json" with { type: "json" };
import laneRanks from "../vectors/laneRanks.json" with { type: "json" };
import commitments from "../vectors/commitments.json" with { type: "json" };
import { hex, referenceWords } from "../vectors/reference.ts";
import laneSum from "../vectors/laneSum.json" with { type: "json" };
import step from "../vectors/serverStep.json" with { type: "json" };

describe("vectors, on chain", () => {
  let harness: VectorHarness;
  let chainId: bigint;

  before(async () => {
    harness = (await ethers.deployContract("VectorHarness")) as unknown as VectorHarness;
    ({ chainId } = await ethers.provider.getNetwork());
  });

  for (const { name, lanes, depth, root, proofs } of chunkTree) {
    it(`chunk tree: ${name}`, async () => {
      expect(await rootOnChain(Int32Array.from(lanes), depth)).to.equal(root);
      for (const { index, chunk, proof } of proofs) {
        expect(await harness.rootOf(depth, index, ethers.concat([chunk, ...proof]))).to.equal(root);
        await harness.verify(root, depth, index, ethers.concat([chunk, ...proof]));
      }
    });
  }

  for (const { name, vectors, sum } of laneSum) {
    it(`sum: ${name}`, async () => {
      expect(await sumOnChain(vectors.map((lanes) => Int32Array.from(lanes)))).to.deep.equal(Int32Array.from(sum));
    });
  }

  for (const { name, cohorts, trim, sum } of laneRanks) {
    it(`sum of cohorts: ${name}`, async () => {
      const parts = cohorts.map((cohort) => ({ ...cohort, sum: Int32Array.from(cohort.sum) }));
      expect((await cohortsOnChain(parts, trim)).sum).to.deep.equal(Int32Array.from(sum));
    });
  }

  for (const { name, rule, state, sum, divisor, next, roots } of step) {
    it(`step: ${name}`, async () => {
      const stepped = await stepOnChain(rule as StepRule, stateOf(state), Int32Array.from(sum), divisor);
      expect(stepped).to.deep.equal(stateOf(next));
      const vectors = [next.model, ...next.moments].map((lanes) => chunkRoot(Int32Array.from(lanes)));
      expect(await harness.modelRoot(vectors)).to.equal(roots[1]);
    });
  }

  it("domains and commitments", async () => {
    const here = commitments.domains.filter((vector) => BigInt(vector.chainId) === chainId);
    expect(here, "vectors for this chain").to.not.be.empty;
    for (const { task, domain } of here) expect(await harness.taskDomain(task)).to.equal(domain);
    for (const { domain, round, trainer, root, contentKeyHash, commitment } of commitments.commitments) {
      expect(await harness.updateCommitment(domain, round, trainer, root, contentKeyHash)).to.equal(commitment);
    }
  });

  it("agree with the bots on the root of random vectors and the proof of any chunk", async () => {
    const random = seededRandom("roots");
    for (let i = 0; i < 12; i++) {
      const lanes = randomLanes(random, 1 + random.below(600));
      const depth = chunkDepth(lanes.length);
      const root = chunkRoot(lanes);
      expect(await rootOnChain(lanes, depth), `${lanes.length} lanes`).to.equal(root);
      const index = random.below(2 ** depth);
      const { chunk, proof } = chunkProof(lanes, index);
      expect(await harness.rootOf(depth, index, ethers.concat([chunk, ...proof]))).to.equal(root);
    }
  });

  it("agree with the bots that a spoilt proof is none", async () => {
    const random = seededRandom("spoilt proofs");
    const lanes = randomLanes(random, 300);
    const depth = chunkDepth(lanes.length);
    const root = chunkRoot(lanes);
    const errors = await libraryErrors("ChunkTree");
    for (let i = 0; i < 10; i++) {
      const { index, chunk, proof } = chunkProof(lanes, random.below(2 ** depth));
      const spoilt = chunk.slice();
      spoilt[random.below(128)]! ^= 1 + random.below(255);
      const verified = harness.verify(root, depth, index, ethers.concat([spoilt, ...proof]));
      await expect(verified).to.be.revertedWithCustomError(errors, "NotUnderRoot");
    }
  });

  it("agree with the bots on random sums", async () => {
    const random = seededRandom("sums");
    for (let i = 0; i < 10; i++) {
      const vectors = Array.from({ length: 1 + random.below(16) }, () => randomLanes(random, 32));
      const sum = new Int32Array(32);
      for (const lanes of vectors) addLanes(sum, lanes);
      expect(await sumOnChain(vectors)).to.deep.equal(sum);
      const chunks = await harness.sumChunks(vectors.map((lanes) => lanesToBytes(lanes)));
      expect(fromWords(chunks, 32)).to.deep.equal(sum);
    }
  });

  it("agree with the bots on random sums of cohorts, and on how many means are left of them", async () => {
    const random = seededRandom("cohorts");
    for (let i = 0; i < 24; i++) {
      // Small divisors as often as large ones: there halves are frequent.
      const cohorts = Array.from({ length: 1 + random.below(8) }, () => ({
        sum: randomLanes(random, 32),
        divisor: 1 + random.below(i % 2 === 0 ? 16 : MAX_DIVISOR),
      }));
      const trim = random.below(4);
      const there = await cohortsOnChain(cohorts, trim);
      const what = JSON.stringify({ divisors: cohorts.map(({ divisor }) => divisor), trim });
      expect(there.sum, what).to.deep.equal(rankedSum(cohorts, trim));
      expect(there.left, what).to.equal(leftByTrim(cohorts.length, trim));
    }
  });

  for (const rule of SERVER_RULES) {
    it(`agree with the bots on random steps by ${rule}`, async () => {
      const random = seededRandom(`steps by ${rule}`);
      for (let i = 0; i < 20; i++) {
        const chosen = randomStepRule(random, rule);
        const vectors = Array.from({ length: 1 + momentCount(rule) }, () => randomLanes(random, 64));
        const state = { model: vectors[0]!, moments: vectors.slice(1) };
        const sum = randomLanes(random, 64);
        // Small divisors as often as large ones: there halves and saturation are frequent.
        const divisor = 1 + random.below(i % 2 === 0 ? 16 : MAX_DIVISOR);
        expect(await stepOnChain(chosen, state, sum, divisor), JSON.stringify({ ...chosen, divisor })).to.deep.equal(
          serverStep(chosen, state, sum, divisor),
        );
      }
    });
  }

  it("agree with the bots on random domains and commitments", async () => {
    const random = seededRandom("commitments");
    for (let i = 0; i < 10; i++) {
      const task = randomHex(random, 20);
      const domain = taskDomain(chainId, task);
      expect(await harness.taskDomain(task)).to.equal(domain);
      const [round, trainer] = [random.uint32(), randomHex(random, 20)];
      const [root, contentKeyHash] = [randomHex(random, 32), randomHex(random, 32)];
      expect(await harness.updateCommitment(domain, round, trainer, root, contentKeyHash)).to.equal(
        updateCommitment({ domain, round, trainer, root, contentKeyHash }),
      );
    }
  });

  it("refuse the divisors that the bots refuse", async () => {
    const errors = await libraryErrors("ServerStep");
    const rule = {
      rule: "FedAvg",
      serverRate: 0,
      momentum: 0,
      secondMomentum: 0,
      adaptivity: 0,
      fractionBits: 20,
    } as const;
    const state = { model: new Int32Array(8), moments: [] };
    for (const divisor of [0, MAX_DIVISOR + 1]) {
      expect(() => serverStep(rule, state, new Int32Array(8), divisor)).to.throw(RangeError);
      await expect(stepOnChain(rule, state, new Int32Array(8), divisor))
        .to.be.revertedWithCustomError(errors, "DivisorOutOfRange")
        .withArgs(divisor, MAX_DIVISOR);
    }
  });

  async function rootOnChain(lanes: Int32Array, depth: number): Promise<string> {
    const padded = new Int32Array(32 * 2 ** depth);
    padded.set(lanes);
    return harness.rootOfAll(hex(lanesToBytes(padded)));
  }

  async function sumOnChain(vectors: readonly Int32Array[]): Promise<Int32Array> {
    return fromWords(await harness.sumWords(vectors.map(referenceWords)), vectors[0]!.length);
  }

  async function cohortsOnChain(cohorts: readonly Ranked[], trim: number) {
    const sums = cohorts.map(({ sum }) => referenceWords(sum));
    const { sum, left } = await harness.rankedSum(
      sums,
      cohorts.map(({ divisor }) => divisor),
      trim,
    );
    return { sum: fromWords(sum, cohorts[0]!.sum.length), left: Number(left) };
  }

  async function stepOnChain(
    rule: StepRule,
    { model, moments }: ServerState,
    sum: Int32Array,
    divisor: number,
  ): Promise<ServerState> {
    const none = new Int32Array(model.length);
    const [first = none, second = none] = moments;
    const stepped = await harness.stepWords(
      { ...rule, rule: SERVER_RULES.indexOf(rule.rule), divisor },
      [referenceWords(model), referenceWords(first), referenceWords(second)],
      referenceWords(sum),
    );
    const [next, ...nextMoments] = stepped.map((words) => fromWords(words, model.length));
    // A moment that the rule does not keep stays zero.
    for (const lanes of nextMoments.slice(moments.length)) expect(lanes).to.deep.equal(none);
    return { model: next!, moments: nextMoments.slice(0, moments.length) };
  }
});

function stateOf({ model, moments }: { model: number[]; moments: number[][] }): ServerState {
  return { model: Int32Array.from(model), moments: moments.map((lanes) => Int32Array.from(lanes)) };
}

/** A library's interface, to read its errors by. */
async function libraryErrors(name: string) {
  return ethers.getContractAt(name, ethers.ZeroAddress);
}

/** The first `length` lanes of EVM words. */
function fromWords(words: readonly bigint[], length: number): Int32Array {
  return bytesToLanes(Buffer.concat(words.map((word) => ethers.getBytes(ethers.toBeHex(word, 32))))).slice(0, length);
}
