/** What every store's `get` keeps to, wherever its blocks come from: the deadline, the caller's abort, the store's stop. */
import type { ContentId } from "./contentId.ts";
import type { GetOptions } from "./contentStore.ts";
import { ReadTookTooLong } from "./storageErrors.ts";
import { readContent, type ReadBlock } from "./unixfsRead.ts";

/**
 * Streams verified content from `readBlock`, `blocksAhead` blocks at once, until `timeoutMs` have passed.
 * Throws what ContentStore.get documents.
 */
export async function* boundedRead(
  id: ContentId,
  readBlock: ReadBlock,
  options: GetOptions & { blocksAhead: number; stopped: AbortSignal },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxBytes, timeoutMs, blocksAhead, stopped } = options;
  options.signal?.throwIfAborted();
  stopped.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error("The time for this read is over.")), timeoutMs);
  const signal = AbortSignal.any([late.signal, stopped, ...(options.signal ? [options.signal] : [])]);
  try {
    yield* readContent(id, eachOnce(readBlock), { maxBytes, blocksAhead, signal });
  } catch (error) {
    options.signal?.throwIfAborted();
    stopped.throwIfAborted();
    if (!late.signal.aborted) throw error;
    throw new ReadTookTooLong(id, timeoutMs, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

// One block may stand in a file many times; asked for at the same time, it is read once.
function eachOnce(readBlock: ReadBlock): ReadBlock {
  const underWay = new Map<string, Promise<Uint8Array>>();
  return (cid, signal) => {
    const key = cid.toString();
    let block = underWay.get(key);
    if (block === undefined) {
      block = readBlock(cid, signal).finally(() => underWay.delete(key));
      underWay.set(key, block);
    }
    return block;
  };
}
