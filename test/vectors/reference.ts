// The protocol's arithmetic once more, slow and plain: BigInt and @noble/hashes, nothing shared with trainer/protocol
// but the types. The fixed vectors come from here, so that a mistake in the fast code cannot write its own proof.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { UpdateBinding } from "../../trainer/protocol/commitments.ts";
import type { ChunkProof } from "../../trainer/protocol/chunkTree.ts";
import type { ServerState, StepRule } from "../../trainer/protocol/serverStep.ts";

const CHUNK_LANES = 32;

/** Chunk i of a vector as bytes, with zeros beyond the end. */
export function referenceChunk(lanes: Int32Array, index: number): Uint8Array {
  const chunk = Array.from({ length: CHUNK_LANES }, (_, i) => lanes[index * CHUNK_LANES + i] ?? 0);
  return concatBytes(...chunk.map((lane) => bigEndian(BigInt.asUintN(32, BigInt(lane)), 4)));
}

export function referenceLeaf(index: number, chunk: Uint8Array): Uint8Array {
  return keccak_256(concatBytes(Uint8Array.of(0), bigEndian(BigInt(index), 4), chunk));
}

export function referenceNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  return keccak_256(concatBytes(Uint8Array.of(1), left, right));
}

/** All levels of a vector's tree: leaves first, the root last and alone. */
export function referenceTree(lanes: Int32Array): Uint8Array[][] {
  let chunks = 1;
  while (chunks * CHUNK_LANES < lanes.length) chunks *= 2;
  const leaves = Array.from({ length: chunks }, (_, index) => referenceLeaf(index, referenceChunk(lanes, index)));
  const levels = [leaves];
  for (let below = leaves; below.length > 1;) {
    const hashes = below;
    below = Array.from({ length: hashes.length / 2 }, (_, i) => referenceNode(hashes[2 * i]!, hashes[2 * i + 1]!));
    levels.push(below);
  }
  return levels;
}

export function referenceRoot(lanes: Int32Array): string {
  return hex(referenceTree(lanes).at(-1)![0]!);
}

export function referenceProof(lanes: Int32Array, index: number): ChunkProof {
  const proof = referenceTree(lanes)
    .slice(0, -1)
    .map((level, height) => hex(level[Math.floor(index / 2 ** height) ^ 1]!));
  return { index, chunk: referenceChunk(lanes, index), proof };
}

/** The root over a model and its moments: w, or node(w, m), or node(node(w, m), node(u, 0)). */
export function referenceModelRoot({ model, moments }: ServerState): string {
  const [w, m, u] = [model, ...moments].map((lanes) => referenceTree(lanes).at(-1)![0]!);
  if (m === undefined) return hex(w!);
  const both = referenceNode(w!, m);
  return hex(u === undefined ? both : referenceNode(both, referenceNode(u, new Uint8Array(32))));
}

/** The lane-wise sum of vectors modulo 2^32. */
export function referenceSum(vectors: readonly Int32Array[]): Int32Array {
  return Int32Array.from(vectors[0]!, (_, i) => {
    const sum = vectors.reduce((total, vector) => total + BigInt(vector[i]!), 0n);
    return Number(BigInt.asIntN(32, sum));
  });
}

/**
 * The sum of cohorts' sums: of all lanes, or with a trim of the cohorts' means less so many at either end, sorted; with too few
 * cohorts the one or two in the middle are left.
 */
export function referenceRankedSum(
  cohorts: readonly { readonly sum: Int32Array; readonly divisor: number }[],
  trim: number,
): Int32Array {
  if (trim === 0) return referenceSum(cohorts.map(({ sum }) => sum));
  const most = Math.min(trim, Math.floor((cohorts.length - 1) / 2));
  return Int32Array.from(cohorts[0]!.sum, (_, i) => {
    const means = cohorts.map(({ sum, divisor }) => divideHalfAway(BigInt(sum[i]!), BigInt(divisor)));
    const sorted = means.sort((one, other) => (one < other ? -1 : Number(one > other)));
    const left = sorted.slice(most, sorted.length - most);
    return Number(
      BigInt.asIntN(
        32,
        left.reduce((total, mean) => total + mean, 0n),
      ),
    );
  });
}

/** The server's step as trainer/protocol/serverStep.ts defines it, lane by lane. */
export function referenceStep(rule: StepRule, state: ServerState, sum: Int32Array, divisor: number): ServerState {
  const lanes = Array.from(sum, (_, i) => {
    const [model = 0n, ...moments] = [state.model, ...state.moments].map((vector) => BigInt(vector[i]!));
    return referenceLane(rule, model, moments, divideHalfAway(BigInt(sum[i]!), BigInt(divisor)));
  });
  const vector = (place: number) => Int32Array.from(lanes, (lane) => lane[place]!);
  return { model: vector(0), moments: state.moments.map((_, i) => vector(i + 1)) };
}

