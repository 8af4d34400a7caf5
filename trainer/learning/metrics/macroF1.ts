import type { ClassScore } from "./precisionRecall.ts";

/**
 * Mean F1 of the classes, each counting alike however rare. Classes that have no row take no part, so that a test set
 * with few classes is not held against the model.
 */
export function macroF1(classes: readonly ClassScore[]): number {
  const present = classes.filter(({ rows }) => rows > 0);
  return present.reduce((sum, { f1 }) => sum + f1, 0) / present.length;
}
