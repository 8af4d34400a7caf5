/**
 * What a sponsor writes to open a task: rules and manifest in one JSON file, in units people use (tokens, real numbers),
 * checked as a whole before anything is sent.
 */
import { formatUnits, getAddress, parseUnits } from "ethers";
import { z } from "zod";
import { MOST_HELD, laneWeight, leastFraudFine, longestRound } from "../chain/taskRules.ts";
import type { DearestProof, TaskRules } from "../chain/taskRules.ts";
import { architectureSchema, parameterCount } from "../learning/architecture.ts";
import { compressionSchema } from "../learning/compression/compression.ts";
import { dataSchema } from "../learning/datasets/dataSchema.ts";
import { strategySchema } from "../learning/strategies/registry.ts";
import { trainingSchema } from "../learning/trainingSettings.ts";
import { NoiseDoesNotFit, differentialPrivacySchema, noisePlan } from "../privacy/differentialPrivacy.ts";
import { checkNoOverflow } from "../protocol/overflow.ts";
import { laneBound } from "../protocol/quantise.ts";
import { freezeSchema, refineFit } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import {
  cohorts,
  maskedWindows,
  privacyMode,
  privacyNumbers,
  proofTooDear,
  refinePrivacy,
  seatsTogether,
  shareThreshold,
} from "./privacyMode.ts";
import { noisesSummed } from "./noisesSummed.ts";
import { stopSchema } from "./stopRule.ts";
import { complainTo } from "./taskFaults.ts";
import type { TaskFault, WindowName } from "./taskFaults.ts";
import { refineStrategy, strategyNumbers } from "./taskStrategy.ts";

const DEFAULT_DISCLOSE = 30;
/** One thousand millionth of a token per gas. */
const DEFAULT_GAS_PRICE = "0.000000001";
const MAX_GAS_PRICE = 2n ** 64n - 1n;

const seconds = z
  .int()
  .min(1)
  .max(30 * 24 * 3600);
const tokens = z.string().refine((text) => /^\d{1,20}(\.\d{1,18})?$/.test(text), {
  error: 'must be an amount of tokens as text, like "12.5"',
  params: { fault: "noAmount" } satisfies TaskFault,
  abort: true, // it is calculated with below
});
const address = z.string().refine((text) => /^0x[0-9a-fA-F]{40}$/.test(text), {
  error: "must be an address: 0x and 40 hexadecimal digits",
  params: { fault: "noAddress" } satisfies TaskFault,
});

const fields = z.strictObject({
  title: z.string().min(1).max(200),
  architecture: architectureSchema,
  data: dataSchema,
  training: trainingSchema,
  /** Final rounds wanted. */
  rounds: z.int().min(1).max(1_000_000),
  /**
   * Fewer void a round, more find no seat; what the strategy leaves out of a round counts here. Masked: the fewest of each
   * cohort, and the most of all together.
   */
  trainers: z.strictObject({ min: z.int().min(1).max(256), max: z.int().min(1).max(256) }),
  /** Data counts in units of so many samples, up to so many units. */
  weight: z.strictObject({
    unitSamples: z.int().min(1).max(4_294_967_295),
    maxUnits: z.int().min(1).max(65_535),
  }),
  /** How numbers of the model and its updates are written; updates beyond the clip are cut off. */
  fixedPoint: z.strictObject({ fractionBits: z.int().min(1).max(30), clip: z.number().positive() }),
  /** Who can read one trainer's update: chosen recipients ("sealed", unless given) or nobody ("masked"). */
  privacy: privacyMode.optional(),
  shareThreshold: shareThreshold.optional(),
  cohorts: cohorts.optional(),
  /** How trainers train, which updates count, and how their sum becomes the next model; FedAvg unless given. */
  strategy: strategySchema.optional(),
  /** Layers that do not learn, for a model that starts from another one. */
  freeze: freezeSchema.optional(),
  /** When trainers leave before the last round; never unless given. */
  stop: stopSchema.optional(),
  /** How updates are made smaller; plain numbers unless given. */
  compression: compressionSchema.optional(),
  /** Clipping and noise, so that the model says little of any one trainer's data; none unless given. */
  differentialPrivacy: differentialPrivacySchema.optional(),
  /** The longest each step may take, in seconds; steps end early when everybody has acted. */
  seconds: z.strictObject({
    ...maskedWindows,
    enter: seconds,
    commit: seconds,
    reveal: seconds,
    attest: seconds,
    /** Of propose, for the drawn aggregator alone. */
    grace: seconds,
    propose: seconds,
    challenge: seconds,
    /** For the proposer to show a number that was asked for, and as long again to use it; 30 unless given. */
    disclose: z
      .int()
      .min(1)
      .max(6 * 24 * 3600)
      .optional(),
    retention: z
      .int()
      .min(0)
      .max(2 ** 32 - 1),
  }),
  /** In tokens: to enter, for a missed deadline, for a proven fraud. */
  stake: z.strictObject({
    min: tokens,
    missFine: tokens,
    fraudFine: tokens,
    /** Tokens per gas, at which two fifths of fraudFine pay the gas of the dearest proof twice; 0.000000001 unless given. */
    gasPrice: tokens.optional(),
  }),
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
});

