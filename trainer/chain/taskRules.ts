/** A task's rules and genesis as plain values, with what a bot derives from them before it trusts or allocates. */
import type { TrainingTask } from "./contracts.ts";

export const PRIVACY_MODES = ["sealed"] as const;
export type PrivacyMode = (typeof PRIVACY_MODES)[number];
export const SERVER_RULES = ["FedAvg"] as const;
export type ServerRule = (typeof SERVER_RULES)[number];

/** ITrainingTask.TaskConfig; money as bigint in the smallest unit, times in seconds. */
export interface TaskRules {
  readonly sponsor: string;
  readonly rewardToken: string;
  readonly privacy: PrivacyMode;
  readonly serverRule: ServerRule;
  readonly parameters: number;
  readonly fractionBits: number;
  readonly bound: number;
  readonly minTrainers: number;
  readonly maxTrainers: number;
  readonly maxWeight: number;
  readonly weightUnit: number;
  readonly rounds: number;
  readonly enterSeconds: number;
  readonly commitSeconds: number;
  readonly revealSeconds: number;
  readonly attestSeconds: number;
  readonly graceSeconds: number;
  readonly proposeSeconds: number;
  readonly challengeSeconds: number;
  readonly retentionSeconds: number;
  readonly minStake: bigint;
  readonly missFine: bigint;
  readonly fraudFine: bigint;
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
    parameters: Number(config.parameters),
    fractionBits: Number(config.fractionBits),
    bound: Number(config.bound),
    minTrainers: Number(config.minTrainers),
    maxTrainers: Number(config.maxTrainers),
    maxWeight: Number(config.maxWeight),
    weightUnit: Number(config.weightUnit),
    rounds: Number(config.rounds),
    enterSeconds: Number(config.enterSeconds),
    commitSeconds: Number(config.commitSeconds),
    revealSeconds: Number(config.revealSeconds),
    attestSeconds: Number(config.attestSeconds),
    graceSeconds: Number(config.graceSeconds),
    proposeSeconds: Number(config.proposeSeconds),
    challengeSeconds: Number(config.challengeSeconds),
    retentionSeconds: Number(config.retentionSeconds),
    minStake: config.minStake,
    missFine: config.missFine,
    fraudFine: config.fraudFine,
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

/** The units of data that a trainer with this many samples declares; 0 if it has too few for one. */
export function weightOfSamples(rules: TaskRules, samples: number): number {
  return Math.min(rules.maxWeight, Math.floor(samples / rules.weightUnit));
}
