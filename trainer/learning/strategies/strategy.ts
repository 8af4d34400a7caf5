/**
 * What a strategy of federated learning is made of. The protocol sums integer vectors and steps the model by a rule of
 * the server, and both are provable; a strategy says what is done around that: how a trainer trains (local), which
 * updates count where they can be read (select), and by which rule the model is stepped (server).
 *
 * A strategy is one file with `defineStrategy` and one line in registry.ts. docs/strategies.md shows how to add one.
 */
import { z } from "zod";
import type { Fault } from "../../protocol/fault.ts";
import type { ServerRule } from "../../protocol/serverStep.ts";
import type { Compression, UnfitCompression } from "../compression/compression.ts";
import type { GradientCorrection } from "../correction.ts";
import type { TrainingSettings } from "../trainingSettings.ts";

export interface Strategy {
  /** As a task file has it. */
  readonly name: string;
  readonly paper: Paper;
  readonly needs: Needs;
  /** Every setting has a default or is required, and bounds. */
  readonly settings: z.ZodObject;
  /**
   * What the strategy does in a task.
   * @throws UnsuitableStrategy if the settings are wrong, or the task is none that it can work in.
   */
  plan(settings: unknown, task: FederatedTask): Plan;
}

export interface Paper {
  readonly authors: string;
  readonly year: number;
  readonly url: string;
}

/**
 * What must be readable: only the sum of the updates; the parts of it that are compared lane by lane (updates, or the means of
 * several cohorts); or every single update.
 */
export type Needs = "sum" | "means" | "updates";

/** What a strategy is told of the task. */
export interface FederatedTask {
  readonly training: TrainingSettings;
  /** The fewest and most updates in a round; of cohorts' means, where those are compared. */
  readonly trainers: { readonly min: number; readonly max: number };
  /** A lane has so many binary digits after the point. */
  readonly fractionBits: number;
}

export interface Plan {
  /** Plain training as the task's settings say, unless given. */
  readonly local?: LocalRule;
  /** Every update counts, unless given. */
  readonly select?: Selection;
  /** The fewest updates that the selection leaves in a round; as many as a round needs, unless given. */
  readonly leaves?: number;
  readonly server: ServerPlan;
  /** Trainers train at their own pace instead of in rounds, and enter one with a finished update. */
  readonly ownPace?: OwnPace;
  /** Undefined if updates compressed like this are of use to it. */
  refuses?(compression: Compression): UnfitCompression | undefined;
  /** Why updates with the noise of differential privacy on them are of no use to it; unless given, they are. */
  readonly unfitNoise?: { readonly message: string; readonly fault: Fault<UnsuitableFaults> };
}

/** What a trainer does otherwise than plain training. All of it is deterministic. */
export interface LocalRule {
  /** Instead of the task's own. */
  readonly training?: TrainingSettings;
  /** Every step is on all rows instead of a batch of them. */
  readonly wholeBatch?: boolean;
  /** How many steps a trainer takes who declared so many rows; as many as its epochs have, unless given. */
  steps?(declaredRows: number): number;
  /**
   * What is done to each batch's gradient before the step, in a run that starts from these weights. An affine one
   * (`affineCorrection`) costs a GPU next to nothing; for any other the gradient is fetched from it and sent back.
   */
  correct?(start: Float32Array, memory: Memory): GradientCorrection;
  /** What the delta is multiplied by once the round's trainers are known, before it is clipped and quantised. */
  scale?(delta: Float32Array, round: SeatedRound): number;
  /** `memory.shared` after a final round: the same for everybody who followed the same rounds. */
  follow?(shared: Vectors, round: FinishedRound): Vectors;
  /**
   * `memory.own` after a final round in which the own update counted.
   * @param memory As it was in that training. @param delta What came out of it, before it was scaled.
   */
  keep?(memory: Memory, delta: Float32Array): Vectors;
}

/** Vectors by name: what is written to disk as it is, since a trainer may be killed at any time. */
export type Vectors = Readonly<Record<string, Float32Array>>;

