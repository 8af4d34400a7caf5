/** The events of a task as plain values: numbers where they are small, bigint for money, hex for bytes. */
import type { LogDescription } from "ethers";
import { PHASES } from "../protocol/roundClock.ts";
import type { Phase } from "../protocol/roundClock.ts";

/** Why a proposal was overturned, in the order of ITrainingTask.Fault. */
export const FAULTS = ["WrongSum", "WrongStep", "Undisclosed", "Withheld", "SetChanged"] as const;
export type Fault = (typeof FAULTS)[number];

export type TaskEvent = {
  readonly time: number;
  readonly block: number;
  readonly transaction: string;
} & TaskEventValues;

export type TaskEventValues = MaskedEventValues | CommonEventValues;

/** Of masked rounds. Sets of seats have bit s set for seat s. */
export type MaskedEventValues =
  | { readonly name: "CohortsDrawn"; readonly round: number; readonly rosters: readonly bigint[] }
  | {
      readonly name: "KeyShared";
      readonly round: number;
      readonly seat: number;
      readonly keyAddress: string;
      readonly maskHash: string;
      readonly sharesHash: string;
      readonly sharesId: `0x${string}`;
      readonly r: string;
      readonly vs: string;
    }
  | {
      readonly name: "MaskedCommitted";
      readonly round: number;
      readonly seat: number;
      readonly root: string;
      readonly contentId: `0x${string}`;
    }
  | {
      readonly name: "SetAgreed";
      readonly round: number;
      readonly seat: number;
      readonly members: bigint;
      readonly cohortView: string;
      readonly signature: string;
    }
  | { readonly name: "SetFixed"; readonly round: number; readonly members: bigint; readonly cohortView: string }
  | {
      readonly name: "SeedRevealed";
      readonly round: number;
      readonly seat: number;
      readonly seed: string;
      readonly keyShares: readonly string[];
      readonly drawn: number;
    }
  | { readonly name: "KeyRebuilt"; readonly round: number; readonly seat: number; readonly key: string }
  | {
      readonly name: "SharesGiven";
      readonly round: number;
      readonly seat: number;
      readonly owners: bigint;
      readonly seedShares: readonly string[];
    }
  | { readonly name: "SeedRebuilt"; readonly round: number; readonly seat: number; readonly seed: string }
  | { readonly name: "SumBlamed"; readonly round: number; readonly cohort: number; readonly endsAt: number }
  | {
      readonly name: "SeatConvicted";
      readonly round: number;
      readonly seat: number;
      readonly fine: bigint;
      readonly challenger: string;
    };

type CommonEventValues =
  | { readonly name: "RoundOpened"; readonly round: number; readonly enteringEndsAt: number }
  | {
      readonly name: "TrainerEntered";
      readonly round: number;
      readonly seat: number;
      readonly trainer: string;
      readonly weight: number;
    }
  | { readonly name: "UpdateCommitted"; readonly round: number; readonly seat: number; readonly commitment: string }
  | {
      readonly name: "UpdateRevealed";
      readonly round: number;
      readonly seat: number;
      readonly root: string;
      readonly contentKeyHash: string;
      readonly contentId: `0x${string}`;
      readonly drawn: number;
    }
  | { readonly name: "SeatsAttested"; readonly round: number; readonly seat: number; readonly missing: bigint }
  | { readonly name: "SeatStruck"; readonly round: number; readonly seat: number }
  | { readonly name: "TurnMissed"; readonly round: number; readonly seat: number }
  | {
      readonly name: "ModelProposed";
      readonly round: number;
      readonly seat: number;
      readonly sumRoot: string;
      readonly modelRoot: string;
      readonly sumId: `0x${string}`;
      readonly modelId: `0x${string}`;
    }
  | { readonly name: "ModelMissed"; readonly round: number; readonly seat: number }
  | {
      readonly name: "ProposalOverturned";
      readonly round: number;
      readonly seat: number;
      readonly fault: Fault;
      readonly fine: bigint;
      readonly challenger: string;
    }
  | { readonly name: "ProposalHeld"; readonly round: number; readonly endsAt: number }
  | {
      readonly name: "SeatExpelled";
      readonly round: number;
      readonly seat: number;
      readonly fine: bigint;
      readonly challenger: string;
    }
  | {
      readonly name: "RoundFinalised";
      readonly round: number;
      readonly dataRate: bigint;
      readonly computeShare: bigint;
      readonly advancer: string;
    }
  | { readonly name: "RoundVoided"; readonly round: number; readonly endedIn: Phase }
  | {
      readonly name: "SeatFined";
      readonly round: number;
      readonly seat: number;
      readonly trainer: string;
      readonly fine: bigint;
    }
  | {
      readonly name: "RewardClaimed";
      readonly trainer: string;
      readonly recipient: string;
      readonly amount: bigint;
      readonly relayerFee: bigint;
    }
  | { readonly name: "CancelRequested" }
  | { readonly name: "TaskClosed"; readonly completed: number }
  | { readonly name: "BudgetRefunded"; readonly amount: bigint };

type Reader<K> = (args: Record<string, unknown>) => Omit<Extract<TaskEventValues, { name: K }>, "name">;

const text = (value: unknown) => String(value);
const hex = (value: unknown) => String(value) as `0x${string}`;
const money = (value: unknown) => BigInt(value as bigint);
const set = money;
const texts = (values: unknown) => Array.from(values as Iterable<unknown>, text);

