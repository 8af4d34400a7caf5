/**
 * A strategy's rule of the server in the units of the contract, and a task's rule for people. The step itself is in
 * protocol/serverStep.ts.
 */
import type { TaskRules } from "../chain/taskRules.ts";
import { UNIT, stepRule } from "../learning/strategies/serverNumbers.ts";
import type { ServerPlan } from "../learning/strategies/strategy.ts";
import type { ServerRule } from "../protocol/serverStep.ts";
import type { Complaint } from "./taskFaults.ts";

export type ServerNumbers = Pick<TaskRules, "serverRule" | "serverRate" | "momentum" | "secondMomentum" | "adaptivity">;

const MAX_RATE = 2 ** 20;
const MAX_ADAPTIVITY = 2 ** 31 - 1;

/** What each rule uses. */
const NUMBERS = ["rate", "momentum", "secondMomentum", "adaptivity"] as const;
type ServerNumber = (typeof NUMBERS)[number];
const USED: Readonly<Record<ServerRule, readonly ServerNumber[]>> = {
  FedAvg: [],
  Uniform: [],
  FedAvgM: ["rate", "momentum"],
  FedAdam: NUMBERS,
  FedYogi: NUMBERS,
  FedAdagrad: ["rate", "momentum", "adaptivity"],
};

/** The numbers of a server rule as the contract takes them; 0 for what it does not use. */
export function serverNumbers(server: ServerPlan, fractionBits: number): ServerNumbers {
  const { rule, serverRate, momentum, secondMomentum, adaptivity } = stepRule(server, fractionBits);
  return { serverRule: rule, serverRate, momentum, secondMomentum, adaptivity };
}

/** What the contract would not take of a server's numbers, with the number's name; undefined if it takes all. */
export function unfitNumber(
  server: ServerPlan,
  fractionBits: number,
): (Complaint & { readonly name: ServerNumber }) | undefined {
  const used = USED[server.rule];
  const { serverRate, adaptivity } = serverNumbers(server, fractionBits);
  if (used.includes("rate") && (serverRate < 1 || serverRate > MAX_RATE)) {
    const most = MAX_RATE * UNIT;
    const message = `the server's learning rate must be from ${UNIT} to ${most}`;
    return { name: "rate", message, fault: { fault: "rateOutOfRange", least: UNIT, most } };
  }
  // The adaptive rules divide by their adaptivity: in lanes it must not become 0.
  if (used.includes("adaptivity") && (adaptivity < 1 || adaptivity > MAX_ADAPTIVITY)) {
    const lane = 2 ** -fractionBits;
    const most = MAX_ADAPTIVITY * lane;
    const message = `must be from ${lane} to ${most} at ${fractionBits} fractionBits`;
    return { name: "adaptivity", message, fault: { fault: "adaptivityOutOfRange", least: lane, most, fractionBits } };
  }
  return undefined;
}

/** A task's rule with its numbers, for people. */
export function serverRuleText(rules: ServerNumbers & Pick<TaskRules, "fractionBits" | "privacy" | "trim">): string {
  const values: Record<ServerNumber, number> = {
    rate: rules.serverRate * UNIT,
    momentum: rules.momentum * UNIT,
    secondMomentum: rules.secondMomentum * UNIT,
    adaptivity: rules.adaptivity * 2 ** -rules.fractionBits,
  };
  const numbers = USED[rules.serverRule].map((field) => `${field} ${Number(values[field].toPrecision(4))}`);
  const ranked =
    rules.privacy === "sealed" && rules.trim > 0
      ? [`of every number the ${rules.trim} highest and ${rules.trim} lowest updates left out`]
      : [];
  return [rules.serverRule, ...numbers, ...ranked].join(", ");
}
