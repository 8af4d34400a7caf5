import { openBackend } from "../../../../trainer/learning/openBackend.ts";
import { selectRows } from "../../../../trainer/learning/datasets/dataset.ts";
import type { Dataset } from "../../../../trainer/learning/datasets/dataset.ts";
import { partitionDirichlet } from "../../../../trainer/learning/partition.ts";
import { simulate } from "../../../../trainer/learning/simulate.ts";
import { fedClipped } from "./fedClipped.ts";

/** Test accuracy after each round, of ten clients with unequal shares of the classes, half of them in a round. */
export async function accuracies(rows: Dataset, test: Dataset): Promise<number[]> {
  const shards = partitionDirichlet(Int32Array.from(rows.labels), { parts: 10, alpha: 0.5, minRows: 10, seed: 1 });
  const rounds = simulate({
    backend: await openBackend(),
    architecture: { kind: "mlp", inputs: [4], hidden: [16], classes: 3 },
    clients: shards.map((shard) => selectRows(rows, shard)),
    test,
    plan: (task) => fedClipped.plan({ longest: 0.5 }, task),
    training: { epochs: 2, batchSize: 10, learningRate: 0.1, optimizer: "sgd" },
    rounds: 8,
    fraction: 0.5,
    seed: 1,
  });
  const measured: number[] = [];
  for await (const { accuracy } of rounds) measured.push(accuracy);
  return measured;
}
