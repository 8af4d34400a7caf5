/**
 * Samples of labelled rows: a holdout that has every class in the same share, and shards made even where some classes
 * are rare. The same seed gives the same rows.
 */
import { rowsByClass } from "./partition.ts";
import { createRandom } from "./random.ts";

export interface Split {
  /** Both in ascending order. */
  readonly train: Uint32Array;
  readonly holdout: Uint32Array;
}

/**
 * Splits the rows so that each class is in both parts in the same share, to the nearest row.
 * @param share of the holdout, between 0 and 1.
 * @throws RangeError if the share is not between 0 and 1.
 */
export function stratifiedSplit(labels: Int32Array, share: number, seed: number | string): Split {
  if (!(share > 0 && share < 1)) throw new RangeError(`The holdout's share is between 0 and 1, not ${share}.`);
  const random = createRandom(`${seed}/split`);
  const train: number[] = [];
  const holdout: number[] = [];
  for (const rows of rowsByClass(labels).values()) {
    random.shuffle(rows);
    const held = Math.round(share * rows.length);
    rows.forEach((row, i) => (i < held ? holdout : train).push(row));
  }
  return { train: Uint32Array.from(train).sort(), holdout: Uint32Array.from(holdout).sort() };
}

/**
 * Rows that have every class equally often. "over" repeats the rows of rare classes, each as often as the others of its
 * class or once more; "under" leaves out rows of common ones, at random.
 * @param labels the classes of rows 0, 1, ...; classes that do not occur take no part.
 * @returns rows in ascending order, some of them several times.
 */
export function balancedRows(labels: Int32Array, how: "over" | "under", seed: number | string): Uint32Array {
  const random = createRandom(`${seed}/balance`);
  const classes = [...rowsByClass(labels).values()];
  const sizes = classes.map((rows) => rows.length);
  const wanted = how === "over" ? Math.max(...sizes) : Math.min(...sizes);
  const chosen = classes.flatMap((rows) => {
    random.shuffle(rows);
    return Array.from({ length: wanted }, (_, i) => rows[i % rows.length] as number); // never of an empty class
  });
  return Uint32Array.from(chosen).sort();
}
