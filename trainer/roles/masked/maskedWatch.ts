/** What a watcher does in masked rounds besides what it does in all: it convicts bad shares, and helps to blame. */
import { cohortRoundOf, cohortRounds } from "../../chain/taskState.ts";
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
  /** By cohorts, of one round. */
  const held: HeldShares[] = [];

  async function badSharesIn(cohort: RoundState): Promise<readonly BadShares[]> {
    const index = cohort.cohort ?? 0;
    if (cohort.set === undefined) return [];
    if (held[index]?.round !== cohort.number) held[index] = createHeldShares(party, traffic, cohort.number);
    await held[index].collect(cohort);
    return badShares(cohort, held[index], party.opened.rules.shareThreshold);
  }

  return {
    async badShares(round) {
      // Who is in a cohort has others' shares at hand there, and is not needed elsewhere.
      const own = cohortRoundOf(round, party.sender.address);
      const found = await Promise.all((own === undefined ? cohortRounds(round) : [own]).map(badSharesIn));
      return found.flat();
    },

    async blame(state, round) {
      const blamed = cohortRounds(round)[round.blamed?.cohort ?? 0];
      if (blamed !== undefined) await blame.follow(state, blamed);
    },
  };
}