export type TaskFile = z.infer<typeof fields>;

export const taskFileSchema = fields
  .superRefine(refineFit)
  .superRefine(refinePrivacy)
  .superRefine(refineRules)
  .superRefine(refineStrategy)
  .superRefine(refineNoise);

/** How fields must go together, as the contract checks it when the task opens. */
function refineRules(file: TaskFile, context: z.RefinementCtx): void {
  const { trainers, seconds, stake } = file;
  const complain = complainTo(context);
  const seats = Math.floor(seatsTogether(file));
  if (trainers.min > seats) {
    const isOfCohort = seats !== trainers.max;
    const which = isOfCohort ? `${seats}, as many as a cohort has seats` : `max, ${seats}`;
    complain(["trainers", "min"], `must be at most ${which}`, { fault: "minAboveSeats", seats, isOfCohort });
  }
  const { propose, disclose = DEFAULT_DISCLOSE } = seconds;
  if (seconds.grace >= propose) {
    complain(["seconds", "grace"], `must be shorter than propose, ${propose}: the drawn aggregator's part of it`, {
      fault: "graceTooLong",
      propose,
    });
  }
  const [min, missFine, fraudFine] = [stake.min, stake.missFine, stake.fraudFine].map((amount) => parseUnits(amount));
  const covered = (fraudFine ?? 0n) + 2n * (missFine ?? 0n);
  if ((min ?? 0n) < covered) {
    const needed = formatUnits(covered);
    complain(["stake", "min"], `must cover a fraudFine and two of missFine: at least ${needed}`, {
      fault: "stakeTooSmall",
      needed,
    });
  }
  const longest = longestRound(windowsOf(file));
  if (seconds.retention < longest) {
    const windows = windowNames(file);
    complain(
      ["seconds", "retention"],
      `must last as long as the longest round, ${longest}: ${windows.join(", ")} and ${MOST_HELD} times disclose (${disclose})`,
      { fault: "retentionTooShort", longest, windows, held: MOST_HELD, disclose },
    );
  }
  const gasPrice = stake.gasPrice ?? DEFAULT_GAS_PRICE;
  const challengeGasPrice = parseUnits(gasPrice);
  if (challengeGasPrice > MAX_GAS_PRICE) {
    const most = formatUnits(MAX_GAS_PRICE);
    complain(["stake", "gasPrice"], `must be at most ${most}`, { fault: "gasPriceTooHigh", most });
    return;
  }
  const proof = dearestProofOf(file);
  if (proof.maxTrainers !== trainers.max) return; // refused with the cohorts (refinePrivacy)
  const tooDear = proofTooDear(proof);
  if (tooDear !== undefined) complain(["trainers", "min"], tooDear.message, tooDear.fault);
  const leastFine = leastFraudFine({ ...proof, challengeGasPrice });
  if ((fraudFine ?? 0n) < leastFine) {
    const least = formatUnits(leastFine);
    complain(
      ["stake", "fraudFine"],
      `must be at least ${least}: two fifths of it go to whoever proves the fraud, and pay twice the gas ` +
        `of the dearest proof at a gasPrice of ${gasPrice}`,
      { fault: "fraudFineTooSmall", least, gasPrice },
    );
  }
}

/** With as many seats in each cohort. */
function dearestProofOf(file: TaskFile): DearestProof {
  const { architecture, trainers } = file;
  const { privacy, cohorts: count } = privacyNumbers(file);
  const { serverRule, trim } = strategyNumbers(file);
  return {
    ...{ parameters: parameterCount(architecture), serverRule, privacy, cohorts: count, trim },
    ...{ minTrainers: trainers.min, maxTrainers: Math.floor(seatsTogether(file)) * Math.max(1, count) },
  };
}

/** The noise has room in the lanes. */
function refineNoise(file: TaskFile, context: z.RefinementCtx): void {
  const { differentialPrivacy, architecture, fixedPoint, trainers, weight } = file;
  if (differentialPrivacy === undefined || !hasLanes(fixedPoint)) return;
  const maxWeight = weight.maxUnits;
  const { serverRule, ...numbers } = strategyNumbers(file);
  const { privacy } = privacyNumbers(file);
  const minSummed = noisesSummed({ ...numbers, privacy, minTrainers: trainers.min });
  try {
    noisePlan(differentialPrivacy, {
      ...fixedPoint,
      ...{ parameters: parameterCount(architecture), minSummed, maxTrainers: trainers.max },
      ...{ maxWeight, mostWeight: laneWeight({ serverRule }, maxWeight) },
    });
  } catch (error) {
    if (!(error instanceof NoiseDoesNotFit)) throw error;
    complainTo(context)(["differentialPrivacy"], error.message, error.fault);
  }
}

