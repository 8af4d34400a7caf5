/** Asking the node again until it answers, which the page's readers that must not miss anything do. */
import { UnknownTask } from "../../trainer/chain/chainErrors.ts";
import { pause } from "../../trainer/chain/pause.ts";
import { onTrouble } from "./node.ts";

const PAUSE_AFTER_A_FAULT_MS = 3_000;

/**
 * What `ask` gives. After a fault, which the page tells of, it is asked again from the start: of many nodes behind one
 * address another may answer better.
 * @throws UnknownTask, which is an answer; the signal's reason.
 */
export async function untilAnswered<T>(ask: () => Promise<T>, ends: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      ends.throwIfAborted();
      if (error instanceof UnknownTask) throw error;
      onTrouble(error);
      await pause(PAUSE_AFTER_A_FAULT_MS, ends);
    }
  }
}
