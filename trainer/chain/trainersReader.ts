/**
 * Reads the records of a deployment's trainers on from where it stopped, page after page. When what was read is not on the
 * chain any more it starts anew.
 */
import type { BlockMark } from "./blockMark.ts";
import { RpcUnreachable } from "./chainErrors.ts";
import { deployedAt } from "./deployedAt.ts";
import type { Deployment } from "./deployment.ts";
import { firstTaskBlock } from "./firstTaskBlock.ts";
import { ChainReorganised, readLogPages } from "./logPages.ts";
import type { PageSize } from "./logPages.ts";
import { trainerLog } from "./trainerEvent.ts";
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

/** Whoever scrolls while this is read is not held up for longer than a frame or two. */
const PAGE_SIZE: PageSize = { blocks: 1_000, logs: 1_000 };

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
          for await (const page of readLogPages(provider, log.filter, { from, to, after: last }, signal, PAGE_SIZE)) {
            records.apply(page.logs.flatMap((each) => log.read(each) ?? []));
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
}

/** Where the registry begins; or, where the node has forgotten that, the first task. */
async function firstBlock(deployment: Deployment, to: number, signal: AbortSignal): Promise<number> {
  const { provider, registry } = deployment;
  try {
    return await deployedAt(provider, String(registry.target), to, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RpcUnreachable) throw error;
    return (await firstTaskBlock(deployment)) ?? to;
  }
}
