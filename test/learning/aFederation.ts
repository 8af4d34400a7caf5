/** A federation that learns in a fraction of a second: three overlapping clouds of points, dealt unevenly. */
import type { Backend } from "../../trainer/learning/backend.ts";
import type { Dataset } from "../../trainer/learning/datasets/dataset.ts";
import { createRandom } from "../../trainer/learning/random.ts";
import type { Federation, SimulatedRound } from "../../trainer/learning/simulate.ts";
import { simulate } from "../../trainer/learning/simulate.ts";
import { planOf } from "../../trainer/learning/strategies/registry.ts";

const CENTRES = [
  [2, 0, 0, 1],
  [0, 2, 1, 0],
  [-1, -1, 2, -1],
];

/** Rows of 4 features; of more than two thirds of them the class is `mostly`, where given. */
export function clouds(rows: number, seed: string, mostly?: number): Dataset {
  const random = createRandom(seed);
  const features = new Float32Array(4 * rows);
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = mostly !== undefined && random.uniform() < 0.6 ? mostly : random.below(3);
    labels[row] = label;
    CENTRES[label]!.forEach((centre, i) => (features[4 * row + i] = centre + 0.8 * random.normal()));
  }
  return { features, labels, rows, shape: [4], classes: 3 };
}

/** Softmax regression on ten clients of 20 to 47 rows. */
export function aFederation(backend: Backend, change: Partial<Federation> = {}): Federation {
  return {
    ...{ backend, rounds: 5, seed: 1, test: clouds(300, "test"), fixedPoint: { fractionBits: 20, clip: 4 } },
    architecture: { kind: "mlp", inputs: [4], hidden: [], classes: 3 },
    clients: Array.from({ length: 10 }, (_, client) => clouds(20 + 3 * client, `client ${client}`, client % 3)),
    plan: (task) => planOf({ name: "FedAvg" }, task),
    training: { epochs: 2, batchSize: 10, learningRate: 0.1, optimizer: "sgd" },
    ...change,
  };
}

export async function played(federation: Federation): Promise<SimulatedRound[]> {
  const rounds: SimulatedRound[] = [];
  for await (const round of simulate(federation)) rounds.push(round);
  return rounds;
}

export function lastOf(rounds: readonly SimulatedRound[]): SimulatedRound {
  const last = rounds.at(-1);
  if (last === undefined) throw new RangeError("No round was played.");
  return last;
}
