/**
 * What a backend must show before it is trusted: one step of training on each kind of layer and head, compared with the
 * reference's. It catches an engine that is not the one it says it is, a kernel that is missing, and a driver that
 * computes something else.
 */
import { asError } from "../../protocol/asError.ts";
import type { Architecture } from "../architecture.ts";
import { BackendUnavailable } from "../backend.ts";
import type { Backend } from "../backend.ts";
import { createModel } from "../model.ts";
import { createRandom } from "../random.ts";

/** Sums in another order, and multiplications with fewer digits, stay far below; a mistake is far above. */
const MOST_DEVIATION = 1e-3;
const ROWS = 6;

const NETWORKS: readonly Architecture[] = [
  { kind: "cnn", inputs: [7, 6, 2], filters: [3, 4], window: 3, hidden: [5], classes: 3 },
  { kind: "mlp", inputs: [5], hidden: [7], regression: { loss: "huber", delta: 0.5 } },
];

/**
 * How far a step on this backend is from the reference's, relative to its length; the largest of several networks.
 * @throws BackendUnavailable if it is too far, or the backend cannot take the step.
 */
export async function probe(backend: Backend, reference: Backend): Promise<number> {
  let deviation = 0;
  for (const network of NETWORKS) {
    const expected = await aStep(reference, network);
    const found = await aStep(backend, network).catch((error: unknown) => {
      const reason = asError(error).message;
      throw new BackendUnavailable(`Backend "${backend.name}" cannot train: ${reason} Use --backend wasm.`);
    });
    const away = norm(expected.map((value, i) => value - found[i]!)) / norm(expected);
    // NaN is too far, too.
    if (!(away <= MOST_DEVIATION)) {
      throw new BackendUnavailable(
        `Backend "${backend.name}" (${backend.hardware}) computes wrongly: a step of training is ` +
          `${(100 * away).toPrecision(2)}% away from the reference. Update the driver, or use --backend wasm.`,
      );
    }
    deviation = Math.max(deviation, away);
  }
  return deviation;
}

/** What one step of descent changes. */
async function aStep(backend: Backend, architecture: Architecture): Promise<Float32Array> {
  const model = createModel(backend, architecture, "probe");
  const random = createRandom("probe");
  try {
    // Biases begin at 0, where a mistake with them would not be seen.
    const start = model.readWeights().map((weight) => weight + 0.1 * random.normal());
    model.writeWeights(start);
    const size = architecture.inputs.reduce((product, length) => product * length, 1);
    const features = Float32Array.from({ length: ROWS * size }, random.normal);
    const labels = Float32Array.from({ length: ROWS }, (_, row) => row % (architecture.classes ?? ROWS));
    const descent = model.descent({ optimizer: "momentum" });
    try {
      descent.add(features, labels, 1 / ROWS);
      await descent.step(0.1);
      await descent.finish();
    } finally {
      descent.dispose();
    }
    return model.readWeights().map((weight, i) => weight - start[i]!);
  } finally {
    model.dispose();
  }
}

function norm(values: Float32Array): number {
  return Math.hypot(...values);
}