/** The next lane of the model and of each moment. */
function referenceLane(rule: StepRule, model: bigint, [m = 0n, u = 0n]: bigint[], mean: bigint): number[] {
  const one = 2n ** 16n;
  const units = 2n ** 8n;
  const [rate, momentum] = [BigInt(rule.serverRate), BigInt(rule.momentum)];
  if (rule.rule === "FedAvgM") {
    const next = BigInt(toLane(divideTowardsZero(momentum * m, one) + mean * units));
    return [model + divideHalfAway(rate * next, one * units), next].map(toLane);
  }
  if (rule.rule !== "FedAvg" && rule.rule !== "Uniform") {
    const kept = BigInt(rule.secondMomentum);
    const d = BigInt(toLane(mean * units));
    const first = divideTowardsZero(momentum * m + (one - momentum) * d, one);
    const [before, square] = [u ** 2n, d ** 2n];
    const sign = before > square ? 1n : before < square ? -1n : 0n;
    const squares = {
      FedAdam: kept * before + (one - kept) * square,
      FedYogi: one * before - sign * (one - kept) * square,
      FedAdagrad: one * (before + square),
    }[rule.rule];
    const second = BigInt(toLane(nearestRoot(squares, one)));
    const numerator = rate * 2n ** BigInt(rule.fractionBits) * first;
    const denominator = one * (second + BigInt(rule.adaptivity) * units);
    return [model + divideHalfAway(numerator, denominator), first, second].map(toLane);
  }
  return [toLane(model + mean)];
}

/** round(clamp(x, -clip, clip) * 2^fractionBits), halves away from zero, from the bits of each float32. */
export function referenceQuantise(values: Float32Array, fractionBits: number, clip: number): Int32Array {
  const bound = BigInt(clip * 2 ** fractionBits); // the vectors use clips that are whole numbers of steps
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Int32Array.from(bits, (word) => {
    const sign = word >>> 31 === 1 ? -1n : 1n;
    const exponent = (word >>> 23) & 0xff;
    const fraction = BigInt(word & 0x7fffff);
    // value = significand * 2^(power - 149); exponent 0 marks the subnormal ones
    const significand = exponent === 0 ? fraction : fraction + 2n ** 23n;
    const power = BigInt(Math.max(exponent, 1) - 1);
    const scaled = sign * significand * 2n ** (power + BigInt(fractionBits));
    return clampTo(divideHalfAway(scaled, 2n ** 149n), -bound, bound < 2n ** 31n ? bound : bound - 1n);
  });
}

/** keccak256(abi.encode(keccak256("Foedus/v1"), chainId, task)) */
export function referenceDomain(chainId: bigint, task: string): string {
  return hex(keccak_256(concatBytes(keccak_256(utf8ToBytes("Foedus/v1")), bigEndian(chainId, 32), word(task))));
}

/** keccak256(abi.encode(domain, round, trainer, root, contentKeyHash)) */
export function referenceCommitment(binding: UpdateBinding): string {
  const { domain, round, trainer, root, contentKeyHash } = binding;
  const words = [domain, `0x${round.toString(16)}`, trainer, root, contentKeyHash].map(word);
  return hex(keccak_256(concatBytes(...words)));
}

/** Eight lanes to an EVM word, the first one highest; zeros beyond the end. */
export function referenceWords(lanes: Int32Array): bigint[] {
  return Array.from({ length: Math.ceil(lanes.length / 8) }, (_, w) =>
    Array.from({ length: 8 }, (_, i) => BigInt.asUintN(32, BigInt(lanes[8 * w + i] ?? 0))).reduce(
      (whole, lane) => whole * 2n ** 32n + lane,
      0n,
    ),
  );
}

export function hex(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`;
}

function divideHalfAway(numerator: bigint, denominator: bigint): bigint {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return numerator < 0n ? -rounded : rounded;
}

function divideTowardsZero(numerator: bigint, denominator: bigint): bigint {
  const magnitude = numerator < 0n ? -numerator : numerator;
  return numerator < 0n ? -(magnitude / denominator) : magnitude / denominator;
}

/** The integer nearest to sqrt(numerator / denominator), halves up: the largest r with r - 1/2 not above the root. */
function nearestRoot(numerator: bigint, denominator: bigint): bigint {
  let [low, high] = [0n, 2n ** 40n]; // low is not above, high is
  while (high - low > 1n) {
    const r = (low + high) / 2n;
    if ((2n * r - 1n) ** 2n * denominator <= 4n * numerator) low = r;
    else high = r;
  }
  return low;
}

function toLane(value: bigint): number {
  return clampTo(value, -(2n ** 31n), 2n ** 31n - 1n);
}

function clampTo(value: bigint, lowest: bigint, highest: bigint): number {
  return Number(value < lowest ? lowest : value > highest ? highest : value);
}

function bigEndian(value: bigint, bytes: number): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * bytes, "0"));
}

function word(hexNumber: string): Uint8Array {
  return bigEndian(BigInt(hexNumber), 32);
}
