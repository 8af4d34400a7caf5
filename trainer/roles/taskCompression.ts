/**
 * How the updates of a task are written in their envelopes. The chain knows nothing of it: what is committed to, proved and
 * summed are the lanes that come out. So all who read updates must have the same form, from the manifest.
 */
import type { TaskRules } from "../chain/taskRules.ts";
import { parameterCount } from "../learning/architecture.ts";
import { unfitCompression, updateForm, updateSize } from "../learning/compression/compression.ts";
import type { UpdateForm } from "../learning/compression/compression.ts";
import { rangesOfLayers } from "../learning/freezing.ts";
import type { Plan } from "../learning/strategies/strategy.ts";
import type { Manifest } from "./manifest.ts";
import type { Complaint } from "./taskFaults.ts";

/** What of a task says how its updates are written. */
type Described = Pick<Manifest, "architecture" | "compression" | "freeze">;

export interface WithCompression extends Pick<Manifest, "compression" | "differentialPrivacy"> {
  readonly privacy?: TaskRules["privacy"] | undefined;
}

/** Why a task cannot have its compression, and what to change. */
export function conflictWithCompression(task: WithCompression, plan: Plan): Complaint | undefined {
  const { compression, privacy, differentialPrivacy } = task;
  if (compression === undefined) return undefined;
  if (privacy === "masked") {
    const message =
      'every number of a masked update is as random as any, and nothing of it can be left out: leave "compression" out, or ' +
      'set privacy to "sealed"';
    return { message, fault: { fault: "maskedCompression" } };
  }
  if (differentialPrivacy !== undefined) {
    const message =
      "differentialPrivacy needs its noise in every number, and what is left out or rounded would have another: leave one of " +
      "the two out";
    return { message, fault: { fault: "noisyCompression" } };
  }
  return unfitCompression(compression, plan);
}

/** How the updates of a task are written; undefined where they are plain lanes. */
export function updateFormOf({ architecture, compression, freeze = [] }: Described): UpdateForm | undefined {
  if (compression === undefined) return undefined;
  return updateForm(compression, parameterCount(architecture), rangesOfLayers(architecture, freeze));
}

/** What an update is drawn from, at its trainer and all who read it. */
export function updateLabel(domain: string, round: number, trainer: string): string {
  return `${domain}/${round}/${trainer.toLowerCase()}`;
}

/** What an update takes at most, for people. */
export function updateSizeText(task: Described): string {
  const plain = 4 * parameterCount(task.architecture);
  const form = updateFormOf(task);
  if (form === undefined) return `${plain} bytes`;
  const { bytes, timesSmaller } = updateSize(form);
  return `at most ${bytes} bytes, ${timesSmaller.toFixed(1)} times fewer than the ${plain} of a plain one`;
}