/** A fixed point without lanes is refused with the rules (laneBound). */
function hasLanes({ fractionBits, clip }: TaskFile["fixedPoint"]): boolean {
  const bound = clip * 2 ** fractionBits;
  return bound >= 0.5 && bound < 2 ** 31;
}

function windowsOf(file: TaskFile) {
  const { enter, commit, reveal, attest, propose, challenge, disclose } = file.seconds;
  return {
    ...privacyNumbers(file),
    enterSeconds: enter,
    commitSeconds: commit,
    revealSeconds: reveal,
    attestSeconds: attest,
    proposeSeconds: propose,
    challengeSeconds: challenge,
    discloseSeconds: disclose ?? DEFAULT_DISCLOSE,
  };
}

/** What a round's longest time is made of, besides what holds it up. */
function windowNames({ privacy }: TaskFile): readonly WindowName[] {
  return privacy === "masked"
    ? ["enter", "share", "commit", "attest", "reveal", "recover", "propose", "challenge", "blame"]
    : ["enter", "commit", "reveal", "attest", "propose", "challenge"];
}

/** The file does not describe a task that could open. */
export class UnusableTaskFile extends Error {
  override readonly name = "UnusableTaskFile";
  /** Absent where it has many, each named in the message. */
  readonly fault: TaskFault | undefined;

  constructor(message: string, fault?: TaskFault) {
    super(message);
    this.fault = fault;
  }
}

/** @throws UnusableTaskFile naming every field that is wrong. */
export function parseTaskFile(value: unknown): TaskFile {
  const result = taskFileSchema.safeParse(value);
  if (result.success) return result.data;
  throw new UnusableTaskFile(`This is no task file:\n${z.prettifyError(result.error)}`);
}

export function manifestOf(file: TaskFile): Manifest {
  const { title, architecture, data, training, strategy, freeze, stop, compression, differentialPrivacy } = file;
  return {
    ...{ version: 1, title, architecture, data, training },
    ...(strategy === undefined ? {} : { strategy }),
    ...(freeze === undefined ? {} : { freeze }),
    ...(stop === undefined ? {} : { stop }),
    ...(compression === undefined ? {} : { compression }),
    ...(differentialPrivacy === undefined ? {} : { differentialPrivacy }),
  };
}

/**
 * The rules as the contract takes them.
 * @throws UnusableTaskFile if an amount has more digits than its token, SumCouldOverflowError with numbers that would
 * fit, UnusableFixedPoint if the fixed point has no lanes.
 */
export function rulesOf(
  file: TaskFile,
  sponsor: string,
  tokensUsed: { stakeToken: string; stakeDecimals: number; rewardDecimals: number },
): TaskRules {
  const { fixedPoint, trainers, weight, stake, rewards } = file;
  const { cohorts: count } = privacyNumbers(file);
  const strategy = strategyNumbers(file);
  // What is left of ranked updates has no larger sum than all of them.
  const trim = count === 0 ? 0 : strategy.trim;
  checkNoOverflow({ maxTrainers: trainers.max, cohorts: count, trim, maxWeight: weight.maxUnits, ...fixedPoint });
  const staked = (field: keyof TaskFile["stake"]) =>
    amountOf(`stake.${field}`, stake[field] ?? DEFAULT_GAS_PRICE, tokensUsed.stakeDecimals);
  const rewarded = (field: keyof TaskFile["rewards"]) =>
    amountOf(`rewards.${field}`, rewards[field] ?? "0", tokensUsed.rewardDecimals);
  return {
    sponsor,
    rewardToken: getAddress((file.rewardToken ?? tokensUsed.stakeToken).toLowerCase()),
    parameters: parameterCount(file.architecture),
    fractionBits: fixedPoint.fractionBits,
    bound: laneBound(fixedPoint),
    minTrainers: trainers.min,
    maxTrainers: trainers.max,
    maxWeight: weight.maxUnits,
    weightUnit: weight.unitSamples,
    rounds: file.rounds,
    ...windowsOf(file),
    ...strategy,
    graceSeconds: file.seconds.grace,
    retentionSeconds: file.seconds.retention,
    minStake: staked("min"),
    missFine: staked("missFine"),
    fraudFine: staked("fraudFine"),
    challengeGasPrice: staked("gasPrice"),
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
  throw new UnusableTaskFile(`${field} is ${amount}, but its token has only ${decimals} digits after the point.`, {
    fault: "tooManyDigits",
    field,
    amount,
    decimals,
  });
}
