// Chain and bots compute the same: the libraries against the fixed vectors, which test/protocol/vectors.test.ts checks
// off chain, and against the off-chain code itself on random ones.
import { expect } from "chai";
import { chunkDepth, chunkProof, chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { taskDomain, updateCommitment } from "../../trainer/protocol/commitments.ts";
import { addLanes, bytesToLanes, lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { MAX_TOTAL_WEIGHT, serverStep } from "../../trainer/protocol/serverStep.ts";
import type { VectorHarness } from "../../types/ethers-contracts/index.js";
import { randomHex, randomLanes, seededRandom } from "../support/seededRandom.ts";
import { ethers } from "../support/task.ts";
import chunkTree from "../vectors/chunkTree.json" with { type: "json" };
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
        expect(await harness.rootOf(depth, index, chunk, proof)).to.equal(root);
        await harness.verify(root, depth, index, chunk, proof);
      }
    });
  }

  for (const { name, vectors, sum } of laneSum) {
    it(`sum: ${name}`, async () => {
      expect(await sumOnChain(vectors.map((lanes) => Int32Array.from(lanes)))).to.deep.equal(Int32Array.from(sum));
    });
  }

  for (const { name, model, sum, totalWeight, next } of step) {
    it(`step: ${name}`, async () => {
      const stepped = await stepOnChain(Int32Array.from(model), Int32Array.from(sum), totalWeight);
      expect(stepped).to.deep.equal(Int32Array.from(next));
    });
  }

  it("domains and commitments", async () => {
    const here = commitments.domains.filter((vector) => BigInt(vector.chainId) === chainId);
    expect(here, "vectors for this chain").to.not.be.empty;
    for (const { task, domain } of here) expect(await harness.taskDomain(task)).to.equal(domain);
    for (const { domain, round, trainer, root, contentKeyHash, salt, commitment } of commitments.commitments) {
      expect(await harness.updateCommitment(domain, round, trainer, root, contentKeyHash, salt)).to.equal(commitment);
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
      expect(await harness.rootOf(depth, index, chunk, [...proof])).to.equal(root);
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
      const verified = harness.verify(root, depth, index, spoilt, [...proof]);
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

  it("agree with the bots on random steps", async () => {
    const random = seededRandom("steps");
    for (let i = 0; i < 20; i++) {
      const [model, sum] = [randomLanes(random, 64), randomLanes(random, 64)];
      // Small divisors as often as large ones: there halves and saturation are frequent.
      const totalWeight = 1 + random.below(i % 2 === 0 ? 16 : MAX_TOTAL_WEIGHT);
      expect(await stepOnChain(model, sum, totalWeight), `weight ${totalWeight}`).to.deep.equal(
        serverStep(model, sum, totalWeight),
      );
    }
  });

  it("agree with the bots on random domains and commitments", async () => {
    const random = seededRandom("commitments");
    for (let i = 0; i < 10; i++) {
      const task = randomHex(random, 20);
      const domain = taskDomain(chainId, task);
      expect(await harness.taskDomain(task)).to.equal(domain);
      const [round, trainer] = [random.uint32(), randomHex(random, 20)];
      const [root, contentKeyHash, salt] = [randomHex(random, 32), randomHex(random, 32), randomHex(random, 32)];
      expect(await harness.updateCommitment(domain, round, trainer, root, contentKeyHash, salt)).to.equal(
        updateCommitment({ domain, round, trainer, root, contentKeyHash, salt }),
      );
    }
  });

  it("refuse the divisors that the bots refuse", async () => {
    const errors = await libraryErrors("FixedPointStep");
    for (const totalWeight of [0, MAX_TOTAL_WEIGHT + 1]) {
      expect(() => serverStep(new Int32Array(8), new Int32Array(8), totalWeight)).to.throw(RangeError);
      await expect(harness.stepWords([0n], [0n], totalWeight))
        .to.be.revertedWithCustomError(errors, "TotalWeightOutOfRange")
        .withArgs(totalWeight, MAX_TOTAL_WEIGHT);
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

  async function stepOnChain(model: Int32Array, sum: Int32Array, totalWeight: number): Promise<Int32Array> {
    return fromWords(await harness.stepWords(referenceWords(model), referenceWords(sum), totalWeight), model.length);
  }
});

/** A library's interface, to read its errors by. */
async function libraryErrors(name: string) {
  return ethers.getContractAt(name, ethers.ZeroAddress);
}

/** The first `length` lanes of EVM words. */
function fromWords(words: readonly bigint[], length: number): Int32Array {
  return bytesToLanes(Buffer.concat(words.map((word) => ethers.getBytes(ethers.toBeHex(word, 32))))).slice(0, length);
}
