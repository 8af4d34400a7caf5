/**
 * Reads the records of a deployment's trainers on from where it stopped, page after page. When what was read is not on the
 * chain any more it starts anew.
 */
import type { Log } from "ethers";
import type { BlockMark } from "./blockMark.ts";
import { RpcUnreachable } from "./chainErrors.ts";
import { deployedAt } from "./deployedAt.ts";
import type { Deployment } from "./deployment.ts";
import { ChainReorganised, readLogPages } from "./logPages.ts";
import { pause } from "./pause.ts";
import { trainerLog } from "./trainerEvent.ts";
import type { TrainerEvent } from "./trainerEvent.ts";
import { createTrainerRecords } from "./trainerRecords.ts";
import type { TrainerRecords } from "./trainerRecords.ts";

export interface TrainersRead {
  /** The same object as before while the chain only grows. */
  readonly records: TrainerRecords;
  /** Where the events begin, and the last block that was read. */
  readonly first: number;
  readonly last: number;
}

export interface TrainersReader {
  /**
   * Reads on up to block `to` and yields after every page, having read it whole.
   * @throws BlocksNotThere if the node lags: look again with the next block.
   */
  readTo(to: number, signal: AbortSignal): AsyncGenerator<TrainersRead>;
}

/** Logs decoded in one go: a page that scrolls gets its turn between. */
const AT_ONCE = 250;

export function createTrainersReader(deployment: Deployment): TrainersReader {
  const { provider } = deployment;
  const log = trainerLog(deployment);
  let first: number | undefined;
  let records = createTrainerRecords();
  let last: BlockMark | undefined;

  return {
    async *readTo(to, signal) {
      first ??= await firstBlock(deployment, to, signal);
      for (;;) {
        const from = last === undefined ? first : last.number + 1;
        try {
          for await (const page of readLogPages(provider, log.filter, { from, to, after: last }, signal)) {
            const events = await decoded(page.logs, signal);
            records.apply(events);
            last = page.edge;
            yield { records, first, last: last.number };
          }
          return;
        } catch (error) {
          if (!(error instanceof ChainReorganised)) throw error;
          [records, last] = [createTrainerRecords(), undefined];
        }
      }
    },
  };

  async function decoded(logs: readonly Log[], signal: AbortSignal): Promise<TrainerEvent[]> {
    const events: TrainerEvent[] = [];
    for (let start = 0; start < logs.length; start += AT_ONCE) {
      if (start > 0) await pause(0, signal);
      events.push(...logs.slice(start, start + AT_ONCE).flatMap((each) => log.read(each) ?? []));
    }
    return events;
  }
}

/** Where the registry begins; or, where the node has forgotten that, the first task, before which nothing was staked. */
async function firstBlock(
  { provider, registry, foedus }: Deployment,
  to: number,
  signal: AbortSignal,
): Promise<number> {
  try {
    return await deployedAt(provider, String(registry.target), to, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RpcUnreachable) throw error;
    if ((await foedus.taskCount()) === 0n) return to;
    return Number(await foedus.openedAtBlock(await foedus.taskAt(1n)));
  }
}
