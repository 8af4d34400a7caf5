/**
 * Two of ten clients send Gaussian noise of a standard deviation of 0.5 in every number instead of an update: the test
 * accuracy with and without them, for plain averaging and for strategies that are to stand it.
 */
import { openBackend } from "../../trainer/learning/openBackend.ts";
import { partitionIid } from "../../trainer/learning/partition.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { gaussianNoise } from "../../trainer/learning/simulate.ts";
import { planOf } from "../../trainer/learning/strategies/registry.ts";
import type { Row } from "../row.ts";
import { accuracies, dealt, readMnist } from "./mnistFederation.ts";

const CLIENTS = 10;
const ROUNDS = 10;
const SEED = 1;
const ATTACKS = new Map([0, 1].map((client) => [client, gaussianNoise(0.5)]));
const STRATEGIES = [
  { name: "FedAvg" },
  { name: "CoordinateMedian" },
  { name: "TrimmedMean", trim: 2 },
  { name: "MultiKrum", liars: 2 },
];

export default async function attackers(): Promise<Row[]> {
  const mnist = await readMnist();
  const clients = dealt(mnist, partitionIid(mnist.train.rows, CLIENTS, SEED));
  const backend = await openBackend();
  const { architecture } = PRESETS.mlp;
  const rows: Row[] = [];
  for (const strategy of STRATEGIES) {
    for (const [metric, attacks] of [
      ["clean", undefined],
      ["2 of 10 send noise", ATTACKS],
    ] as const) {
      const reached = await accuracies(`${strategy.name}, ${metric}`, {
        ...{ backend, architecture, clients, test: mnist.test, rounds: ROUNDS, seed: SEED },
        unitSamples: mnist.train.rows / CLIENTS,
        training: { epochs: 1, batchSize: 32, learningRate: 0.1, optimizer: "sgd" },
        plan: (task) => planOf(strategy, task),
        ...(attacks === undefined ? {} : { attacks }),
      });
      rows.push({ bench: "learning", case: strategy.name, metric, value: reached.at(-1) ?? 0, unit: "%" });
    }
  }
  return rows;
}
