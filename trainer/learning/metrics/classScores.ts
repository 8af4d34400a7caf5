/** Everything that is said of a model which tells classes apart. */
import { accuracy } from "./accuracy.ts";
import { areaUnderRoc } from "./areaUnderRoc.ts";
import { brierScore } from "./brierScore.ts";
import { calibrationError } from "./calibrationError.ts";
import { crossEntropy } from "./crossEntropy.ts";
import { macroF1 } from "./macroF1.ts";
import { precisionRecall } from "./precisionRecall.ts";
import type { ClassScore } from "./precisionRecall.ts";
import { predictedClasses } from "./predictedClasses.ts";

export interface ClassScores {
  readonly kind: "classes";
  /** Share of rows classified correctly, 0 to 1; rows whose numbers ran away count as wrong. */
  readonly accuracy: number;
  /** Mean, in nats. NaN if numbers ran away, as the next two. */
  readonly crossEntropy: number;
  readonly calibrationError: number;
  readonly brierScore: number;
  /** In the order of the classes. */
  readonly perClass: readonly ClassScore[];
  readonly macroF1: number;
  /** Of two classes; the second is the positive one. */
  readonly positive?: {
    readonly f1: number;
    /** Absent if the rows are all of one class. */
    readonly areaUnderRoc?: number;
  };
}

/**
 * @param logits [rows, classes].
 * @param labels one a row, of which there is at least one.
 */
export function classScores(logits: Float32Array, labels: Int32Array): ClassScores {
  const classes = logits.length / labels.length;
  const probabilities = softmaxRows(logits, classes);
  const predicted = predictedClasses(logits, classes);
  const perClass = precisionRecall(predicted, labels, classes);
  return {
    kind: "classes",
    accuracy: accuracy(predicted, labels),
    crossEntropy: crossEntropy(logits, labels),
    calibrationError: calibrationError(probabilities, predicted, labels),
    brierScore: brierScore(probabilities, labels),
    perClass,
    macroF1: macroF1(perClass),
    ...(classes === 2 ? { positive: positiveScore(logits, labels, perClass) } : {}),
  };
}

function positiveScore(logits: Float32Array, labels: Int32Array, perClass: readonly ClassScore[]) {
  // The difference of the logits orders rows as the probability does, without its ties near 0 and 1.
  const margins = Float32Array.from(labels, (_, row) => (logits[2 * row + 1] ?? NaN) - (logits[2 * row] ?? NaN));
  const area = areaUnderRoc(margins, (row) => labels[row] === 1);
  return { f1: perClass[1]?.f1 ?? 0, ...(area === undefined ? {} : { areaUnderRoc: area }) };
}

function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let from = 0; from < logits.length; from += classes) {
    const own = logits.subarray(from, from + classes);
    const largest = own.reduce((most, logit) => Math.max(most, logit), -Infinity);
    const powers = Array.from(own, (logit) => Math.exp(logit - largest));
    const sum = powers.reduce((total, power) => total + power, 0);
    powers.forEach((power, i) => (probabilities[from + i] = power / sum));
  }
  return probabilities;
}
