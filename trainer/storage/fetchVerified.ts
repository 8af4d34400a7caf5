/**
 * How roles get content: verified, bounded in bytes and time, tried again over the providers until the time is up.
 * What arrived stays in the store, so a further attempt, also after a restart, fetches only the rest.
 */
import pRetry, { AbortError } from "p-retry";
import { asError } from "../protocol/asError.ts";
import type { ContentId } from "./contentId.ts";
import type { ContentStore } from "./contentStore.ts";
import { joinedBytes } from "./joinedBytes.ts";
import {
  ContentCorrupt,
  ContentMismatch,
  ContentNotFound,
  ReadTookTooLong,
  StoreUnreachable,
} from "./storageErrors.ts";

export interface FetchOptions {
  /** Multiaddresses of peers that may hold it, best first; each further attempt begins with the next one. */
  providers?: readonly string[];
  /** For all attempts together. */
  timeoutMs: number;
  signal?: AbortSignal;
  /** First pause between attempts, doubled each time up to 5 s. Default 200 ms. */
  backOffMs?: number;
}

/** What fetching has cost so far. */
export interface Transfer {
  /** Bytes of blocks that came from outside, again fetched ones counted again. */
  fetchedBytes: number;
  fetchedBlocks: number;
  attempts: number;
}

export interface Fetched extends Transfer {
  bytes: Uint8Array;
}

const BACK_OFF_MS = 200;
const LONGEST_BACK_OFF_MS = 5_000;

/**
 * Fetches the whole content into one array: of exactly `expectedBytes`, or of at most `maxBytes`.
 *
 * Throws ContentMismatch (shorter than expected), ContentTooLarge, ContentMalformed, and, when the time is up,
 * ContentNotFound, ContentCorrupt or StoreUnreachable of the last attempt that was not cut short; the signal's reason if
 * aborted.
 */
export async function fetchBytes(
  store: ContentStore,
  id: ContentId,
  options: FetchOptions & ({ expectedBytes: number } | { maxBytes: number }),
): Promise<Fetched> {
  const transfer = noTransfer();
  const expected = "expectedBytes" in options ? options.expectedBytes : undefined;
  const maxBytes = "expectedBytes" in options ? options.expectedBytes : options.maxBytes;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of fetchStream(store, id, { ...options, maxBytes }, transfer)) {
    parts.push(part);
    length += part.length;
  }
  if (expected !== undefined && length !== expected) {
    throw new ContentMismatch(id, `it has ${length} bytes, ${expected} were promised.`);
  }
  return { bytes: joinedBytes(parts, length), ...transfer };
}

/**
 * Streams the content in order. After a failure it goes on where it was, so no byte is given twice.
 * Counts into `transfer`. Throws as fetchBytes does.
 */
export async function* fetchStream(
  store: ContentStore,
  id: ContentId,
  options: FetchOptions & { maxBytes: number },
  transfer: Transfer = noTransfer(),
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxBytes, signal } = options;
  const deadline = performance.now() + options.timeoutMs;
  let given = 0;
  let source: AsyncIterator<Uint8Array> | undefined;
  /** Why the attempt before has failed. */
  let reason: Error | undefined;

  function begin(): AsyncIterator<Uint8Array> {
    const providers = rotated(options.providers ?? [], transfer.attempts++);
    const content = store.get(id, {
      maxBytes,
      timeoutMs: Math.max(1, deadline - performance.now()),
      providers,
      onFetched: (bytes) => {
        transfer.fetchedBytes += bytes;
        transfer.fetchedBlocks++;
      },
      ...(signal ? { signal } : {}),
    });
    return after(content, given)[Symbol.asyncIterator]();
  }

  async function next(): Promise<IteratorResult<Uint8Array>> {
    try {
      const result = await (source ??= begin()).next();
      reason = undefined;
      return result;
    } catch (error) {
      source = undefined;
      if (!isWorthAnotherTry(error)) throw new AbortError(asError(error));
      // The last attempt has only what is left of the time, be it a millisecond: that says nothing of the content.
      if (!(error instanceof ReadTookTooLong && reason !== undefined)) reason = asError(error);
      throw reason;
    }
  }

  try {
    for (;;) {
      const { value, done } = await pRetry(next, {
        retries: Number.POSITIVE_INFINITY,
        minTimeout: options.backOffMs ?? BACK_OFF_MS,
        maxTimeout: LONGEST_BACK_OFF_MS,
        randomize: true,
        maxRetryTime: Math.max(0, deadline - performance.now()),
        ...(signal ? { signal } : {}),
      });
      if (done) return;
      given += value.length;
      yield value;
    }
  } finally {
    await source?.return?.();
  }
}

function isWorthAnotherTry(error: unknown): boolean {
  return error instanceof ContentNotFound || error instanceof ContentCorrupt || error instanceof StoreUnreachable;
}

/** The content without its first `skip` bytes. */
async function* after(content: AsyncIterable<Uint8Array>, skip: number): AsyncGenerator<Uint8Array> {
  let left = skip;
  for await (const part of content) {
    if (part.length > left) yield left === 0 ? part : part.subarray(left);
    left = Math.max(0, left - part.length);
  }
}

function rotated(providers: readonly string[], by: number): string[] {
  const first = providers.length === 0 ? 0 : by % providers.length;
  return [...providers.slice(first), ...providers.slice(0, first)];
}

function noTransfer(): Transfer {
  return { fetchedBytes: 0, fetchedBlocks: 0, attempts: 0 };
}
