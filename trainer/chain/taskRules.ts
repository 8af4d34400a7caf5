/** A task's rules and genesis as plain values, with what a bot derives from them before it trusts or allocates. */
import { HASH_BYTES, chunkDepth, openingBytes } from "../protocol/chunkShape.ts";
import { SERVER_RULES, momentCount } from "../protocol/serverStep.ts";
import type { ServerRule, StepRule } from "../protocol/serverStep.ts";
import type { TrainingTask } from "./contracts.ts";

/** In the order of ITrainingTask.PrivacyMode. */
export const PRIVACY_MODES = ["sealed", "masked"] as const;
export type PrivacyMode = (typeof PRIVACY_MODES)[number];

/** ITrainingTask.TaskConfig; money as bigint in the smallest unit, times in seconds. */
export interface TaskRules {
  readonly sponsor: string;
  readonly rewardToken: string;
  readonly privacy: PrivacyMode;
  readonly serverRule: ServerRule;
  /** FedAvgM and the adaptive rules: the server's learning rate in units of 2^-16; like all that a rule does not use, otherwise 0. */
  readonly serverRate: number;
  /** The same: what is kept of the first moment each round, in units of 2^-16. */
  readonly momentum: number;
  /** FedAdam, FedYogi: what is kept of the second moment each round, in units of 2^-16. */
  readonly secondMomentum: number;
  /** FedAdam, FedYogi, FedAdagrad: tau in lanes. */
  readonly adaptivity: number;
  readonly parameters: number;
  readonly fractionBits: number;
  readonly bound: number;
  /** Masked: in each cohort. */
  readonly minTrainers: number;
  /** The fewest updates that a round's sum may hold once attesting is over; masked: minTrainers. */
  readonly minSummed: number;
  /** Masked: in all cohorts together. */
  readonly maxTrainers: number;
  /** Masked: how many shares rebuild a secret, and how many agree on the set of updates; sealed: 0. */
  readonly shareThreshold: number;
  /** Masked: the most in a round; sealed: 0. */
  readonly cohorts: number;
  /** How many updates are left out at either end, lane by lane, of Uniform; masked: how many cohorts' means; or 0. */
  readonly trim: number;
  readonly maxWeight: number;
  readonly weightUnit: number;
  readonly rounds: number;
  readonly enterSeconds: number;
  /** Masked; sealed: 0. */
  readonly shareSeconds: number;
  readonly commitSeconds: number;
  readonly revealSeconds: number;
  /** Masked: to rebuild the seeds of those who did not reveal; sealed: 0. */
  readonly recoverSeconds: number;
  /** Sealed: to say whose update is missing; masked: to agree on the set of updates. */
  readonly attestSeconds: number;
  readonly graceSeconds: number;
  readonly proposeSeconds: number;
  readonly challengeSeconds: number;
  /** To show a chunk that was asked for, and as long again to use it. */
  readonly discloseSeconds: number;
  /** Masked: to find out who spoilt a sum; sealed: 0. */
  readonly blameSeconds: number;
  readonly retentionSeconds: number;
  readonly minStake: bigint;
  readonly missFine: bigint;
  readonly fraudFine: bigint;
  /** Of the staked token per gas: at it a challenger's share of the fraudFine pays the dearest proof's gas twice. */
  readonly challengeGasPrice: bigint;
  readonly dataPot: bigint;
  readonly maxDataRate: bigint;
  readonly computePot: bigint;
  readonly aggregatorPay: bigint;
  readonly advanceTip: bigint;
}

export interface Genesis {
  readonly modelRoot: string;
  readonly modelId: `0x${string}`;
  readonly manifestId: `0x${string}`;
}

type RawConfig = Awaited<ReturnType<TrainingTask["config"]>>;

/** The rules as the chain has them. Throws if the task uses a mode that this version does not know. */
export function toTaskRules(config: RawConfig): TaskRules {
  const privacy = PRIVACY_MODES[Number(config.privacy)];
  const serverRule = SERVER_RULES[Number(config.serverRule)];
  if (privacy === undefined || serverRule === undefined) {
    throw new Error("The task uses a privacy mode or server rule that this version does not know. Update Foedus.");
  }
  return {
    sponsor: config.sponsor,
    rewardToken: config.rewardToken,
    privacy,
    serverRule,
    serverRate: Number(config.serverRate),
    momentum: Number(config.momentum),
    secondMomentum: Number(config.secondMomentum),
    adaptivity: Number(config.adaptivity),
    parameters: Number(config.parameters),
    fractionBits: Number(config.fractionBits),
    bound: Number(config.bound),
    minTrainers: Number(config.minTrainers),
    minSummed: Number(config.minSummed),
    maxTrainers: Number(config.maxTrainers),
    shareThreshold: Number(config.shareThreshold),
    cohorts: Number(config.cohorts),
    trim: Number(config.trim),
    maxWeight: Number(config.maxWeight),
    weightUnit: Number(config.weightUnit),
    rounds: Number(config.rounds),
    enterSeconds: Number(config.enterSeconds),
    shareSeconds: Number(config.shareSeconds),
    commitSeconds: Number(config.commitSeconds),
    revealSeconds: Number(config.revealSeconds),
    recoverSeconds: Number(config.recoverSeconds),
    attestSeconds: Number(config.attestSeconds),
    graceSeconds: Number(config.graceSeconds),
    proposeSeconds: Number(config.proposeSeconds),
    challengeSeconds: Number(config.challengeSeconds),
    discloseSeconds: Number(config.discloseSeconds),
    blameSeconds: Number(config.blameSeconds),
    retentionSeconds: Number(config.retentionSeconds),
    minStake: config.minStake,
    missFine: config.missFine,
    fraudFine: config.fraudFine,
    challengeGasPrice: config.challengeGasPrice,
    dataPot: config.dataPot,
    maxDataRate: config.maxDataRate,
    computePot: config.computePot,
    aggregatorPay: config.aggregatorPay,
    advanceTip: config.advanceTip,
  };
}

