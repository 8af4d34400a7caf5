/** Labelled rows in memory, as training and evaluation take them. */
import { featureCount } from "../architecture.ts";
import type { Architecture } from "../architecture.ts";

export interface Dataset {
  /** Row after row, `rows * product(shape)` numbers. */
  readonly features: Float32Array;
  /** One class a row, 0 to classes - 1. */
  readonly labels: Int32Array;
  readonly rows: number;
  /** Of one row: [784] for a table, [28, 28, 1] (height, width, channels) for images. */
  readonly shape: readonly number[];
  readonly classes: number;
}

/** Data that a network cannot learn from; the message says what to change. */
export class UnsuitableData extends Error {
  override name = "UnsuitableData";
}

/** A data set of the chosen rows, in their order. */
export function selectRows(dataset: Dataset, rows: Uint32Array): Dataset {
  const size = dataset.shape.reduce((product, length) => product * length, 1);
  const features = new Float32Array(rows.length * size);
  const labels = new Int32Array(rows.length);
  gatherRows(dataset, rows, features, labels);
  return { ...dataset, features, labels, rows: rows.length };
}

/** Copies the chosen rows one after the other into `features` and `labels`. */
export function gatherRows(dataset: Dataset, rows: Uint32Array, features: Float32Array, labels: Int32Array): void {
  const size = dataset.features.length / dataset.rows;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number; // i < length
    if (row >= dataset.rows) throw new RangeError(`Row ${row} is not in a data set of ${dataset.rows} rows.`);
    features.set(dataset.features.subarray(row * size, (row + 1) * size), i * size);
    labels[i] = dataset.labels[row] as number;
  }
}

/** @throws UnsuitableData if the rows do not fit the network, or contradict themselves. */
export function assertSuits(dataset: Dataset, architecture: Architecture): void {
  const size = featureCount(architecture);
  const { features, labels, rows, shape } = dataset;
  if (rows === 0) throw new UnsuitableData("The data set is empty. Give it at least one row.");
  if (shape.reduce((product, length) => product * length, 1) !== size) {
    throw new UnsuitableData(
      `A row has the shape [${shape.join(", ")}], the network takes [${architecture.inputs.join(", ")}]. ` +
        "Use the data that the task's manifest describes.",
    );
  }
  if (features.length !== rows * size || labels.length !== rows) {
    throw new UnsuitableData(
      `The data set says ${rows} rows but holds ${features.length} features and ${labels.length} labels.`,
    );
  }
  const wrong = labels.findIndex((label) => label < 0 || label >= architecture.classes);
  if (wrong !== -1) {
    throw new UnsuitableData(
      `Row ${wrong} has the label ${labels[wrong]}, the network has classes 0 to ${architecture.classes - 1}. ` +
        "Correct the label or the list of classes.",
    );
  }
}
