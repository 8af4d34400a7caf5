// Adds mask streams on several cores. The vector is cut into slices that are free for whoever is next: this thread, which
// lets events in between, and worker threads as soon as they have started. So a cold start delays nothing, and a vector
// that is soon done waits for nobody. Workers stay for the next round and keep no process alive.
//
// Seeds go to workers by message: never in arguments, environment or a file.

import { once } from "node:events";
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { addStreams } from "./maskStream.ts";
import type { MaskStream } from "./maskStream.ts";

/** 512 KiB: a few milliseconds of work for a cohort of 32. */
const SLICE_LANES = 128 * 1024;
/** Below this many lanes of keystream, 16 MiB, one core is done before another is woken. */
const LEAST_LANES = 4 * 1024 * 1024;

/** What a worker is asked, and answers with the lanes alone. */
export interface SliceRequest {
  readonly lanes: Int32Array<ArrayBuffer>;
  readonly firstLane: number;
  readonly streams: readonly MaskStream[];
}

export interface ThreadOptions {
  /** How many threads may work, this one included; default: one a core. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

const idle: Worker[] = [];

/**
 * As {@link addStreams} from lane 0, on up to `threads` threads. `target` must not be used before it resolves, and holds
 * nothing of use when it rejects.
 *
 * @throws RangeError when a seed does not have 32 bytes; the signal's reason when it aborts.
 */
export async function addStreamsOnThreads(
  target: Int32Array,
  streams: readonly MaskStream[],
  { threads = availableParallelism(), signal }: ThreadOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  let next = 0;
  let unfinished = Math.ceil(target.length / SLICE_LANES);
  let failure: { readonly reason: unknown } | undefined;
  const finished = Promise.withResolvers<undefined>();
  const isOver = (): boolean => failure !== undefined || next >= target.length;
  const fail = (reason: unknown): void => {
    failure ??= { reason };
    finished.reject(reason);
  };
  const takeSlice = (): number => {
    const at = next;
    next += SLICE_LANES;
    return at;
  };
  const finishSlice = (): void => {
    if (--unfinished === 0) finished.resolve(undefined);
  };
  const abort = (): void => fail(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  finished.promise.catch(() => undefined); // awaited below, perhaps after it has failed

  try {
    if (unfinished === 0) return;
    const mayHelp = target.length * streams.length < LEAST_LANES ? 0 : Math.min(threads, unfinished) - 1;
    for (let i = 0; i < mayHelp; i++) {
      void help({ isOver, takeSlice, finishSlice, target, streams }).catch(fail);
    }
    while (!isOver()) {
      const at = takeSlice();
      addStreams(target.subarray(at, at + SLICE_LANES), streams, at);
      finishSlice();
      if (!isOver()) await setImmediate();
    }
    await finished.promise;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

interface SharedWork {
  readonly isOver: () => boolean;
  readonly takeSlice: () => number;
  readonly finishSlice: () => void;
  readonly target: Int32Array;
  readonly streams: readonly MaskStream[];
}

/** One worker's part: slices until none is left. */
async function help({ isOver, takeSlice, finishSlice, target, streams }: SharedWork): Promise<void> {
  const worker = idle.pop() ?? (await startWorker());
  worker.ref();
  try {
    while (!isOver()) {
      const at = takeSlice();
      target.set(await addInWorker(worker, { lanes: target.slice(at, at + SLICE_LANES), firstLane: at, streams }), at);
      finishSlice();
    }
  } catch (error) {
    void worker.terminate();
    throw error;
  }
  worker.unref();
  idle.push(worker);
}

async function startWorker(): Promise<Worker> {
  // Flags of this process (an --eval, a debugger's port) are not the worker's.
  const worker = new Worker(new URL("./streamWorker.ts", import.meta.url), { execArgv: [] });
  worker.unref();
  await once(worker, "message");
  return worker;
}

async function addInWorker(worker: Worker, request: SliceRequest): Promise<Int32Array> {
  const answer = once(worker, "message"); // rejects on the worker's "error"
  worker.postMessage(request, [request.lanes.buffer]);
  return ((await answer) as [Int32Array])[0];
}
