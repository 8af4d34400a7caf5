/** What a watcher looks for in masked rounds besides what it looks for in all: bad shares, and sums out of range. */
import type { RoundState, TaskState } from "../../chain/taskState.ts";
import type { Stopwatch } from "../../observe/stopwatch.ts";
import { CHUNK_LANES } from "../../protocol/chunkTree.ts";
import type { Sample } from "../../protocol/judgement.ts";
import type { Party } from "../party.ts";
import type { Traffic } from "../traffic.ts";
import { createBlame } from "./blame.ts";
import { createHeldShares } from "./heldShares.ts";
import type { HeldShares } from "./heldShares.ts";
import { badShares } from "./rebuilding.ts";
import type { BadShares } from "./rebuilding.ts";
import type { SecretsJournal } from "./secretsJournal.ts";

export interface MaskedWatch {
  /** Shares on chain that convict their dealers. */
  badShares(round: RoundState): Promise<readonly BadShares[]>;
  /** Does what is due in a round that is being blamed. */
  blame(state: TaskState, round: RoundState): Promise<void>;
}

/** @param journal Of a trainer; a watcher has none. */
export function createMaskedWatch(
  party: Party,
  traffic: Traffic,
  stopwatch: Stopwatch,
  journal: SecretsJournal | undefined,
): MaskedWatch {
  const blame = createBlame(party, traffic, stopwatch, journal);
  let held: HeldShares | undefined;
  return {
    async badShares(round) {
      if (round.set === undefined) return [];
      if (held?.round !== round.number) held = createHeldShares(party, traffic, round.number);
      await held.collect(round);
      return badShares(round, held, party.opened.rules.shareThreshold);
    },
    blame: blame.follow,
  };
}

/** The first chunk of a round's sum with a number that no updates within the task's bound add up to. */
export function chunkOutOfRange(
  { rules }: Pick<TaskState, "rules">,
  { weight, revealed }: RoundState,
  sum: Int32Array,
  sample?: Sample,
): number | undefined {
  const range = rules.bound * (rules.serverRule === "Uniform" ? revealed : weight);
  const beyond = sum.findIndex((lane) => lane > range || lane < -range);
  if (beyond === -1) return undefined;
  const place = Math.floor(beyond / CHUNK_LANES);
  return sample === undefined ? place : sample[place];
}
