/** What a watcher does in masked rounds besides what it does in all: it convicts bad shares, and helps to blame. */
import type { RoundState, TaskState } from "../../chain/taskState.ts";
import type { Stopwatch } from "../../observe/stopwatch.ts";
import type { Party } from "../party.ts";
import type { Traffic } from "../traffic.ts";
import { createBlame } from "./blame.ts";
import type { BlameMeans } from "./blame.ts";
import { createHeldShares } from "./heldShares.ts";
import type { HeldShares } from "./heldShares.ts";
import { badShares } from "./rebuilding.ts";
import type { BadShares } from "./rebuilding.ts";

export interface MaskedWatch {
  /** Shares on chain that convict their dealers. */
  badShares(round: RoundState): Promise<readonly BadShares[]>;
  /** Does what is due in a round that is being blamed. */
  blame(state: TaskState, round: RoundState): Promise<void>;
}

/** @param means Of a trainer; a watcher has none. */
export function createMaskedWatch(
  party: Party,
  traffic: Traffic,
  stopwatch: Stopwatch,
  means: BlameMeans | undefined,
): MaskedWatch {
  const blame = createBlame(party, traffic, stopwatch, means);
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
