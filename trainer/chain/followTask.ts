/**
 * Follows a task: folds its events block after block, `confirmations` below the head, and yields the state whenever a
 * block has come. When a block that was read is not on the chain any more, the chain was reorganised: the fold starts
 * anew. A node that lags behind what was read is waited for.
 */
import type { JsonRpcProvider } from "ethers";
import { RpcUnreachable } from "./chainErrors.ts";
import { confirmedBlock } from "./blockMark.ts";
import type { BlockMark } from "./blockMark.ts";
import { readPages } from "./eventLog.ts";
import { BlocksNotThere, ChainReorganised } from "./logPages.ts";
import type { OpenedTask } from "./openedTask.ts";
import { pause } from "./pause.ts";
import { applyEvents, freshTask } from "./taskState.ts";
import type { TaskState } from "./taskState.ts";

export interface FollowOptions {
  /** Blocks on top of the last one that is believed; 0 believes the head. */
  readonly confirmations: number;
  /** Between two looks at the chain. */
  readonly pollMs: number;
  readonly signal?: AbortSignal;
  /** Told when the chain was reorganised below what had been read. */
  readonly onReorganisation?: (block: BlockMark) => void;
}

/** Hashes remembered, to notice a reorganisation also while the new chain is shorter than the old one was. */
const REMEMBERED = 256;
/** Looks in a row that may fail for another reason than the connection before it counts as an error. */
const FAULTS_FORGIVEN = 10;
/** For `readTask`. */
const LOOKS = 5;
const PAUSE_BETWEEN_LOOKS_MS = 500;

/**
 * The state now.
 * @throws RpcUnreachable also if the node keeps contradicting itself about which blocks there are.
 */
export async function readTask(
  provider: JsonRpcProvider,
  opened: OpenedTask,
  options: Pick<FollowOptions, "confirmations" | "signal">,
): Promise<TaskState> {
  for (let look = 1; ; look++) {
    try {
      const reader = createReader(provider, opened, options);
      await reader.look();
      return reader.state;
    } catch (error) {
      if (!(error instanceof BlocksNotThere) && !(error instanceof ChainReorganised)) throw error;
      if (look === LOOKS)
        throw new RpcUnreachable(`${error.message} Try again later, or give another node with --rpc.`);
      await pause(PAUSE_BETWEEN_LOOKS_MS, options.signal);
    }
  }
}

/** Yields a state for every new block until the signal aborts, with whose reason it then throws. */
export async function* followTask(
  provider: JsonRpcProvider,
  opened: OpenedTask,
  options: FollowOptions,
): AsyncGenerator<TaskState, never> {
  const { pollMs, signal, onReorganisation } = options;
  let reader = createReader(provider, opened, options);
  let shown: BlockMark | undefined;
  for (let faults = 0; ;) {
    signal?.throwIfAborted();
    try {
      await reader.look();
      faults = 0;
      if (reader.last !== undefined && reader.last.hash !== shown?.hash) {
        shown = reader.last;
        yield reader.state;
        continue;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ChainReorganised) {
        if (reader.last !== undefined) onReorganisation?.(reader.last);
        reader = createReader(provider, opened, options);
        continue;
      }
      // Of many nodes behind one address some lag, and any may fail for a moment; a destroyed provider answers never again.
      if (error instanceof RpcUnreachable || provider.destroyed) throw error;
      if (!(error instanceof BlocksNotThere) && ++faults > FAULTS_FORGIVEN) throw error;
    }
    await pause(pollMs, signal);
  }
}

interface Reader {
  readonly state: TaskState;
  /** The last block that the state covers. */
  readonly last: BlockMark | undefined;
  /** Reads on to the last confirmed block. */
  look(): Promise<void>;
}

function createReader(
  provider: JsonRpcProvider,
  opened: OpenedTask,
  { confirmations, signal }: Pick<FollowOptions, "confirmations" | "signal">,
): Reader {
  let state = freshTask(opened);
  let last: BlockMark | undefined;
  const hashes = new Map<number, string>();
  return {
    get state() {
      return state;
    },
    get last() {
      return last;
    },
    async look() {
      const mark = await confirmedBlock(provider, confirmations);
      if (mark === undefined || mark.number < opened.block || mark.hash === last?.hash) return;
      if ((hashes.get(mark.number) ?? mark.hash) !== mark.hash) {
        throw new ChainReorganised(`Block ${mark.number} is not ${hashes.get(mark.number)} any more.`);
      }
      // A lagging node behind the same address shows an older head: there is nothing new in it.
      if (last !== undefined && mark.number <= last.number) return;
      const from = last === undefined ? opened.block : last.number + 1;
      for await (const { events, edge } of readPages(
        provider,
        state.task,
        { from, to: mark.number, after: last },
        signal,
      )) {
        state = { ...applyEvents(state, events), block: edge.number, time: edge.timestamp };
        last = edge;
        hashes.set(edge.number, edge.hash);
        const [oldest = 0] = hashes.keys();
        if (hashes.size > REMEMBERED) hashes.delete(oldest);
      }
    },
  };
}
