/**
 * Of how many trainers a published number surely has the noise of differential privacy. A sum has that of all its updates.
 * Where a sealed task ranks updates number by number, or selects among them, what is published may hang on a single one: each
 * has to have all of the noise, and everything that is made of them is covered by what each has lost.
 */
import type { TaskRules } from "../chain/taskRules.ts";

export function noisesSummed({
  privacy,
  trim,
  minSummed,
  minTrainers,
}: Pick<TaskRules, "privacy" | "trim" | "minSummed" | "minTrainers">): number {
  return privacy === "sealed" && (trim > 0 || minSummed < minTrainers) ? 1 : minSummed;
}
