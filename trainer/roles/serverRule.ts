/**
 * The part of a task file that says how the sum of the updates becomes the next model: a rule with its own numbers, in
 * real ones, and the same in the units of the contract (protocol/serverStep.ts).
 */
import { z } from "zod";
import type { TaskRules } from "../chain/taskRules.ts";
import { SERVER_RULES } from "../protocol/serverStep.ts";
import type { ServerRule } from "../protocol/serverStep.ts";

/** Rates and momenta are whole numbers of these. */
const UNIT = 2 ** -16;
const MAX_ADAPTIVITY = 2 ** 31 - 1;

const kept = z.number().min(0).lt(1);

export const serverSchema = z
  .strictObject({
    rule: z.enum(SERVER_RULES),
    /** FedAvgM and the adaptive rules: the server's learning rate. */
    rate: z.number().min(UNIT).max(16).optional(),
    /** The same: what is kept of the first moment each round. */
    momentum: kept.optional(),
    /** FedAdam, FedYogi: what is kept of the second moment each round. */
    secondMomentum: kept.optional(),
    /** FedAdam, FedYogi, FedAdagrad: tau, in units of the model. The smaller, the more it evens out how far numbers of the model move. */
    adaptivity: z.number().positive().optional(),
  })
  .superRefine(refuseUnused);

type Server = {
  readonly rule: ServerRule;
} & { readonly [N in ServerNumber]?: number | undefined };

const NUMBERS = ["rate", "momentum", "secondMomentum", "adaptivity"] as const;
type ServerNumber = (typeof NUMBERS)[number];

/** What each rule uses, and what it is where the file does not say: as the papers have it. */
const DEFAULTS: Readonly<Record<ServerRule, Partial<Record<ServerNumber, number>>>> = {
  FedAvg: {},
  Uniform: {},
  FedAvgM: { rate: 1, momentum: 0.9 },
  FedAdam: { rate: 0.01, momentum: 0.9, secondMomentum: 0.99, adaptivity: 0.001 },
  FedYogi: { rate: 0.01, momentum: 0.9, secondMomentum: 0.99, adaptivity: 0.001 },
  FedAdagrad: { rate: 0.1, momentum: 0, adaptivity: 0.001 },
};

export const FED_AVG: Server = { rule: "FedAvg" };

/** The numbers of a server rule as the contract takes them; 0 for what it does not use. */
export function serverNumbers(
  server: Server,
  fractionBits: number,
): Pick<TaskRules, "serverRule" | "serverRate" | "momentum" | "secondMomentum" | "adaptivity"> {
  const used = (field: ServerNumber) => server[field] ?? DEFAULTS[server.rule][field] ?? 0;
  // Below one in integers, too.
  const momentum = (field: ServerNumber) => Math.min(Math.round(used(field) / UNIT), 1 / UNIT - 1);
  return {
    serverRule: server.rule,
    serverRate: Math.round(used("rate") / UNIT),
    momentum: momentum("momentum"),
    secondMomentum: momentum("secondMomentum"),
    adaptivity: Math.round(used("adaptivity") * 2 ** fractionBits),
  };
}

/** A task's rule with its numbers, for people. */
export function serverRuleText(
  rules: Pick<TaskRules, "serverRule" | "serverRate" | "momentum" | "secondMomentum" | "adaptivity" | "fractionBits">,
): string {
  const values: Record<ServerNumber, number> = {
    rate: rules.serverRate * UNIT,
    momentum: rules.momentum * UNIT,
    secondMomentum: rules.secondMomentum * UNIT,
    adaptivity: rules.adaptivity * 2 ** -rules.fractionBits,
  };
  const used = NUMBERS.filter((field) => field in DEFAULTS[rules.serverRule]);
  return [rules.serverRule, ...used.map((field) => `${field} ${Number(values[field].toPrecision(4))}`)].join(", ");
}

function refuseUnused(server: Server, context: z.RefinementCtx): void {
  const used = Object.keys(DEFAULTS[server.rule]);
  for (const field of NUMBERS) {
    if (server[field] === undefined || used.includes(field)) continue;
    const has = used.length > 0 ? `which has ${used.join(", ")}` : "which has no numbers";
    const message = `is not used by ${server.rule}, ${has}: leave it out`;
    context.addIssue({ code: "custom", path: [field], message });
  }
}

interface WithServer {
  readonly server?: Server | undefined;
  readonly fixedPoint: { readonly fractionBits: number };
}

/** The adaptive rules divide by their adaptivity: in lanes it must not become 0. */
export function refineAdaptivity({ server, fixedPoint }: WithServer, context: z.RefinementCtx): void {
  if (server === undefined || DEFAULTS[server.rule].adaptivity === undefined) return;
  const { fractionBits } = fixedPoint;
  const { adaptivity } = serverNumbers(server, fractionBits);
  if (adaptivity >= 1 && adaptivity <= MAX_ADAPTIVITY) return;
  const lane = 2 ** -fractionBits;
  const message = `must be from ${lane} to ${MAX_ADAPTIVITY * lane} at ${fractionBits} fractionBits`;
  context.addIssue({ code: "custom", path: ["server", "adaptivity"], message });
}
