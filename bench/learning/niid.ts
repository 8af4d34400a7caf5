/**
 * The cells of NIID-Bench (Li et al. 2022, https://arxiv.org/abs/2102.02079) that Flower's baseline of it reproduces on
 * MNIST: ten clients, all of them in every round, batches of 64; convolutions of 6 and 16 filters, dense layers of 120 and
 * 84; a rate of 0.01 and momentum 0.9. Ours pads the images, so the first dense layer is wider than theirs.
 */
import type { Architecture } from "../../trainer/learning/architecture.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import { classesOf } from "../../trainer/learning/datasets/dataset.ts";
import { partitionClasses, partitionDirichlet } from "../../trainer/learning/partition.ts";
import { planOf } from "../../trainer/learning/strategies/registry.ts";
import type { ChosenStrategy } from "../../trainer/learning/strategies/registry.ts";
import type { Row } from "../row.ts";
import { accuracies, dealt, readMnist } from "./mnistFederation.ts";

const CLIENTS = 10;
const SEED = 42;
const ARCHITECTURE: Architecture = {
  kind: "cnn",
  inputs: [28, 28, 1],
  filters: [6, 16],
  window: 5,
  hidden: [120, 84],
  classes: 10,
};
const PARTITIONS = {
  dirichlet: (labels: Int32Array) =>
    partitionDirichlet(labels, { parts: CLIENTS, alpha: 0.5, seed: SEED, minRows: 10 }),
  twoLabels: (labels: Int32Array) => partitionClasses(labels, { parts: CLIENTS, classesEach: 2, seed: SEED }),
};
const TRAINING = { batchSize: 64, learningRate: 0.01, optimizer: "momentum", momentum: 0.9 } as const;

export interface Size {
  readonly rounds: number;
  readonly epochs: number;
}

/** As Flower has it: some hours a cell on one core. */
export const WHOLE: Size = { rounds: 50, epochs: 10 };
/** All rounds with a tenth of the training. */
export const TENTH: Size = { rounds: 50, epochs: 1 };
/** A fiftieth of that. */
export const SMALLER: Size = { rounds: 10, epochs: 1 };

/** The test accuracy of each cell after the last round. */
export async function niid({ rounds, epochs }: Size): Promise<Row[]> {
  const mnist = await readMnist();
  const labels = classesOf(mnist.train);
  const backend = await openBackend();
  const rows: Row[] = [];
  for (const [partition, deal] of Object.entries(PARTITIONS)) {
    const clients = dealt(mnist, deal(labels));
    for (const strategy of strategies(labels.length, epochs)) {
      const reached = await accuracies(`${partition}, ${strategy.name}`, {
        ...{ backend, architecture: ARCHITECTURE, clients, test: mnist.test, rounds, unitSamples: 100, seed: SEED },
        training: { epochs, ...TRAINING },
        plan: (task) => planOf(strategy, task),
      });
      const accuracy = {
        case: `${partition}, ${strategy.name}`,
        metric: `round ${rounds}`,
        value: reached.at(-1) ?? 0,
      };
      rows.push({ bench: "learning", unit: "%", ...accuracy });
    }
  }
  return rows;
}

function strategies(rows: number, epochs: number): ChosenStrategy[] {
  // As many steps as a client of average size has in its epochs.
  const steps = Math.round((epochs * rows) / CLIENTS / TRAINING.batchSize);
  return [
    { name: "FedAvg" },
    { name: "SCAFFOLD", steps, trainers: CLIENTS },
    { name: "FedProx", mu: 0.01 },
    { name: "FedNova" },
  ];
}
