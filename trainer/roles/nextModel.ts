/**
 * The next model, computed here before anybody proposes it: the updates of the round are fetched and summed as they are
 * revealed, and the model is stepped once all that count are in. Fetching runs in the background of the role's loop.
 */
import { roundNow, seatOf } from "../chain/taskState.ts";
import type { RoundState, TaskState } from "../chain/taskState.ts";
import type { Stopwatch } from "../observe/stopwatch.ts";
import { chunkRoot } from "../protocol/chunkTree.ts";
import { freshState, serverStep } from "../protocol/serverStep.ts";
import type { ContentId } from "../storage/contentId.ts";
import type { GlobalModel } from "./globalModel.ts";
import type { Party } from "./party.ts";
import { createRoundSum } from "./roundSum.ts";
import type { RoundSum } from "./roundSum.ts";
import type { Traffic } from "./traffic.ts";

const FED_AVG = {
  rule: "FedAvg",
  serverRate: 0,
  momentum: 0,
  secondMomentum: 0,
  adaptivity: 0,
  fractionBits: 20,
} as const;

/** One round's step, over exactly the seats in `included`. */
export interface Step {
  readonly sumRoot: string;
  /** Where the sum lies in the own store. */
  readonly sumId: ContentId;
  readonly model: Int32Array;
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
}

export function createNextModel(
  party: Party,
  globalModel: GlobalModel,
  traffic: Traffic,
  stopwatch: Stopwatch,
  /** Called when something has come in. */
  onProgress: () => void,
  onFailure: (error: unknown) => void,
): NextModel {
  let sum: RoundSum | undefined;
  let fetching = false;
  /** More was revealed while fetching. */
  let again = false;
  let step: (Step & { readonly round: number }) | undefined;
  /** The model root of the last proposal that was looked at. */
  let judged: string | undefined;

  function collect(round: RoundState): void {
    if (fetching) {
      again = true;
      return;
    }
    if (sum?.round !== round.number) sum = createRoundSum(party, traffic, stopwatch, round.number);
    const current = sum;
    if (countedSeats(round).length === 0 || current.complete(round) !== undefined) return;
    fetching = true;
    again = false;
    void current
      .collect(round)
      .then(() => {
        fetching = false;
        if (again || current.complete(round) !== undefined) onProgress();
      })
      .catch(onFailure);
  }

  /** Everybody who has summed the round knows whether a proposal is right. */
  function judge(round: RoundState): void {
    const { proposal, number } = round;
    if (proposal === undefined || proposal.modelRoot === judged) return;
    judged = proposal.modelRoot;
    const own = step?.round === number ? step : undefined;
    if (own === undefined || (own.sumRoot === proposal.sumRoot && own.modelRoot === proposal.modelRoot)) return;
    const proposer = round.seats.get(proposal.seat)?.trainer;
    party.log.error(
      { round: number, proposer, proposed: proposal.modelRoot, computed: own.modelRoot },
      "the proposed model is not what the updates add up to: its aggregator cheats or is broken",
    );
  }

  function stepOf(round: RoundState): Step | undefined {
    return step?.round === round.number && step.included === seatsAsKey(round) ? step : undefined;
  }

  return {
    of: stepOf,
    unavailable: (round) => (sum?.round === round ? sum.unavailable() : new Set()),

    async follow(state) {
      const round = roundNow(state);
      judge(round);
      if (!["Revealing", "Attesting", "Aggregating"].includes(round.phase)) return;
      if (seatOf(round, party.sender.address) === undefined) return;
      collect(round);
      if (round.phase === "Revealing" || fetching || stepOf(round) !== undefined) return;
      const total = sum?.complete(round);
      if (total === undefined) return;
      const before = await globalModel.lanes(state, party.signal);
      const next = await stopwatch.time("encrypt", () => {
        const { model } = serverStep(FED_AVG, freshState("FedAvg", before), total, round.weight);
        return { sumRoot: chunkRoot(total), model, modelRoot: chunkRoot(model) };
      });
      const ids = await stopwatch.time("transfer", async () => ({
        sumId: await globalModel.keepSum(total),
        modelId: await globalModel.keep(next.modelRoot, next.model),
      }));
      step = { ...next, ...ids, included: seatsAsKey(round), round: round.number };
    },
  };
}

/** The seats whose updates count. */
function countedSeats(round: RoundState): number[] {
  return [...round.seats].filter(([, { status }]) => status === "Revealed").map(([seat]) => seat);
}

function seatsAsKey(round: RoundState): string {
  return countedSeats(round)
    .sort((a, b) => a - b)
    .join(",");
}