/** What a trainer remembers of earlier rounds. */
export interface Memory {
  /** Follows from the global models alone. */
  readonly shared: Vectors;
  /** Follows from its own updates, too. */
  readonly own: Vectors;
}

export const NO_MEMORY: Memory = { shared: {}, own: {} };

/** A round whose trainers are known. */
export interface SeatedRound {
  /** What each seat declared, in rows. */
  readonly declaredRows: readonly number[];
  /** The own seat. */
  readonly seat: number;
  /** How many final rounds older than this round's model the one is that it trained on; 0 where rounds wait for it. */
  readonly staleness: number;
}

/** A final round: the model before and after it, and how many updates were in the sum. */
export interface FinishedRound {
  readonly from: Float32Array;
  readonly to: Float32Array;
  readonly updates: number;
}

/** An update that can be read: its lanes, not multiplied by a weight. */
export interface ReadableUpdate {
  readonly seat: number;
  /** Who sent it, however trainers are named. */
  readonly trainer: string;
  readonly lanes: Int32Array;
}

/**
 * The seats whose updates count, in ascending order. The same on every machine for the same updates: integers are compared
 * exactly, and of two equal ones the lower seat comes first.
 * @throws RangeError if lengths differ, or the signal's reason.
 */
export type Selection = (updates: readonly ReadableUpdate[], signal?: AbortSignal) => Promise<number[]>;

/** The server's rule, and the numbers it uses in real units, named as in a task file. */
export interface ServerPlan {
  /** FedAvg and Uniform add the mean of the updates, by declared rows or not; the last three are adaptive. */
  readonly rule: ServerRule;
  /** FedAvgM and the adaptive ones: the server's learning rate. */
  readonly rate?: number;
  /** FedAvgM and the adaptive ones: what is kept of the first moment each round. */
  readonly momentum?: number;
  /** FedAdam, FedYogi: what is kept of the second moment each round. */
  readonly secondMomentum?: number;
  /** The adaptive ones: tau, in units of the model. */
  readonly adaptivity?: number;
  /** How many updates (or cohorts' means) are left out at either end of every lane; none, unless given. */
  readonly trim?: number;
}

export interface OwnPace {
  /** An update on a model that is more final rounds old is not sent. */
  readonly mostStaleness: number;
}

export interface UnsuitableFaults {
  unknownStrategy: { names: readonly string[] };
  /** `problems` in English, a line each. */
  wrongSettings: { strategy: string; problems: string };
  needsOtherSteps: { strategy: string; optimizer: string; schedule: string; optimizers: readonly string[] };
  toldOfTooFew: { trainers: number; max: number };
  tooFewForLiars: { strategy: string; liars: number; needed: number; min: number };
  nothingLeft: { trim: number; min: number; needed: number };
  keepsTooMany: { keep: number; honest: number; min: number };
  clipsNoisy: object;
}

/** A strategy cannot work with these settings or in this task; the message says what to change. */
export class UnsuitableStrategy extends Error {
  override readonly name = "UnsuitableStrategy";
  readonly fault: Fault<UnsuitableFaults> | UnfitCompression["fault"];

  constructor(message: string, fault: UnsuitableStrategy["fault"]) {
    super(message);
    this.fault = fault;
  }
}

export interface StrategyDefinition<Settings extends z.ZodObject> extends Omit<Strategy, "settings" | "plan"> {
  readonly settings: Settings;
  /** Gets settings that are as the schema has them. */
  plan(settings: z.output<Settings>, task: FederatedTask): Plan;
}

export function defineStrategy<Settings extends z.ZodObject>(definition: StrategyDefinition<Settings>): Strategy {
  return {
    ...definition,
    plan(settings, task) {
      const parsed = definition.settings.safeParse(settings);
      if (parsed.success) return definition.plan(parsed.data, task);
      const problems = z.prettifyError(parsed.error);
      throw new UnsuitableStrategy(`Settings of ${definition.name}:\n${problems}`, {
        fault: "wrongSettings",
        strategy: definition.name,
        problems,
      });
    },
  };
}
