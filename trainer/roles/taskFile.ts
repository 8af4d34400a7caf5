/**
 * What a sponsor writes to open a task: rules and manifest in one JSON file, in units people use (tokens, real numbers),
 * checked as a whole before anything is sent.
 */
import { formatUnits, parseUnits } from "ethers";
import { z } from "zod";
import type { TaskRules } from "../chain/taskRules.ts";
import { architectureSchema, parameterCount } from "../learning/architecture.ts";
import { dataSchema } from "../learning/datasets/loadDataset.ts";
import { trainingSchema } from "../learning/train.ts";
import { checkNoOverflow } from "../protocol/overflow.ts";
import { laneBound } from "../protocol/quantise.ts";
import { refineFit } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";

const seconds = z
  .int()
  .min(1)
  .max(30 * 24 * 3600);
const tokens = z.string().regex(/^\d{1,20}(\.\d{1,18})?$/, {
  error: 'must be an amount of tokens as text, like "12.5"',
  abort: true, // it is calculated with below
});
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "must be an address: 0x and 40 hexadecimal digits");

export const taskFileSchema = z
  .strictObject({
    title: z.string().min(1).max(200),
    architecture: architectureSchema,
    data: dataSchema,
    training: trainingSchema,
    /** Final rounds wanted. */
    rounds: z.int().min(1).max(1_000_000),
    /** Fewer void a round; more find no seat. */
    trainers: z.strictObject({ min: z.int().min(1).max(256), max: z.int().min(1).max(256) }),
    /** Data counts in units of so many samples, up to so many units. */
    weight: z.strictObject({
      unitSamples: z.int().min(1).max(4_294_967_295),
      maxUnits: z.int().min(1).max(65_535),
    }),
    /** How numbers of the model and its updates are written; updates beyond the clip are cut off. */
    fixedPoint: z.strictObject({ fractionBits: z.int().min(1).max(30), clip: z.number().positive() }),
    /** The longest each step may take, in seconds; steps end early when everybody has acted. */
    seconds: z.strictObject({
      enter: seconds,
      commit: seconds,
      reveal: seconds,
      attest: seconds,
      /** Of propose, for the drawn aggregator alone. */
      grace: seconds,
      propose: seconds,
      challenge: seconds,
      retention: z
        .int()
        .min(0)
        .max(2 ** 32 - 1),
    }),
    /** In tokens: to enter, for a missed deadline, for a proven fraud. */
    stake: z.strictObject({ min: tokens, missFine: tokens, fraudFine: tokens }),
    /** In tokens and for each round: by data, equally, to the aggregator, to who ends the round. */
    rewards: z.strictObject({
      data: tokens,
      /** The most that one unit of data earns; only the pot limits it unless given. */
      maxDataRate: tokens.optional(),
      compute: tokens,
      aggregator: tokens,
      advance: tokens,
    }),
    /** An ERC-20; the staked token unless given. */
    rewardToken: address.optional(),
    /** Draws the initial model. */
    seed: z.union([z.int(), z.string().max(100)]),
  })
  .superRefine(refineFit)
  .superRefine(refineRules);

export type TaskFile = z.infer<typeof taskFileSchema>;

/** How fields must go together, as the contract checks it when the task opens. */
function refineRules({ trainers, seconds, stake }: TaskRulesInFile, context: z.RefinementCtx): void {
  const complain = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  if (trainers.min > trainers.max) complain(["trainers", "min"], `must be at most max, ${trainers.max}`);
  if (seconds.grace >= seconds.propose) {
    complain(
      ["seconds", "grace"],
      `must be shorter than propose, ${seconds.propose}: the drawn aggregator's part of it`,
    );
  }
  const [min, missFine, fraudFine] = [stake.min, stake.missFine, stake.fraudFine].map((amount) => parseUnits(amount));
  const needed = (fraudFine ?? 0n) + 2n * (missFine ?? 0n);
  if ((min ?? 0n) < needed) {
    complain(["stake", "min"], `must cover a fraudFine and two of missFine: at least ${formatUnits(needed)}`);
  }
}

interface TaskRulesInFile {
  readonly trainers: { readonly min: number; readonly max: number };
  readonly seconds: { readonly grace: number; readonly propose: number };
  readonly stake: { readonly min: string; readonly missFine: string; readonly fraudFine: string };
}

/** The file does not describe a task that could open. */
export class UnusableTaskFile extends Error {
  override readonly name = "UnusableTaskFile";
}

/** @throws UnusableTaskFile naming every field that is wrong. */
export function parseTaskFile(value: unknown): TaskFile {
  const result = taskFileSchema.safeParse(value);
  if (result.success) return result.data;
  throw new UnusableTaskFile(`This is no task file:\n${z.prettifyError(result.error)}`);
}

export function manifestOf(file: TaskFile): Manifest {
  const { title, architecture, data, training } = file;
  return { version: 1, title, architecture, data, training };
}

/**
 * The rules as the contract takes them.
 * @throws UnusableTaskFile if an amount has more digits than its token, SumCouldOverflowError with numbers that would
 * fit, RangeError if the fixed point has no lanes.
 */
export function rulesOf(
  file: TaskFile,
  sponsor: string,
  tokensUsed: { stakeToken: string; stakeDecimals: number; rewardDecimals: number },
): TaskRules {
  const { fixedPoint, trainers, weight, stake, rewards } = file;
  checkNoOverflow({ maxTrainers: trainers.max, maxWeight: weight.maxUnits, ...fixedPoint });
  const staked = (field: keyof TaskFile["stake"]) => amountOf(`stake.${field}`, stake[field], tokensUsed.stakeDecimals);
  const rewarded = (field: keyof TaskFile["rewards"]) =>
    amountOf(`rewards.${field}`, rewards[field] ?? "0", tokensUsed.rewardDecimals);
  return {
    sponsor,
    rewardToken: file.rewardToken ?? tokensUsed.stakeToken,
    privacy: "sealed",
    serverRule: "FedAvg",
    parameters: parameterCount(file.architecture),
    fractionBits: fixedPoint.fractionBits,
    bound: laneBound(fixedPoint),
    minTrainers: trainers.min,
    maxTrainers: trainers.max,
    maxWeight: weight.maxUnits,
    weightUnit: weight.unitSamples,
    rounds: file.rounds,
    enterSeconds: file.seconds.enter,
    commitSeconds: file.seconds.commit,
    revealSeconds: file.seconds.reveal,
    attestSeconds: file.seconds.attest,
    graceSeconds: file.seconds.grace,
    proposeSeconds: file.seconds.propose,
    challengeSeconds: file.seconds.challenge,
    retentionSeconds: file.seconds.retention,
    minStake: staked("min"),
    missFine: staked("missFine"),
    fraudFine: staked("fraudFine"),
    dataPot: rewarded("data"),
    maxDataRate: rewards.maxDataRate === undefined ? NO_LIMIT : rewarded("maxDataRate"),
    computePot: rewarded("compute"),
    aggregatorPay: rewarded("aggregator"),
    advanceTip: rewarded("advance"),
  };
}

const NO_LIMIT = 2n ** 96n - 1n; // above any pot

function amountOf(field: string, amount: string, decimals: number): bigint {
  if ((amount.split(".")[1]?.length ?? 0) <= decimals) return parseUnits(amount, decimals);
  throw new UnusableTaskFile(`${field} is ${amount}, but its token has only ${decimals} digits after the point.`);
}
