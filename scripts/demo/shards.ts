/** Deals MNIST to the trainers: to each a private shard with its own mix of digits. */
import { mnistLabels } from "../../trainer/learning/datasets/mnist.ts";
import { partitionDirichlet } from "../../trainer/learning/partition.ts";
import type { DemoOptions } from "./options.ts";

/** One trainer's rows. */
export interface DealtShard {
  readonly rows: readonly number[];
  readonly perClass: readonly number[];
}

const CLASSES = 10;
const MIN_ROWS = 500;

export async function dealShards({ trainers, alpha, seed }: DemoOptions): Promise<DealtShard[]> {
  const labels = await mnistLabels("train");
  const parts = partitionDirichlet(labels, { parts: trainers, alpha, seed, minRows: MIN_ROWS });
  return parts.map((part) => {
    const perClass = new Array<number>(CLASSES).fill(0);
    for (const row of part) perClass[labels[row] ?? 0] = (perClass[labels[row] ?? 0] ?? 0) + 1;
    return { rows: [...part], perClass };
  });
}
