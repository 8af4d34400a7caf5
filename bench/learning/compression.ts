/**
 * What smaller updates cost: ten clients on MNIST with unequal shares of the digits (Dirichlet, 0.5), all of them in every
 * round, a network of one hidden layer. Accuracy beside the bytes of an update as it is sealed.
 */
import { openBackend } from "../../trainer/learning/openBackend.ts";
import { compressionText } from "../../trainer/learning/compression/compression.ts";
import type { Compression } from "../../trainer/learning/compression/compression.ts";
import { classesOf } from "../../trainer/learning/datasets/dataset.ts";
import { partitionDirichlet } from "../../trainer/learning/partition.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { simulate } from "../../trainer/learning/simulate.ts";
import { planOf } from "../../trainer/learning/strategies/registry.ts";
import type { Row } from "../row.ts";
import { dealt, readMnist } from "./mnistFederation.ts";

const CLIENTS = 10;
const ROUNDS = 10;
const SEED = 42;
const CASES: readonly (Compression | undefined)[] = [
  undefined,
  { bits: 8 },
  { bits: 4 },
  { bits: 1 },
  { keep: "largest", share: 0.1 },
  { keep: "largest", share: 0.01 },
  { keep: "random", share: 0.1 },
  { keep: "largest", share: 0.1, bits: 4 },
  { keep: "largest", share: 0.01, bits: 8 },
];

/** The test accuracy after the last round, the mean bytes of an update, and how many times fewer than plain that is. */
export default async function compressed(): Promise<Row[]> {
  const mnist = await readMnist();
  const shards = partitionDirichlet(classesOf(mnist.train), { parts: CLIENTS, alpha: 0.5, seed: SEED, minRows: 10 });
  const { architecture } = PRESETS.mlp;
  const backend = await openBackend();
  const rows: Row[] = [];
  let plainBytes = 0;
  for (const compression of CASES) {
    const name = compression === undefined ? "plain" : compressionText(compression);
    const played = simulate({
      ...{ backend, architecture, clients: dealt(mnist, shards), test: mnist.test, rounds: ROUNDS, seed: SEED },
      training: { epochs: 1, batchSize: 32, learningRate: 0.1, optimizer: "sgd" },
      ...{ unitSamples: 100, plan: (task) => planOf({ name: "FedAvg" }, task) },
      ...(compression === undefined ? {} : { compression }),
    });
    let [reached, bytes] = [0, 0];
    for await (const round of played) {
      reached = 100 * round.accuracy;
      bytes += round.bytes.reduce((sum, each) => sum + each, 0) / CLIENTS / ROUNDS;
      console.log(`${name}: round ${round.round} of ${ROUNDS}, ${reached.toFixed(2)} %`);
    }
    plainBytes ||= bytes;
    rows.push(
      { bench: "learning", case: name, metric: `accuracy after round ${ROUNDS}`, value: reached, unit: "%" },
      { bench: "learning", case: name, metric: "an update", value: bytes, unit: "bytes" },
      { bench: "learning", case: name, metric: "smaller", value: plainBytes / bytes, unit: "times" },
    );
  }
  return rows;
}
