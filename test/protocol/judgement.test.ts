import { expect } from "chai";
import { createRandom } from "../../trainer/learning/random.ts";
import { CHUNK_LANES, chunkDepth, chunkRoot, verifyChunk } from "../../trainer/protocol/chunkTree.ts";
import { detectionProbability, drawSample, gather, wrongStep, wrongSum } from "../../trainer/protocol/judgement.ts";
import type { Sample } from "../../trainer/protocol/judgement.ts";
import { vectorsOf } from "../../trainer/protocol/modelRoot.ts";
import { SERVER_RULES, momentCount, serverStep } from "../../trainer/protocol/serverStep.ts";
import type { ServerRule, ServerState } from "../../trainer/protocol/serverStep.ts";
import { randomStepRule } from "../support/randomStepRule.ts";
import { randomLanes, seededRandom } from "../support/seededRandom.ts";

/** The last chunk is not full, and behind it there is padding. */
const PARAMETERS = 5 * CHUNK_LANES + 7;
const CHUNKS = 6;
const DIVISOR = 37;

const chunkAt = (lane: number) => Math.floor(lane / CHUNK_LANES);

/** The same with one bit of one lane flipped. */
function corrupted(vector: Int32Array, lane: number, bit: number): Int32Array {
  const wrong = vector.slice();
  wrong[lane]! ^= 1 << bit;
  return wrong;
}

/** Chunks 0 to 5, each with probability one half. */
const someChunks = (random: { below(n: number): number }) =>
  Array.from({ length: CHUNKS }, (_, chunk) => chunk).filter(() => random.below(2) === 0);

describe("judging a sum", () => {
  const random = seededRandom("wrong sums");
  const own = randomLanes(random, PARAMETERS);

  it("finds one wrong lane at its chunk, whichever it is, and opens the posted sum there", () => {
    for (let lane = 0; lane < PARAMETERS; lane++) {
      const posted = corrupted(own, lane, random.below(32));
      const found = wrongSum(own, posted);
      expect(found?.chunk, `lane ${lane}`).to.equal(chunkAt(lane));
      expect(found?.sum.index).to.equal(chunkAt(lane));
      expect(verifyChunk(chunkRoot(posted), chunkDepth(PARAMETERS), found!.sum)).to.equal(true);
    }
  });

  it("finds the first of several", () => {
    const posted = corrupted(corrupted(own, 4 * CHUNK_LANES, 3), 2 * CHUNK_LANES + 5, 31);
    expect(wrongSum(own, posted)?.chunk).to.equal(2);
  });

  it("finds nothing wrong with the right one", () => {
    expect(wrongSum(own, own.slice())).to.equal(undefined);
    expect(wrongSum(gather(own, [1, 5]), own.slice(), [1, 5])).to.equal(undefined);
  });

  it("sees in a sample exactly what lies in it", () => {
    for (let attempt = 0; attempt < 200; attempt++) {
      const sample = someChunks(random);
      const lane = random.below(PARAMETERS);
      const posted = corrupted(own, lane, random.below(32));
      const found = wrongSum(gather(own, sample), posted, sample);
      if (sample.includes(chunkAt(lane))) {
        expect(found?.chunk).to.equal(chunkAt(lane));
        expect(verifyChunk(chunkRoot(posted), chunkDepth(PARAMETERS), found!.sum)).to.equal(true);
      } else expect(found).to.equal(undefined);
    }
  });
});

describe("judging a step", () => {
  const random = seededRandom("wrong steps");

  for (const rule of SERVER_RULES) {
    it(`of ${rule} finds one wrong lane of any vector at its chunk, and opens all vectors there`, () => {
      const { stepRule, from, sum, next } = aStep(rule);
      for (let attempt = 0; attempt < 300; attempt++) {
        const lane = attempt < PARAMETERS ? attempt : random.below(PARAMETERS);
        const posted = lieIn(next, random.below(1 + momentCount(rule)), lane);
        const found = wrongStep(stepRule, from, sum, DIVISOR, posted);
        expect(found?.chunk, `lane ${lane}`).to.equal(chunkAt(lane));
        expectOpenings(found, from, sum, posted);
      }
    });

    it(`of ${rule} finds a wrong lane in the sum or in what it steps from, unless nothing comes of it`, () => {
      const { stepRule, from, sum, next } = aStep(rule);
      const wrong = sum.slice();
      wrong[PARAMETERS - 1] = sum[PARAMETERS - 1]! > 0 ? -(2 ** 31) : 2 ** 31 - 1;
      const right = serverStep(stepRule, from, wrong, DIVISOR);
      const differs = vectorsOf(right).some((vector, v) => vector.at(-1) !== vectorsOf(next)[v]!.at(-1));
      expect(wrongStep(stepRule, from, wrong, DIVISOR, next)?.chunk).to.equal(differs ? CHUNKS - 1 : undefined);
      expect(wrongStep(stepRule, from, wrong, DIVISOR, right)).to.equal(undefined);
    });

    it(`of ${rule} finds nothing wrong with the right one, by any numbers and any sample`, () => {
      for (let attempt = 0; attempt < 50; attempt++) {
        const { stepRule, from, sum, next } = aStep(rule);
        const sample = drawSample(PARAMETERS, random.uniform(), () => random.uniform());
        expect(wrongStep(stepRule, from, sum, DIVISOR, next)).to.equal(undefined);
        expect(wrongStep(stepRule, from, sum, DIVISOR, next, sample), `chunks ${sample.join()}`).to.equal(undefined);
      }
    });

    it(`of ${rule} sees in a sample exactly what lies in it`, () => {
      const { stepRule, from, sum, next } = aStep(rule);
      for (let attempt = 0; attempt < 200; attempt++) {
        const sample: Sample = someChunks(random);
        const lane = random.below(PARAMETERS);
        const posted = lieIn(next, random.below(1 + momentCount(rule)), lane);
        const found = wrongStep(stepRule, from, sum, DIVISOR, posted, sample);
        expect(found?.chunk).to.equal(sample.includes(chunkAt(lane)) ? chunkAt(lane) : undefined);
        if (found !== undefined) expectOpenings(found, from, sum, posted);
      }
    });
  }

  function aStep(rule: ServerRule) {
    const stepRule = randomStepRule(random, rule);
    const moments = Array.from({ length: momentCount(rule) }, () => randomLanes(random, PARAMETERS));
    const from: ServerState = { model: randomLanes(random, PARAMETERS), moments };
    const sum = randomLanes(random, PARAMETERS);
    return { stepRule, from, sum, next: serverStep(stepRule, from, sum, DIVISOR) };
  }

  function lieIn({ model, moments }: ServerState, vector: number, lane: number): ServerState {
    const lie = (each: Int32Array, v: number) => (v === vector ? corrupted(each, lane, random.below(32)) : each);
    return { model: lie(model, 0), moments: moments.map((moment, i) => lie(moment, i + 1)) };
  }

  function expectOpenings(
    found: ReturnType<typeof wrongStep>,
    from: ServerState,
    sum: Int32Array,
    posted: ServerState,
  ): void {
    if (found === undefined) throw new Error("Nothing was found wrong.");
    const isUnder = (vector: Int32Array, opening: (typeof found.from)[number] | undefined) =>
      opening?.index === found.chunk && verifyChunk(chunkRoot(vector), chunkDepth(PARAMETERS), opening);
    expect(isUnder(sum, found.sum)).to.equal(true);
    expect(found.from).to.have.length(1 + from.moments.length);
    expect(found.next).to.have.length(1 + from.moments.length);
    expect(vectorsOf(from).every((vector, v) => isUnder(vector, found.from[v]))).to.equal(true);
    expect(vectorsOf(posted).every((vector, v) => isUnder(vector, found.next[v]))).to.equal(true);
  }
});

