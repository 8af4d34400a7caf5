/**
 * The next model, computed here before anybody proposes it: the updates of the round are fetched and summed as they are
 * revealed, and the model is stepped once all that count are in. Fetching runs in the background of the role's loop.
 */
import { stepRuleOf } from "../chain/taskRules.ts";
import { countedSeats, divisorOf, roundNow, seatOf } from "../chain/taskState.ts";
import type { Proposal, RoundState, TaskState } from "../chain/taskState.ts";
import type { Stopwatch } from "../observe/stopwatch.ts";
import { chunkRoot } from "../protocol/chunkTree.ts";
import type { Sample } from "../protocol/judgement.ts";
import { modelRoot } from "../protocol/modelRoot.ts";
import type { Phase } from "../protocol/roundClock.ts";
import { serverStep } from "../protocol/serverStep.ts";
import type { ServerState } from "../protocol/serverStep.ts";
import type { ContentId } from "../storage/contentId.ts";
import type { GlobalModel } from "./globalModel.ts";
import { createMaskedSum } from "./masked/maskedSum.ts";
import type { Party } from "./party.ts";
import type { ReadUpdates } from "./roundSelection.ts";
import { createRoundSum } from "./roundSum.ts";
import type { RoundSum } from "./roundSum.ts";
import type { MalformedUpdate } from "./sealedUpdate.ts";
import type { Traffic } from "./traffic.ts";

/** One round's step, over exactly the seats in `included`. */
export interface Step {
  readonly round: number;
  readonly sum: Int32Array;
  readonly sumRoot: string;
  /** Where the sum lies in the own store. */
  readonly sumId: ContentId;
  /** What it steps from, and the model after it, with the rule's moments. */
  readonly from: ServerState;
  readonly next: ServerState;
  readonly modelRoot: string;
  /** Where the model lies in the own store. */
  readonly modelId: ContentId;
  readonly included: string;
}

export interface NextModel {
  /** Fetches, sums and steps as far as the state allows. */
  follow(state: TaskState): Promise<void>;
  /** The step of this round, if it is over the seats that count in it now. */
  of(round: RoundState): Step | undefined;
  /** Seats of this round whose updates could not be fetched, or which broke the task's rules. */
  unavailable(round: number): ReadonlySet<number>;
  /** Seats of this round whose updates break the task's rules provably. */
  malformed(round: number): ReadonlyMap<number, MalformedUpdate>;
  /** The update of this seat has been fetched. */
  has(round: number, seat: number): boolean;
  /**
   * The sum over the seats that count in this round now; of a sample of its chunks where only that is taken. Of a cohort, asked
   * about its round.
   */
  sum(round: RoundState): Int32Array | undefined;
  /** What is known of the updates of this round, where the strategy compares them. */
  read(round: RoundState): ReadUpdates;
  /** Every update that counts has been tried, and some cannot be had: there will be no step here. */
  lacks(round: RoundState): boolean;
}

/** A proposal is what has been computed here. */
export function agrees(own: Step, { sumRoot, modelRoot: root }: Proposal): boolean {
  return own.sumRoot === sumRoot && own.modelRoot === root;
}

const WITH_SEALED_UPDATES: readonly Phase[] = ["Revealing", "Attesting", "Aggregating", "Proposed"];
const WITH_MASKED_UPDATES: readonly Phase[] = [
  ...(["Committing", "Agreeing", "Revealing", "Recovering", "Aggregating", "Proposed", "Blaming"] as const),
];

export function createNextModel(
  party: Party,
  globalModel: GlobalModel,
  traffic: Traffic,
  stopwatch: Stopwatch,
  /** Called when something has come in. */
  onProgress: () => void,
  onFailure: (error: unknown) => void,
  /** Only these chunks are summed, and the model is not stepped: enough to check somebody else's step. */
  sample?: Sample,
  /** Single updates are compared before it is known which count. */
  isCompared = false,
): NextModel {
  const isMasked = party.opened.rules.privacy === "masked";
  const createSum = isMasked ? createMaskedSum : createRoundSum;
  let sum: RoundSum | undefined;
  /** Collections under way. Of masked updates one at a time. */
  let fetching = 0;
  /** More was revealed while masked ones were fetched. */
  let again = false;
  let step: Step | undefined;

  function collect(round: RoundState): void {
    if (isMasked && fetching > 0) {
      again = true;
      return;
    }
    if (sum?.round !== round.number) sum = createSum(party, traffic, stopwatch, round.number, sample, isCompared);
    const current = sum;
    const isComparing = isCompared && round.phase === "Attesting";
    if (!isComparing && current.complete(round) !== undefined) return;
    fetching++;
    again = false;
    void current
      .collect(round)
      .then((hasNew) => {
        fetching--;
        if (again || hasNew) onProgress();
      })
      .catch(onFailure);
  }

  /** Updates are sealed to those who sit in their round; masked ones are for everybody. */
  function isReader(round: RoundState): boolean {
    return isMasked || seatOf(round, party.sender.address) !== undefined;
  }

  function hasUpdates(round: RoundState): boolean {
    const phases = isMasked ? WITH_MASKED_UPDATES : WITH_SEALED_UPDATES;
    return phases.includes(round.phase) && isReader(round) && (isMasked || countedSeats(round).length > 0);
  }

  function stepOf(round: RoundState): Step | undefined {
    return step?.round === round.number && step.included === seatsAsKey(round) ? step : undefined;
  }

  return {
    of: stepOf,
    unavailable: (round) => (sum?.round === round ? sum.unavailable() : new Set()),
    malformed: (round) => (sum?.round === round ? sum.malformed() : new Map()),
    has: (round, seat) => sum?.round === round && sum.has(seat),
    sum: (round) => (sum?.round === round.number ? sum.complete(round) : undefined),
    lacks: (round) => !isReader(round) || (sum?.round === round.number && sum.lacks(round)),

    read(round) {
      const updates = sum?.round === round.number ? (sum.updates?.(round) ?? []) : [];
      const { length } = [...round.seats].filter(
        ([seat, { status }]) => (status === "Revealed" || status === "Struck") && sum?.malformed().has(seat) !== true,
      );
      return { updates, isAll: length > 0 && updates.length >= length };
    },

    async follow(state) {
      const round = roundNow(state);
      if (!hasUpdates(round)) return;
      collect(round);
      if (sample !== undefined || (isMasked && fetching > 0) || stepOf(round) !== undefined) return;
      // More may come into the sum.
      if (round.phase === "Revealing" || round.phase === "Recovering") return;
      // Less may.
      if (round.phase === "Attesting" && isCompared) return;
      const total = sum?.complete(round);
      if (total === undefined) return;
      const from = await globalModel.state(state, party.signal);
      const computed = await stopwatch.time("encrypt", () => {
        const next = serverStep(stepRuleOf(state.rules), from, total, divisorOf(state.rules, round));
        return { sumRoot: chunkRoot(total), next, modelRoot: modelRoot(next) };
      });
      const ids = await stopwatch.time("transfer", async () => ({
        sumId: await globalModel.keepSum(total),
        modelId: await globalModel.keep(computed.modelRoot, computed.next),
      }));
      step = { ...computed, ...ids, from, sum: total, included: seatsAsKey(round), round: round.number };
    },
  };
}

function seatsAsKey(round: RoundState): string {
  return countedSeats(round)
    .sort((a, b) => a - b)
    .join(",");
}
