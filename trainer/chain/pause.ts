/** Waiting that an abort ends with the signal's own reason, which timers/promises would wrap in an error of its own. */
import { setTimeout as wait } from "node:timers/promises";

/** Resolves after `milliseconds`; rejects with the signal's reason as soon as it aborts. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await wait(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}
