/** Labelled rows in memory, as training and evaluation take them. */
import { featureCount } from "../architecture.ts";
import type { Architecture } from "../architecture.ts";

/** Classes are whole numbers from 0, in either; numbers to estimate are a Float32Array. */
export type Labels = Int32Array | Float32Array;

export interface Dataset {
  /** Row after row, `rows * product(shape)` numbers. */
  readonly features: Float32Array;
  /** One a row: its class, 0 to classes - 1, or the number to estimate, standardised. */
  readonly labels: Labels;
  readonly rows: number;
  /** Of one row: [784] for a table, [28, 28, 1] (height, width, channels) for images. */
  readonly shape: readonly number[];
  /** How many classes there are; absent if the labels are numbers. */
  readonly classes?: number;
  /** How the labels were standardised; absent if they are classes. */
  readonly target?: Standardisation;
}

/** A value v is given to the network as (v - mean) / std. */
export interface Standardisation {
  readonly mean: number;
  readonly std: number;
}

/** Data that a network cannot learn from; the message says what to change. */
export class UnsuitableData extends Error {
  override name = "UnsuitableData";
}

/** A data set of the chosen rows, in their order. */
export function selectRows(dataset: Dataset, rows: Uint32Array): Dataset {
  const size = dataset.shape.reduce((product, length) => product * length, 1);
  const features = new Float32Array(rows.length * size);
  const labels = dataset.labels instanceof Int32Array ? new Int32Array(rows.length) : new Float32Array(rows.length);
  gatherRows(dataset, rows, features, labels);
  return { ...dataset, features, labels, rows: rows.length };
}

/** Copies the chosen rows one after the other into `features` and `labels`. */
export function gatherRows(dataset: Dataset, rows: Uint32Array, features: Float32Array, labels: Labels): void {
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
  if (architecture.classes === undefined) assertNumbers(dataset);
  else assertClasses(dataset, architecture.classes);
}

/** The class of each row. @throws UnsuitableData if the labels are numbers to estimate. */
export function classesOf({ labels, classes }: Dataset): Int32Array {
  if (classes === undefined) throw new UnsuitableData("The rows have numbers for labels. Use data with classes here.");
  return labels instanceof Int32Array ? labels : Int32Array.from(labels);
}

function assertClasses({ labels, target }: Dataset, classes: number): void {
  if (target !== undefined) {
    throw new UnsuitableData(
      "The labels are numbers to estimate, the network tells classes apart. Use a network with regression for them.",
    );
  }
  const wrong = labels.findIndex((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong !== -1) {
    throw new UnsuitableData(
      `Row ${wrong} has the label ${labels[wrong]}, the network has classes 0 to ${classes - 1}. ` +
        "Correct the label or the list of classes.",
    );
  }
}

function assertNumbers({ labels, target }: Dataset): void {
  if (target === undefined) {
    throw new UnsuitableData(
      "The labels are classes, the network estimates a number. Use data with a numeric target, or a network with classes.",
    );
  }
  const wrong = labels.findIndex((label) => !Number.isFinite(label));
  if (wrong !== -1) throw new UnsuitableData(`Row ${wrong} has the target ${labels[wrong]}. Give finite numbers.`);
}
