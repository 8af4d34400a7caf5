/** The strategies that a task can choose, by the name that its file uses. */
import { z } from "zod";
import type { Fault } from "../../protocol/fault.ts";
import { bulyan } from "./bulyan.ts";
import { coordinateMedian } from "./coordinateMedian.ts";
import { fedAdagrad } from "./fedAdagrad.ts";
import { fedAdam } from "./fedAdam.ts";
import { fedAvg } from "./fedAvg.ts";
import { fedAvgM } from "./fedAvgM.ts";
import { fedBuff } from "./fedBuff.ts";
import { fedNova } from "./fedNova.ts";
import { fedProx } from "./fedProx.ts";
import { fedSgd } from "./fedSgd.ts";
import { fedYogi } from "./fedYogi.ts";
import { flTrust } from "./flTrust.ts";
import { krum } from "./krum.ts";
import { multiKrum } from "./multiKrum.ts";
import { normClipping } from "./normClipping.ts";
import { scaffold } from "./scaffold.ts";
import { UnsuitableStrategy } from "./strategy.ts";
import type { FederatedTask, Plan, Strategy, UnsuitableFaults } from "./strategy.ts";
import { trimmedMean } from "./trimmedMean.ts";

export const STRATEGIES: ReadonlyMap<string, Strategy> = named([
  fedAvg,
  fedSgd,
  fedProx,
  scaffold,
  fedNova,
  fedAvgM,
  fedAdam,
  fedYogi,
  fedAdagrad,
  fedBuff,
  coordinateMedian,
  trimmedMean,
  krum,
  multiKrum,
  bulyan,
  normClipping,
  flTrust,
]);

/** A strategy by its name, and its settings beside it: `{ "name": "FedProx", "mu": 0.1 }`. */
export const strategySchema = z.looseObject({ name: z.string() }).superRefine(({ name, ...settings }, context) => {
  const strategy = STRATEGIES.get(name);
  if (strategy === undefined) {
    const names = [...STRATEGIES.keys()];
    context.addIssue({
      code: "custom",
      path: ["name"],
      message: `must be one of ${names.join(", ")}`,
      params: { fault: "unknownStrategy", names } satisfies Fault<UnsuitableFaults>,
    });
    return;
  }
  const { error } = strategy.settings.safeParse(settings);
  for (const { path, message } of error?.issues ?? []) context.addIssue({ code: "custom", path, message });
});

export type ChosenStrategy = z.infer<typeof strategySchema>;

/**
 * What a task's strategy does in it.
 * @throws UnsuitableStrategy if there is none of this name, or it cannot work in this task.
 */
export function planOf({ name, ...settings }: ChosenStrategy, task: FederatedTask): Plan {
  const strategy = STRATEGIES.get(name);
  if (strategy !== undefined) return strategy.plan(settings, task);
  const names = [...STRATEGIES.keys()];
  throw new UnsuitableStrategy(`There is no strategy "${name}". Choose one of ${names.join(", ")}.`, {
    fault: "unknownStrategy",
    names,
  });
}

function named(strategies: readonly Strategy[]): Map<string, Strategy> {
  return new Map(strategies.map((strategy) => [strategy.name, strategy]));
}
