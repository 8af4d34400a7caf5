import { classesOf } from "../datasets/dataset.ts";
import { classScores } from "../metrics/classScores.ts";
import type { Baseline } from "./scenario.ts";

/** Says of every row that its class is as probable as it is frequent in all rows together. */
export const PRIOR: Baseline = {
  name: "the most frequent class",
  scores({ pooled, test }) {
    const counts = new Uint32Array(pooled.classes ?? 0);
    for (const label of classesOf(pooled)) counts[label]! += 1;
    const logits = new Float32Array(test.rows * counts.length);
    for (let at = 0; at < logits.length; at++) logits[at] = Math.log((counts[at % counts.length] ?? 0) / pooled.rows);
    return classScores(logits, classesOf(test));
  },
};
