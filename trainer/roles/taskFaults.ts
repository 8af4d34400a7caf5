/** What can be wrong with a task file besides the shape of its single fields: names and numbers, for languages that say it. */
import type { z } from "zod";
import type { NetworkFaults } from "../learning/architecture.ts";
import type { CompressionFaults } from "../learning/compression/compression.ts";
import type { ColumnFaults } from "../learning/datasets/columns.ts";
import type { TableFaults } from "../learning/datasets/csvSchema.ts";
import type { FolderFaults } from "../learning/datasets/imageFolderSchema.ts";
import type { UnsuitableFaults } from "../learning/strategies/strategy.ts";
import type { NoiseFaults } from "../privacy/differentialPrivacy.ts";
import type { Fault } from "../protocol/fault.ts";
import type { OverflowFaults } from "../protocol/overflow.ts";
import type { FixedPointFaults } from "../protocol/quantise.ts";

export type WindowName =
  "enter" | "share" | "commit" | "attest" | "reveal" | "recover" | "propose" | "challenge" | "blame";

/** How the fields of a task file go together. */
interface RuleFaults {
  noAmount: object;
  noAddress: object;
  tooManyDigits: { field: string; amount: string; decimals: number };
  minAboveSeats: { seats: number; isOfCohort: boolean };
  graceTooLong: { propose: number };
  stakeTooSmall: { needed: string };
  retentionTooShort: { longest: number; windows: readonly WindowName[]; held: number; disclose: number };
  gasPriceTooHigh: { most: string };
  fraudFineTooSmall: { least: string; gasPrice: string };
}

interface PrivacyFaults {
  onlyMasked: object;
  seatsOutOfRange: { least: number; most: number; cohorts: number; fewestSeats: number; mostSeats: number };
  seatsUneven: { cohorts: number; fewer: number; more: number };
  thresholdOutOfRange: { majority: number; seats: number; cohorts: number };
  tooFewMasked: { least: number };
  /** `lower`: a threshold that would do. */
  belowThreshold: { threshold: number; lower: number | undefined };
  proofTooDear: { min: number; fewer: number; seats: number; gas: number | bigint; mostGas: number | bigint };
  trimUnused: object;
  tooFewCohorts: { least: number };
  trimOutOfRange: { most: number; cohorts: number };
}

/** Network, data and training. */
interface FitFaults {
  featuresDiffer: { inputs: number; features: number };
  needsRegression: object;
  /** `classes`: of the network, if it has them; `ofData`: 0 if they have a number. */
  classesDiffer: { classes: number | undefined; ofData: number };
  freezesWrongLayers: { layers: number };
  onlyForClasses: object;
}

interface StrategyFaults {
  rateOutOfRange: { least: number; most: number };
  adaptivityOutOfRange: { least: number; most: number; fractionBits: number };
  needsSingleUpdates: { strategy: string };
  needsCohorts: { strategy: string };
  comparedTwice: { strategy: string; rule: string };
  followsMean: { strategy: string; rule: string };
  maskedCompression: object;
  noisyCompression: object;
}

export interface TaskFaults
  extends
    RuleFaults,
    PrivacyFaults,
    FitFaults,
    StrategyFaults,
    NetworkFaults,
    ColumnFaults,
    TableFaults,
    FolderFaults,
    CompressionFaults,
    UnsuitableFaults,
    NoiseFaults,
    OverflowFaults,
    FixedPointFaults {}

export type FaultName = keyof TaskFaults;
export type TaskFault<N extends FaultName = FaultName> = Fault<TaskFaults, N>;

/** A fault with its sentence. */
export interface Complaint {
  readonly message: string;
  readonly fault: TaskFault;
}

/** How a refinement says what is wrong where. */
export function complainTo(
  context: z.RefinementCtx,
): (path: readonly string[], message: string, fault: TaskFault) => void {
  return (path, message, fault) => context.addIssue({ code: "custom", path: [...path], message, params: fault });
}

/** The fault of an issue that a task file's schema found; undefined of those that zod says itself. */
export function faultOfIssue(issue: z.core.$ZodIssue): TaskFault | undefined {
  if (issue.code !== "custom" || issue.params?.["fault"] === undefined) return undefined;
  return issue.params as TaskFault; // all that have one are typed where they are written
}