const READERS: { readonly [K in TaskEventValues["name"]]: Reader<K> } = {
  RoundOpened: (a) => ({ round: Number(a["round"]), enteringEndsAt: Number(a["enteringEndsAt"]) }),
  TrainerEntered: (a) => ({ ...seatOf(a), trainer: text(a["trainer"]), weight: Number(a["weight"]) }),
  UpdateCommitted: (a) => ({ ...seatOf(a), commitment: text(a["commitment"]) }),
  UpdateRevealed: (a) => ({
    ...seatOf(a),
    root: text(a["root"]),
    contentKeyHash: text(a["contentKeyHash"]),
    contentId: hex(a["contentId"]),
    drawn: Number(a["drawn"]),
  }),
  SeatsAttested: (a) => ({ ...seatOf(a), missing: set(a["missing"]) }),
  SeatStruck: seatOf,
  TurnMissed: seatOf,
  ModelProposed: (a) => ({
    ...seatOf(a),
    sumRoot: text(a["sumRoot"]),
    modelRoot: text(a["modelRoot"]),
    sumId: hex(a["sumId"]),
    modelId: hex(a["modelId"]),
  }),
  ModelMissed: seatOf,
  ProposalOverturned: (a) => ({ ...seatOf(a), fault: faultOf(a), ...convictionOf(a) }),
  ProposalHeld: (a) => ({ round: Number(a["round"]), endsAt: Number(a["endsAt"]) }),
  SeatExpelled: (a) => ({ ...seatOf(a), ...convictionOf(a) }),
  RoundFinalised: (a) => ({
    round: Number(a["round"]),
    dataRate: money(a["dataRate"]),
    computeShare: money(a["computeShare"]),
    advancer: text(a["advancer"]),
  }),
  RoundVoided: (a) => ({ round: Number(a["round"]), endedIn: PHASES[Number(a["endedIn"])] ?? "Void" }),
  SeatFined: (a) => ({ ...seatOf(a), trainer: text(a["trainer"]), fine: money(a["fine"]) }),
  RewardClaimed: (a) => ({
    trainer: text(a["trainer"]),
    recipient: text(a["recipient"]),
    amount: money(a["amount"]),
    relayerFee: money(a["relayerFee"]),
  }),
  CohortsDrawn: (a) => ({ round: Number(a["round"]), rosters: Array.from(a["rosters"] as Iterable<unknown>, set) }),
  KeyShared: (a) => ({
    ...seatOf(a),
    keyAddress: text(a["keyAddress"]),
    maskHash: text(a["maskHash"]),
    sharesHash: text(a["sharesHash"]),
    sharesId: hex(a["sharesId"]),
    r: text(a["r"]),
    vs: text(a["vs"]),
  }),
  MaskedCommitted: (a) => ({ ...seatOf(a), root: text(a["root"]), contentId: hex(a["contentId"]) }),
  SetAgreed: (a) => ({
    ...seatOf(a),
    members: set(a["members"]),
    cohortView: text(a["cohortView"]),
    signature: text(a["signature"]),
  }),
  SetFixed: (a) => ({
    round: Number(a["round"]),
    members: set(a["members"]),
    cohortView: text(a["cohortView"]),
  }),
  SeedRevealed: (a) => ({
    ...seatOf(a),
    seed: text(a["seed"]),
    keyShares: texts(a["keyShares"]),
    drawn: Number(a["drawn"]),
  }),
  KeyRebuilt: (a) => ({ ...seatOf(a), key: text(a["key"]) }),
  SharesGiven: (a) => ({ ...seatOf(a), owners: set(a["owners"]), seedShares: texts(a["seedShares"]) }),
  SeedRebuilt: (a) => ({ ...seatOf(a), seed: text(a["seed"]) }),
  SumBlamed: (a) => ({ round: Number(a["round"]), cohort: Number(a["cohort"]), endsAt: Number(a["endsAt"]) }),
  SeatConvicted: (a) => ({ ...seatOf(a), ...convictionOf(a) }),
  CancelRequested: () => ({}),
  TaskClosed: (a) => ({ completed: Number(a["completed"]) }),
  BudgetRefunded: (a) => ({ amount: money(a["amount"]) }),
};

/** The event as values; none for events that say nothing about the task's state (such as OpenZeppelin's own). */
export function toTaskEvent(
  parsed: LogDescription,
  time: number,
  log: { blockNumber: number; transactionHash: string },
): TaskEvent[] {
  if (!(parsed.name in READERS)) return [];
  const name = parsed.name as TaskEventValues["name"];
  const values = READERS[name](parsed.args.toObject());
  return [{ name, ...values, time, block: log.blockNumber, transaction: log.transactionHash } as TaskEvent];
}

function faultOf(args: Record<string, unknown>): Fault {
  const fault = FAULTS[Number(args["fault"])];
  if (fault === undefined) throw new Error("The task names a fault that this version does not know. Update Foedus.");
  return fault;
}

function convictionOf(args: Record<string, unknown>): { fine: bigint; challenger: string } {
  return { fine: money(args["fine"]), challenger: text(args["challenger"]) };
}

function seatOf(args: Record<string, unknown>): { round: number; seat: number } {
  return { round: Number(args["round"]), seat: Number(args["seat"]) };
}
