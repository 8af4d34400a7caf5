// What a vector costs on its way through the house, on one core: fixed point, sum, step, chunk tree, envelope. Beside
// each stands its limit: what the hash, the cipher or the memory underneath does with the same bytes in the same run.
// Seconds are CPU time of the whole process: one core's, and the same on a machine that is busy with other things.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { createRandom } from "../trainer/learning/random.ts";
import {
  SEGMENT_BYTES,
  newContentKey,
  newEncryptionKeyPair,
  openEnvelope,
  sealEnvelope,
} from "../trainer/privacy/envelope.ts";
import {
  CHUNK_BYTES,
  CHUNK_LANES,
  chunkDepth,
  chunkRoot,
  chunkTree,
  createRootStream,
} from "../trainer/protocol/chunkTree.ts";
import { addLanes, bytesToLanes, lanesToBytes } from "../trainer/protocol/lanes.ts";
import { quantise } from "../trainer/protocol/quantise.ts";
import { SERVER_RULES, freshState, serverStep } from "../trainer/protocol/serverStep.ts";
import { median } from "./median.ts";
import { processorTime } from "./processorTime.ts";
import type { Row } from "./row.ts";

/** A convolutional network of 1.65 million numbers. */
const UPDATE_LANES = 1_650_000;
const RECIPIENTS = 5;
/** What one permutation of keccak256 takes in. */
const KECCAK_BLOCK_BYTES = 136;

/** One thing done to so many bytes, and the least that it could take. */
interface Measured {
  readonly metric: string;
  readonly bytes: number;
  readonly act: () => unknown;
  readonly limit: () => unknown;
}

export default async function protocol(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const measured of [...vectorWork(), ...(await envelopeWork(4 * UPDATE_LANES)), ...(await envelopeWork(64e6))]) {
    const { metric, bytes } = measured;
    const [value, limit] = await speeds(measured);
    const row = { bench: "protocol", case: `${bytes / 1e6} MB` };
    rows.push({ ...row, metric, value, unit: "MB/s" });
    rows.push({ ...row, metric: `${metric}Limit`, value: limit, unit: "MB/s" });
    rows.push({ ...row, metric: `${metric}Share`, value: Math.round((100 * value) / limit), unit: "%" });
  }
  return rows;
}

function vectorWork(): Measured[] {
  const random = createRandom("bench protocol");
  const values = Float32Array.from({ length: UPDATE_LANES }, () => random.normal() / 10);
  const delta = quantise(values, { fractionBits: 20, clip: 1 });
  const model = Int32Array.from({ length: UPDATE_LANES }, () => random.uint32());
  const sum = new Int32Array(UPDATE_LANES);
  const bytes = lanesToBytes(delta);
  const copy = () => model.slice();
  const numbers = { serverRate: 6554, momentum: 58_982, secondMomentum: 64_881, adaptivity: 1049, fractionBits: 20 };
  const steps = SERVER_RULES.filter((rule) => rule !== "Uniform").map((rule) => {
    const state = freshState(rule, model);
    return { metric: `serverStep${rule}`, act: () => serverStep({ ...numbers, rule }, state, delta, 155), limit: copy };
  });
  // Every chunk has a leaf and about one node above it; the padding of equal vectors is hashed once.
  const permutations = 2 * Math.ceil(UPDATE_LANES / CHUNK_LANES);
  const wholePermutations = 2 ** (chunkDepth(UPDATE_LANES) + 1);
  return [
    { metric: "quantise", act: () => quantise(values, { fractionBits: 20, clip: 1 }), limit: copy },
    { metric: "lanesToBytes", act: () => lanesToBytes(delta), limit: copy },
    { metric: "bytesToLanes", act: () => bytesToLanes(bytes), limit: copy },
    { metric: "addLanes", act: () => addLanes(sum, delta), limit: () => sum.set(delta) },
    ...steps,
    { metric: "chunkRoot", act: () => chunkRoot(delta), limit: () => permute(permutations) },
    { metric: "chunkRootOfBytes", act: () => chunkRoot(bytes), limit: () => permute(permutations) },
    { metric: "chunkTree", act: () => chunkTree(bytes), limit: () => permute(wholePermutations) },
  ].map((work) => ({ ...work, bytes: bytes.length }));
}

/**
 * So many permutations of keccak by the native library, in one stream. It does them one by one, so the chunk tree, two
 * by two, may come out above this limit. SHA3-256 is keccak256 but for one bit of the padding.
 */
function permute(permutations: number): void {
  const blocks = new Uint8Array(Math.min(permutations, 1000) * KECCAK_BLOCK_BYTES);
  const hash = createHash("sha3-256");
  for (let done = 0; done < permutations; done += 1000) hash.update(blocks);
  hash.digest();
}

async function envelopeWork(bytes: number): Promise<Measured[]> {
  const plaintext = new Uint8Array(randomBytes(bytes));
  const keys = await Promise.all(Array.from({ length: RECIPIENTS }, newEncryptionKeyPair));
  const recipients = keys.map(({ publicKey }, i) => ({
    account: `0x${String(i).repeat(40)}`,
    encryptionKey: publicKey,
  }));
  const { account } = recipients[0]!;
  const { privateKey } = keys[0]!;
  const context = { domain: `0x${"11".repeat(32)}`, round: 1, trainer: account };
  const seal = () => sealEnvelope({ contentKey: newContentKey(), context, recipients, plaintext });
  const sealed: Uint8Array[] = [];
  for await (const piece of seal()) sealed.push(piece);
  const open = () => openEnvelope({ account, privateKey, context, sealed: again(sealed), maxPlaintextBytes: bytes });
  const sum = new Int32Array(bytes / 4);
  /** What a watcher does with every update of a round. */
  const recompute = async () => {
    const root = createRootStream(bytes / 4);
    let at = 0;
    for await (const segment of (await open()).plaintext) {
      root.push(segment);
      const lanes = bytesToLanes(segment);
      addLanes(sum.subarray(at, at + lanes.length), lanes);
      at += lanes.length;
    }
    root.finish();
  };
  const [key, nonce] = [randomBytes(32), randomBytes(12)];
  return [
    {
      metric: "seal",
      bytes,
      act: () => drain(seal()),
      limit: () => passThrough(createCipheriv("aes-256-gcm", key, nonce)),
    },
    {
      metric: "open",
      bytes,
      act: async () => drain((await open()).plaintext),
      limit: () => passThrough(createDecipheriv("aes-256-gcm", key, nonce)),
    },
    {
      metric: "recompute",
      bytes,
      act: recompute,
      limit: () => {
        passThrough(createDecipheriv("aes-256-gcm", key, nonce));
        permute((2 * bytes) / CHUNK_BYTES);
      },
    },
  ];

  /** All of the plaintext through one cipher, in pieces of a segment. */
  function passThrough(cipher: { update(data: Uint8Array): Uint8Array }): void {
    for (let at = 0; at < bytes; at += SEGMENT_BYTES) cipher.update(plaintext.subarray(at, at + SEGMENT_BYTES));
  }
}

/** Megabytes a second of the act and of its limit, medians of runs that alternate, so that both meet the same weather. */
async function speeds({ act, limit, bytes }: Measured): Promise<[number, number]> {
  const acts: number[] = [];
  const limits: number[] = [];
  await act(); // compiles
  await limit();
  for (const end = performance.now() + 1000; acts.length < 5 || performance.now() < end;) {
    acts.push(await processorTime(act));
    limits.push(await processorTime(limit));
  }
  const speed = (milliseconds: number[]) => Math.round(bytes / 1e3 / median(milliseconds));
  return [speed(acts), speed(limits)];
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

async function* again(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
