// Writes the fixed vectors beside it, from the reference implementation. They are part of the protocol: when one of them
// changes, every deployed task disagrees with every bot. To write them again: node test/vectors/generate.ts
import { writeFile } from "node:fs/promises";
import { format } from "prettier";
import { createRandom } from "../../trainer/learning/random.ts";
import { randomHex, randomLanes } from "../support/seededRandom.ts";
import {
  hex,
  referenceRankedSum,
  referenceCommitment,
  referenceDomain,
  referenceProof,
  referenceQuantise,
  referenceRoot,
  referenceSum,
  referenceTree,
} from "./reference.ts";
import { serverStepVectors } from "./serverStepVectors.ts";

const MAX = 0x7fffffff;
const MIN = -0x80000000;

/** What every file holds, by name without ".json". */
export const vectors = {
  chunkTree: chunkTreeVectors(),
  laneSum: laneSumVectors(),
  laneRanks: laneRanksVectors(),
  serverStep: serverStepVectors(),
  quantise: quantiseVectors(),
  commitments: commitmentVectors(),
};

function chunkTreeVectors() {
  const random = createRandom("Foedus vectors: chunk tree");
  const named: [string, Int32Array][] = [
    ["one lane", Int32Array.of(1)],
    ["a whole chunk of the smallest lane", new Int32Array(32).fill(MIN)],
    ["one lane beyond a chunk", Int32Array.from({ length: 33 }, (_, i) => i - 16)],
    ["zeros only", new Int32Array(64)],
    ["three chunks, padded to four", randomLanes(random, 96)],
    ["five chunks and a bit, padded to eight", randomLanes(random, 163)],
  ];
  return named.map(([name, lanes]) => {
    const leaves = referenceTree(lanes)[0]!.length;
    // The ends, a neighbour and the middle.
    const indices = [...new Set([0, 1, leaves >> 1, leaves - 1])].filter((index) => index < leaves);
    const proofs = indices.map((index) => {
      const { chunk, proof } = referenceProof(lanes, index);
      return { index, chunk: hex(chunk), proof };
    });
    return { name, lanes: [...lanes], depth: Math.log2(leaves), root: referenceRoot(lanes), proofs };
  });
}

function laneSumVectors() {
  const random = createRandom("Foedus vectors: lane sum");
  const named: [string, Int32Array[]][] = [
    ["one vector", [Int32Array.of(1, -1, 0, MAX, MIN, 7, -7, 2)]],
    [
      "wraps at both ends, never into a neighbour",
      [Int32Array.of(MAX, MIN, -1, MIN, MAX, 0, -1, 1), Int32Array.of(1, -1, -1, MIN, MAX, 0, 1, -1)],
    ],
    ["five random vectors of a chunk", Array.from({ length: 5 }, () => randomLanes(random, 32))],
  ];
  return named.map(([name, summands]) => ({
    name,
    vectors: summands.map((lanes) => [...lanes]),
    sum: [...referenceSum(summands)],
  }));
}

function laneRanksVectors() {
  const random = createRandom("Foedus vectors: cohort means");
  const halves = Int32Array.of(1, -1, 3, -3, 5, -5, MAX, MIN);
  const ends = [Int32Array.of(MAX, MIN, MAX, MIN, MAX, MIN, 0, -1), Int32Array.of(MAX, MIN, MIN, MAX, 1, -1, 0, -1)];
  const cohort = (sum: Int32Array, divisor = 1 + random.below(1_000)) => ({ sum, divisor });
  const some = (count: number) => Array.from({ length: count }, () => cohort(randomLanes(random, 32)));
  const named: [string, { sum: Int32Array; divisor: number }[], number][] = [
    ["untrimmed: the sums are added, and wrap", ends.map((sum) => cohort(sum)), 0],
    ["one cohort, trimmed: its mean, halves away from zero", [cohort(halves, 2)], 1],
    ["two cohorts, trimmed: both means", [cohort(halves, 2), cohort(halves, 10)], 1],
    ["two cohorts, means that wrap when added", ends.map((sum) => cohort(sum, 1)), 1],
    ["three cohorts, the median", [cohort(halves, 1), cohort(halves, 3), cohort(new Int32Array(8), 7)], 1],
    ["three cohorts of one mean", [cohort(halves, 1), cohort(halves, 1), cohort(halves, 1)], 1],
    ["the largest divisor", [cohort(ends[0]!, 2 ** 31), cohort(ends[1]!, 2 ** 31), cohort(halves, 2 ** 31)], 1],
    ["five random cohorts, trimmed by one", some(5), 1],
    ["eight random cohorts, trimmed by three", some(8), 3],
    ["four random cohorts, where a trim of three leaves two", some(4), 3],
  ];
  return named.map(([name, cohorts, trim]) => ({
    name,
    cohorts: cohorts.map(({ sum, divisor }) => ({ sum: [...sum], divisor })),
    trim,
    sum: [...referenceRankedSum(cohorts, trim)],
  }));
}

function quantiseVectors() {
  const random = createRandom("Foedus vectors: quantise");
  const step = 2 ** -20;
  const named: [string, Float32Array, number, number][] = [
    ["halves go away from zero", Float32Array.of(0.5, -0.5, 1.5, -1.5, 2.5, -2.5).map((x) => x * step), 20, 1],
    ["just below a half", Float32Array.of(0.49999997, -0.49999997, 2.4999998, -2.4999998).map((x) => x * step), 20, 1],
    ["clamped", Float32Array.of(1, -1, 1.0000001, -1.0000001, 3e38, -3e38), 20, 1],
    ["the int32 range", Float32Array.of(2047.9998, 2048, -2048, 5000, -5000), 20, 2048],
    ["tiny", Float32Array.of(1e-45, -1e-45, 0, -0, 2 ** -126), 30, 1],
    ["random", Float32Array.from({ length: 64 }, () => random.normal() / 2), 20, 1],
  ];
  return named.map(([name, values, fractionBits, clip]) => ({
    name,
    fractionBits,
    clip,
    // JSON has no negative zero: it reads back as zero, which is the same lane.
    values: [...values].map((value) => (value === 0 ? 0 : value)),
    lanes: [...referenceQuantise(values, fractionBits, clip)],
  }));
}

function commitmentVectors() {
  const random = createRandom("Foedus vectors: commitments");
  const tasks: [string, string][] = [
    ["31337", randomHex(random, 20)],
    ["31337", `0x${"00".repeat(19)}01`],
    ["1", `0x${"ff".repeat(20)}`],
    ["11155111", randomHex(random, 20)],
    [String(2n ** 64n), randomHex(random, 20)],
  ];
  const rounds = [0, 1, 12, 2 ** 32 - 1];
  return {
    domains: tasks.map(([chainId, task]) => ({ chainId, task, domain: referenceDomain(BigInt(chainId), task) })),
    commitments: rounds.map((round) => {
      const binding = {
        domain: randomHex(random, 32),
        round,
        trainer: randomHex(random, 20),
        root: randomHex(random, 32),
        contentKeyHash: randomHex(random, 32),
      };
      return { ...binding, commitment: referenceCommitment(binding) };
    }),
  };
}

if (import.meta.main) {
  for (const [name, content] of Object.entries(vectors)) {
    const text = await format(JSON.stringify(content), { parser: "json", printWidth: 120 });
    await writeFile(new URL(`${name}.json`, import.meta.url), text);
  }
}
