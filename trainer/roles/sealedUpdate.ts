/** An update on its way: sealed to the cohort and stored by its trainer, fetched, opened and checked by the others. */
import { laneWeight } from "../chain/taskRules.ts";
import type { TaskRules } from "../chain/taskRules.ts";
import { expand } from "../learning/compression/compress.ts";
import type { UpdateForm } from "../learning/compression/compression.ts";
import type { SeatState } from "../chain/taskState.ts";
import {
  CHUNK_BYTES,
  CHUNK_LANES,
  chunkDepth,
  chunkProof,
  chunkRoot,
  createRootStream,
} from "../protocol/chunkTree.ts";
import type { ChunkProof } from "../protocol/chunkTree.ts";
import { updateCommitment } from "../protocol/commitments.ts";
import { NotCompact, mostCompactBytes } from "../protocol/compactUpdate.ts";
import { bytesToLanes, lanesFromBigEndian, lanesToBytes } from "../protocol/lanes.ts";
import { LaneOverflowError, weigh } from "../protocol/quantise.ts";
import { once } from "../privacy/byteReader.ts";
import { contentKeyHash, envelopeLength, newContentKey, openEnvelope, sealEnvelope } from "../privacy/envelope.ts";
import type { Recipient } from "../privacy/envelope.ts";
import type { Stopwatch } from "../observe/stopwatch.ts";
import type { Entry } from "./directory.ts";
import type { Opening } from "./journal.ts";
import type { Party } from "./party.ts";
import { updateLabel } from "./taskCompression.ts";
import type { Traffic } from "./traffic.ts";
import { sealedToUsableKeys } from "./usableKeys.ts";

/** A revealed update that is not what its commitment says, or breaks the task's rules. */
export class UnacceptableUpdate extends Error {
  override readonly name = "UnacceptableUpdate";
}

/**
 * Encrypts a weighted delta to everybody in `cohort`, stores it and returns what opens the commitment to it. Those who
 * registered no usable key are left out: they cannot read it, and the log says so.
 * @param plaintext How it is written; as lanes unless given.
 */
export async function sealUpdate(
  party: Pick<Party, "opened" | "sender" | "store" | "log">,
  round: number,
  delta: Int32Array,
  cohort: readonly Entry[],
  plaintext: Uint8Array = lanesToBytes(delta),
): Promise<Opening> {
  const { opened, sender, store, log } = party;
  const root = chunkRoot(delta);
  const contentKey = newContentKey();
  const context = { domain: opened.domain, round, trainer: sender.address };
  const contentId = await sealedToUsableKeys(
    cohort.flatMap(({ account, encryptionKey }): Recipient[] =>
      encryptionKey === undefined ? [] : [{ account, encryptionKey }],
    ),
    async (recipients) => store.put(sealEnvelope({ contentKey, context, recipients, plaintext })),
    (account) => log.warn({ account }, "left out of this update's readers: its registered key is unusable"),
  );
  const keyHash = contentKeyHash(contentKey);
  const commitment = updateCommitment({ ...context, root, contentKeyHash: keyHash });
  return { round, commitment, root, contentKeyHash: keyHash, contentId };
}

/** An update that breaks the task's rules, with the chunk that shows it: what its trainer committed to convicts it. */
export class MalformedUpdate extends UnacceptableUpdate {
  readonly chunk: ChunkProof;

  constructor(message: string, chunk: ChunkProof) {
    super(message);
    this.chunk = chunk;
  }
}