describe("a sample of chunks", () => {
  const random = createRandom("samples");
  const uniform = () => random.uniform();

  it("is in order, holds none twice and none of the padding", () => {
    for (const parameters of [1, 31, 32, 33, PARAMETERS, 1000]) {
      const chunks = Math.ceil(parameters / CHUNK_LANES);
      const sample = drawSample(parameters, 0.5, uniform);
      expect(sample).to.deep.equal([...new Set(sample)].sort((a, b) => a - b));
      expect(Math.min(...sample)).to.be.at.least(0);
      expect(Math.max(...sample)).to.be.below(chunks);
    }
  });

  it("is of the share asked for, all of them for 1, and never empty", () => {
    const looked = drawSample(CHUNK_LANES * 10_000, 0.05, uniform).length;
    expect(looked).to.be.within(400, 600);
    expect(drawSample(PARAMETERS, 1, uniform)).to.have.length(CHUNKS);
    for (let attempt = 0; attempt < 50; attempt++) {
      expect(drawSample(PARAMETERS, 1e-9, uniform)).to.have.length(1);
    }
    expect(drawSample(1, 1e-9, uniform)).to.deep.equal([0]);
  });

  it("is gathered chunk by chunk, with zeros behind the end", () => {
    const vector = Int32Array.from({ length: PARAMETERS }, (_, lane) => lane + 1);
    expect(gather(vector, undefined)).to.equal(vector);
    const gathered = gather(vector, [0, CHUNKS - 1]);
    expect(gathered).to.have.length(2 * CHUNK_LANES);
    expect([...gathered.subarray(0, CHUNK_LANES)]).to.deep.equal([...vector.subarray(0, CHUNK_LANES)]);
    const last = [...gathered.subarray(CHUNK_LANES)];
    expect(last).to.deep.equal([...vector.subarray(5 * CHUNK_LANES), ...Array<number>(CHUNK_LANES - 7).fill(0)]);
  });
});

describe("the probability of detection", () => {
  it("is what counting all samples of a few chunks gives", () => {
    for (let chunks = 1; chunks <= 8; chunks++) {
      for (let looked = 0; looked <= chunks; looked++) {
        for (let wrong = 0; wrong <= chunks; wrong++) {
          const message = `${wrong} wrong of ${chunks}, ${looked} looked at`;
          expectNear(detectionProbability(chunks, looked, wrong), counted(chunks, looked, wrong), 1e-12, message);
        }
      }
    }
  });

  it("stays right for models of many chunks", () => {
    // 1 - (1 - 0.05)^100 for a sample that is small beside the whole.
    expectNear(detectionProbability(1_000_000, 50_000, 100), 1 - 0.95 ** 100, 1e-5);
    expectNear(detectionProbability(1_000_000, 1, 1), 1e-6, 1e-12);
    expect(detectionProbability(1_000_000, 999_999, 1_000)).to.equal(1);
  });

  function expectNear(found: number, wanted: number, most: number, message?: string): void {
    expect(Math.abs(found - wanted) <= most, `${message ?? "probability"}: ${found}, not ${wanted}`).to.equal(true);
  }

  /** The share of all sets of `looked` chunks that hold one of the first `wrong`. */
  function counted(chunks: number, looked: number, wrong: number): number {
    const bits = (set: number) => set.toString(2).replaceAll("0", "").length;
    const sets = Array.from({ length: 2 ** chunks }, (_, set) => set).filter((set) => bits(set) === looked);
    return sets.filter((set) => (set & (2 ** wrong - 1)) !== 0).length / sets.length;
  }
});
