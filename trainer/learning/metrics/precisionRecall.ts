/**
 * How one class fares. Recall: share of its rows that were found. Precision: share of the rows called so that are. F1:
 * their harmonic mean (van Rijsbergen 1979). Nothing over nothing is 0, as in scikit-learn.
 */
export interface ClassScore {
  readonly recall: number;
  readonly precision: number;
  readonly f1: number;
  /** Rows of the class. */
  readonly rows: number;
}

/** One score a class, in order. */
export function precisionRecall(predicted: Int32Array, labels: Int32Array, classes: number): ClassScore[] {
  const found = new Uint32Array(classes);
  const called = new Uint32Array(classes);
  const rows = new Uint32Array(classes);
  labels.forEach((label, row) => {
    const guess = predicted[row] ?? -1;
    rows[label]! += 1;
    if (guess >= 0) called[guess]! += 1;
    if (guess === label) found[label]! += 1;
  });
  return Array.from({ length: classes }, (_, of) => {
    const [hits, guesses, own] = [found[of] as number, called[of] as number, rows[of] as number]; // of < classes
    return {
      recall: share(hits, own),
      precision: share(hits, guesses),
      f1: share(2 * hits, own + guesses),
      rows: own,
    };
  });
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