export interface UpdateRequest {
  readonly round: number;
  readonly seat: SeatState;
  /** Who may have it, best first. */
  readonly from: readonly Entry[];
  /** The most recipients an honest update of this round has. */
  readonly cohortSize: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Fetches a revealed update, opens it with the own key and checks key, root, length and range.
 * @returns the weighted delta.
 * @throws UnacceptableUpdate if it breaks a rule; the store's errors if it cannot be had; the envelope's if not for us.
 */
export async function openUpdate(
  party: Pick<Party, "opened" | "sender" | "encryptionKey" | "updateForm">,
  traffic: Traffic,
  stopwatch: Stopwatch,
  request: UpdateRequest,
): Promise<Int32Array> {
  const { opened, sender, encryptionKey } = party;
  const { round, seat, from, cohortSize, timeoutMs, signal } = request;
  const { trainer, update } = seat;
  if (update === undefined) throw new Error(`${trainer} has not revealed.`);
  const { parameters } = opened.rules;
  const form = await party.updateForm?.();
  // Plain ones up to the end of the padding: whoever wrote there is to be convicted, not only passed over.
  const most = form === undefined ? CHUNK_BYTES * 2 ** chunkDepth(parameters) : mostCompactBytes(form);

  const sealed = await stopwatch.time("transfer", () =>
    traffic.fetch(update.contentId, {
      maxBytes: envelopeLength(most, cohortSize),
      timeoutMs,
      from,
      signal,
    }),
  );
  const read = () =>
    openEnvelope({
      account: sender.address,
      privateKey: encryptionKey.privateKey,
      context: { domain: opened.domain, round, trainer },
      sealed: once(sealed),
      maxPlaintextBytes: most,
      signal,
    });
  return stopwatch.time("encrypt", async () => {
    const { contentKey, plaintext } = await read();
    const { root, lanes, largest } =
      form === undefined
        ? await readVector(plaintext, parameters)
        : readCompact(form, await allOf(plaintext), updateLabel(opened.domain, round, trainer), opened.rules, seat);
    if (contentKeyHash(contentKey) !== update.contentKeyHash) {
      throw new UnacceptableUpdate(`The update of ${trainer} is sealed with another key than it committed to.`);
    }
    if (root === update.root) {
      if (largest <= rangeOf(opened.rules, seat)) return lanes;
      throw outOfRange(opened.rules, seat, lanes);
    }
    // Nothing but a vector of the task's length can be written in few bytes.
    if (form !== undefined) throw new UnacceptableUpdate(`The update of ${trainer} ${HAS_ANOTHER_ROOT}`);
    throw unfit(opened.rules, seat, update.root, await allOf((await read()).plaintext));
  });
}

/** Reads and hashes at once. The root is undefined unless the plaintext is exactly one of the task's vectors long. */
async function readVector(plaintext: AsyncIterable<Uint8Array>, parameters: number) {
  const stream = createRootStream(parameters);
  const lanes = new Int32Array(parameters);
  const bytes = new Uint8Array(lanes.buffer);
  let [length, largest] = [0, 0];
  for await (const segment of plaintext) {
    const end = length + segment.length;
    if (end <= bytes.length && end % 4 === 0) {
      stream.push(segment);
      bytes.set(segment, length);
      largest = Math.max(largest, lanesFromBigEndian(lanes.subarray(length / 4, end / 4)));
    }
    length = end;
  }
  return { root: length === bytes.length ? stream.finish() : undefined, lanes, largest };
}

/** Of a task with compression: the weighted lanes that were written in few bytes. */
function readCompact(
  form: UpdateForm,
  coded: Uint8Array,
  label: string,
  rules: TaskRules,
  { trainer, weight }: SeatState,
) {
  try {
    const lanes = weigh(expand(form, coded, label), laneWeight(rules, weight));
    const largest = lanes.reduce((most, lane) => Math.max(most, Math.abs(lane)), 0);
    return { root: chunkRoot(lanes), lanes, largest };
  } catch (error) {
    if (!(error instanceof NotCompact || error instanceof LaneOverflowError)) throw error;
    throw new UnacceptableUpdate(`The update of ${trainer} is not written as this task has it: ${error.message}`);
  }
}

const HAS_ANOTHER_ROOT = "has another root than it committed to.";

/** The largest magnitude that a number of this seat's update may have. */
function rangeOf(rules: TaskRules, { weight }: SeatState): number {
  return rules.bound * laneWeight(rules, weight);
}

/** What convicts an update with a number beyond that: the first chunk that has one. */
function outOfRange(rules: TaskRules, seat: SeatState, lanes: Int32Array): MalformedUpdate {
  const range = rangeOf(rules, seat);
  const beyond = lanes.findIndex((lane) => lane > range || lane < -range);
  return new MalformedUpdate(
    `The update of ${seat.trainer} has ${lanes[beyond]} in lane ${beyond}; its weight ${seat.weight} allows ${range}.`,
    chunkProof(lanes, Math.floor(beyond / CHUNK_LANES)),
  );
}

/** What is wrong with a plaintext that is no vector of the task's with the revealed root; provably so if it has that root. */
function unfit(
  { parameters }: TaskRules,
  { trainer }: SeatState,
  root: string,
  plaintext: Uint8Array,
): UnacceptableUpdate {
  if (plaintext.length === 0 || plaintext.length % 4 !== 0 || chunkRoot(plaintext) !== root) {
    return new UnacceptableUpdate(`The update of ${trainer} ${HAS_ANOTHER_ROOT}`);
  }
  const lanes = bytesToLanes(plaintext);
  const [levels, allowed] = [chunkDepth(lanes.length), chunkDepth(parameters)];
  if (levels !== allowed) {
    return new MalformedUpdate(
      `The update of ${trainer} has a tree of ${levels} levels, the task's vectors ${allowed}.`,
      chunkProof(lanes, 0),
    );
  }
  const beyond = lanes.findIndex((lane, i) => i >= parameters && lane !== 0);
  if (beyond !== -1) {
    return new MalformedUpdate(
      `The update of ${trainer} has ${lanes[beyond]} in lane ${beyond}; the task's vectors end before.`,
      chunkProof(lanes, Math.floor(beyond / CHUNK_LANES)),
    );
  }
  return new UnacceptableUpdate(`The update of ${trainer} has ${lanes.length} numbers, the task's have ${parameters}.`);
}

async function allOf(plaintext: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of plaintext) parts.push(part);
  return Buffer.concat(parts);
}
