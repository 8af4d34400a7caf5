/** What models are compared by, with the words and the direction to show it in. */
import type { Scores } from "../evaluate.ts";
import type { ClassScores } from "../metrics/classScores.ts";
import type { EstimateScores } from "../metrics/estimateScores.ts";

export interface Measure {
  readonly name: string;
  readonly better: "higher" | "lower";
  /** Of the numbers; shares from 0 to 1 have none. */
  readonly unit?: string;
  /** NaN where it cannot be said. */
  of(scores: Scores): number;
}

const ofClasses = (
  name: string,
  better: Measure["better"],
  of: (scores: ClassScores) => number | undefined,
): Measure => ({
  name,
  better,
  of: (scores) => (scores.kind === "classes" ? (of(scores) ?? NaN) : NaN),
});

export const ACCURACY = ofClasses("accuracy", "higher", ({ accuracy }) => accuracy);
export const MACRO_F1 = ofClasses("macro F1", "higher", ({ macroF1 }) => macroF1);
export const AREA_UNDER_ROC = ofClasses("AUC", "higher", ({ positive }) => positive?.areaUnderRoc);
/** Of the second of two classes. */
export const F1 = ofClasses("F1", "higher", ({ positive }) => positive?.f1);
export const CALIBRATION_ERROR = ofClasses("calibration error", "lower", ({ calibrationError }) => calibrationError);
export const BRIER_SCORE = ofClasses("Brier score", "lower", ({ brierScore }) => brierScore);

const ofEstimates = (
  name: string,
  better: Measure["better"],
  unit: string | undefined,
  of: (scores: EstimateScores) => number | undefined,
): Measure => ({
  name,
  better,
  ...(unit === undefined ? {} : { unit }),
  of: (scores) => (scores.kind === "estimates" ? (of(scores) ?? NaN) : NaN),
});

/** @param unit of what is estimated. */
export const meanAbsoluteErrorIn = (unit: string) =>
  ofEstimates("MAE", "lower", unit, ({ meanAbsoluteError }) => meanAbsoluteError);
/** @param unit of what is estimated. */
export const rootMeanSquaredErrorIn = (unit: string) =>
  ofEstimates("RMSE", "lower", unit, ({ rootMeanSquaredError }) => rootMeanSquaredError);
export const R_SQUARED = ofEstimates("R²", "higher", undefined, ({ rSquared }) => rSquared);