/** The rules as the contract takes them. */
export function fromTaskRules(rules: TaskRules) {
  return {
    ...rules,
    privacy: PRIVACY_MODES.indexOf(rules.privacy),
    serverRule: SERVER_RULES.indexOf(rules.serverRule),
  };
}

/** How the server steps by these rules. */
export function stepRuleOf(rules: TaskRules): StepRule {
  return { ...rules, rule: rules.serverRule };
}

/** The units of data that a trainer with this many samples declares; 0 if it has too few for one. */
export function weightOfSamples(rules: TaskRules, samples: number): number {
  return Math.min(rules.maxWeight, Math.floor(samples / rules.weightUnit));
}

/** What a lane of an update is multiplied by, and the bound on it with it: nothing where every trainer counts the same. */
export function laneWeight({ serverRule }: Pick<TaskRules, "serverRule">, weight: number): number {
  return serverRule === "Uniform" ? 1 : weight;
}

/** A proposal is held open for at most so many times `discloseSeconds`. */
export const MOST_HELD = 32;
/** Of a masked task: everybody shares with everybody. */
export const MAX_COHORT = 32;
export const MAX_COHORTS = 8;
/** Of a masked task: a sum of two shows each of them the other. */
export const MIN_COHORT = 3;
// What a claim and a proof cost at most: any, each update in a sum, each vector that is stepped, each byte of openings.
const CHALLENGE_GAS = 190_000;
const SEAT_GAS = 7_000;
const VECTOR_GAS = 35_000;
const GAS_PER_BYTE = 33;
// Masked: each cohort, each of the task's seats that it is looked for at, each member and each byte of its opening, each seat
// that has vanished, and each mask between two such.
const COHORT_GAS = 20_000;
const SCAN_GAS = 400;
const MEMBER_GAS = 23_500;
const MEMBER_GAS_PER_BYTE = 23;
const KEY_GAS = 16_000;
const EDGE_GAS = 15_000;
// Where updates or means of cohorts are ranked: each of them, and each pair.
const RANK_GAS = 24_000;
const PAIR_GAS = 1_450;
/** What a transaction may take (EIP-7825). */
export const MAX_PROOF_GAS = 2 ** 24;

const WINDOWS = [
  "enterSeconds",
  "shareSeconds",
  "commitSeconds",
  "revealSeconds",
  "recoverSeconds",
  "attestSeconds",
  "proposeSeconds",
  "challengeSeconds",
  "blameSeconds",
] as const satisfies readonly (keyof TaskRules)[];

/** The longest a round can take, in seconds, while nobody overturns a proposal: what retention must cover. */
export function longestRound(rules: Pick<TaskRules, (typeof WINDOWS)[number] | "discloseSeconds">): number {
  return WINDOWS.reduce((sum, window) => sum + rules[window], MOST_HELD * rules.discloseSeconds);
}

/** No more gas than this takes a claim and the dearest proof that the rules allow (TaskRules.sol says the same). */
export function challengeGas(rules: DearestProof): number {
  const { parameters, maxTrainers, serverRule, privacy, cohorts, trim } = rules;
  const opening = openingBytes(chunkDepth(parameters));
  const vectors = 1 + momentCount(serverRule);
  const sealed = maxTrainers * (SEAT_GAS + GAS_PER_BYTE * (opening + HASH_BYTES));
  const ranked = trim === 0 ? 0 : privacy === "masked" ? cohorts : maxTrainers;
  const updates = privacy === "masked" ? unmaskingGas(rules, opening) : sealed;
  const sum = updates + ranked * (RANK_GAS + ranked * PAIR_GAS) + GAS_PER_BYTE * opening;
  const step = vectors * VECTOR_GAS + GAS_PER_BYTE * (1 + 2 * vectors) * opening;
  return CHALLENGE_GAS + Math.max(sum, step);
}

/**
 * What a proof pays for masked updates: the fewer members, the more masks between them and the others remain. As more than
 * half of a cohort's seats are members, the fewest are the dearest.
 */
function unmaskingGas({ minTrainers, maxTrainers, cohorts }: DearestProof, opening: number): number {
  const dropped = maxTrainers / cohorts - minTrainers;
  const members = minTrainers * (MEMBER_GAS + MEMBER_GAS_PER_BYTE * opening);
  const cohort = members + dropped * (KEY_GAS + minTrainers * EDGE_GAS);
  return cohorts * (COHORT_GAS + maxTrainers * SCAN_GAS + cohort);
}

/** The rules that decide how dear a proof can be. */
export type DearestProof = Pick<
  TaskRules,
  "parameters" | "minTrainers" | "maxTrainers" | "cohorts" | "trim" | "serverRule" | "privacy"
>;

/** The least fraudFine, in wei of the staked token, of which two fifths pay a challenge's gas twice. */
export function leastFraudFine(rules: DearestProof & Pick<TaskRules, "challengeGasPrice">): bigint {
  return 5n * BigInt(challengeGas(rules)) * rules.challengeGasPrice;
}

/** The share threshold of a masked task with so many seats in a cohort, where its sponsor does not say: two thirds of them. */
export function usualShareThreshold(seats: number): number {
  return Math.ceil((2 * seats) / 3);
}
