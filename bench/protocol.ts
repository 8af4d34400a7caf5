// What a vector costs on its way through the house, on one core: fixed point, sum, step, chunk tree, envelope. Beside
// each stands its limit: what the hash, the cipher or the memory underneath does with the same bytes in the same run.
// Seconds are CPU time of the whole process: one core's, and the same on a machine that is busy with other things.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { createKeccak } from "hash-wasm";
import { createRandom } from "../trainer/learning/random.ts";
import {
  SEGMENT_BYTES,
  newContentKey,
  newEncryptionKeyPair,
  openEnvelope,
  sealEnvelope,
} from "../trainer/privacy/envelope.ts";
import { chunkDepth, chunkRoot } from "../trainer/protocol/chunkTree.ts";
import { addLanes, bytesToLanes, lanesToBytes } from "../trainer/protocol/lanes.ts";
import { quantise } from "../trainer/protocol/quantise.ts";
import { serverStep } from "../trainer/protocol/serverStep.ts";
import type { Row } from "./row.ts";

/** A convolutional network of 1.65 million numbers. */
const UPDATE_LANES = 1_650_000;
const RECIPIENTS = 5;

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
  // A leaf and a node fill one block of keccak256 each: as many blocks in one stream are as many permutations.
  const blocks = new Uint8Array((2 ** (chunkDepth(UPDATE_LANES) + 1) - 1) * 136);
  const hasher = createKeccak(256);
  const keccak = async () => (await hasher).init().update(blocks).digest("binary");
  const copy = () => model.slice();
  return [
    { metric: "quantise", act: () => quantise(values, { fractionBits: 20, clip: 1 }), limit: copy },
    { metric: "lanesToBytes", act: () => lanesToBytes(delta), limit: copy },
    { metric: "bytesToLanes", act: () => bytesToLanes(bytes), limit: copy },
    { metric: "addLanes", act: () => addLanes(sum, delta), limit: () => sum.set(delta) },
    { metric: "serverStep", act: () => serverStep(model, delta, 155), limit: copy },
    { metric: "chunkTree", act: () => chunkRoot(delta), limit: keccak },
    { metric: "chunkTreeOfBytes", act: () => chunkRoot(bytes), limit: keccak },
  ].map((work) => ({ ...work, bytes: bytes.length }));
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
  const open = async () => {
    const opened = await openEnvelope({
      account,
      privateKey,
      context,
      sealed: again(sealed),
      maxPlaintextBytes: bytes,
    });
    await drain(opened.plaintext);
  };
  const [key, nonce] = [randomBytes(32), randomBytes(12)];
  return [
    {
      metric: "seal",
      bytes,
      act: () => drain(seal()),
      limit: () => passThrough(createCipheriv("aes-256-gcm", key, nonce)),
    },
    { metric: "open", bytes, act: open, limit: () => passThrough(createDecipheriv("aes-256-gcm", key, nonce)) },
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
    acts.push(await secondsOf(act));
    limits.push(await secondsOf(limit));
  }
  return [speed(acts), speed(limits)];

  function speed(seconds: number[]): number {
    const median = seconds.toSorted((a, b) => a - b)[seconds.length >> 1]!;
    return Math.round(bytes / 1e6 / median);
  }
}

async function secondsOf(act: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = source[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

async function* again(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
