/**
 * The part of a masked task's file that says how many cohorts its trainers are drawn into, and what becomes of the cohorts'
 * sums: the mean of all updates, or number by number the median or the trimmed mean of the cohorts' means (Yin et al. 2018).
 */
import { z } from "zod";
import { MAX_COHORTS } from "../chain/taskRules.ts";
import type { TaskRules } from "../chain/taskRules.ts";
import { complainTo } from "./taskFaults.ts";

const COHORT_RULES = ["mean", "median", "trimmedMean"] as const;
/** Of two, none is between the others. */
const LEAST_COMPARED = 3;

export const cohortsSchema = z
  .strictObject({
    /** The most in a round, all with the same number of seats; 1 unless given. */
    count: z.int().min(1).max(MAX_COHORTS).optional(),
    /** "mean" unless given. */
    rule: z.enum(COHORT_RULES).optional(),
    /** Of trimmedMean: how many cohorts' means are left out at either end. */
    trim: z.int().min(1).optional(),
  })
  .superRefine(({ count = 1, rule = "mean", trim }, context) => {
    const complain = complainTo(context);
    if (rule !== "trimmedMean" && trim !== undefined) {
      complain(["trim"], 'is for the rule "trimmedMean": leave it out, or set rule to "trimmedMean"', {
        fault: "trimUnused",
      });
    }
    if (rule !== "mean" && count < LEAST_COMPARED) {
      complain(
        ["rule"],
        `needs at least ${LEAST_COMPARED} cohorts: set count to ${LEAST_COMPARED}, or rule to "mean"`,
        { fault: "tooFewCohorts", least: LEAST_COMPARED },
      );
    } else if (rule === "trimmedMean" && (trim === undefined || trim > mostTrimmed(count))) {
      const most = mostTrimmed(count);
      complain(["trim"], `must be from 1 to ${most} with ${count} cohorts: so many at either end, and one left`, {
        fault: "trimOutOfRange",
        most,
        cohorts: count,
      });
    }
  });

type Cohorts = z.infer<typeof cohortsSchema>;

/** Cohorts and trimming of a masked task as the contract takes them. */
export function cohortNumbers({ count = 1, rule = "mean", trim = 0 }: Cohorts = {}): Pick<
  TaskRules,
  "cohorts" | "trim"
> {
  return { cohorts: count, trim: rule === "median" ? mostTrimmed(count) : trim };
}

/** What becomes of the cohorts' sums, for people. */
export function cohortRuleText({ cohorts, trim }: Pick<TaskRules, "cohorts" | "trim">): string {
  if (trim === 0) return "mean of all updates";
  if (trim === mostTrimmed(cohorts)) return "median of the cohorts' means";
  return `mean of the cohorts' means without the ${trim} highest and ${trim} lowest`;
}

/** The median: with an even number of cohorts, the mean of the two in the middle. */
function mostTrimmed(cohorts: number): number {
  return Math.floor((cohorts - 1) / 2);
}
