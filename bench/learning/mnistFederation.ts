// Federations on MNIST in one process (trainer/learning/simulate.ts), played to their end with a line for each round.
import { selectRows } from "../../trainer/learning/datasets/dataset.ts";
import type { Dataset } from "../../trainer/learning/datasets/dataset.ts";
import { loadMnist } from "../../trainer/learning/datasets/mnist.ts";
import { simulate } from "../../trainer/learning/simulate.ts";
import type { Federation } from "../../trainer/learning/simulate.ts";

/** Both halves of MNIST, read once. */
interface Mnist {
  readonly train: Dataset;
  readonly test: Dataset;
}

export async function readMnist(): Promise<Mnist> {
  const [train, test] = await Promise.all([loadMnist("train"), loadMnist("test")]);
  return { train, test };
}

/** Each client's rows. */
export function dealt({ train }: Mnist, parts: readonly Uint32Array[]): Dataset[] {
  return parts.map((rows) => selectRows(train, rows));
}

/**
 * Plays a federation and says how it goes.
 * @param until Ends with the first round of this test accuracy.
 * @returns the test accuracy after each round, in percent.
 */
export async function accuracies(name: string, federation: Federation, until = Infinity): Promise<number[]> {
  const reached: number[] = [];
  for await (const { round, accuracy } of simulate(federation)) {
    reached.push(100 * accuracy);
    console.log(`${name}: round ${round} of ${federation.rounds}, ${(100 * accuracy).toFixed(2)} %`);
    if (100 * accuracy >= until) break;
  }
  return reached;
}
