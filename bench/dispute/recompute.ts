// What a watcher needs to add up a round: each sealed update opened, its root and range checked, its numbers added. A
// process of its own for each cohort, started by bench/dispute.ts, so that its largest memory is that cohort's. One
// trainer sits in all seats: its one sealed update in the store leaves memory to the watcher. Seconds are CPU time of the
// whole process: one core's.
import { roundOf } from "../../trainer/chain/taskState.ts";
import { createRandom } from "../../trainer/learning/random.ts";
import { createStopwatch } from "../../trainer/observe/stopwatch.ts";
import { createRoundSum } from "../../trainer/roles/roundSum.ts";
import { sealUpdate } from "../../trainer/roles/sealedUpdate.ts";
import { RULES, START, account, after, commits, enters, openedTask, opens, reveals } from "../../test/roles/aTask.ts";
import { aCohort, impatientTraffic } from "../../test/roles/memoryStore.ts";
import { processorTime } from "../processorTime.ts";

/** What one cohort took. */
export interface Recomputing {
  /** Of plaintext updates, the best of a few runs: whatever disturbs only makes them slower. */
  readonly megabytesPerSecond: number;
  /** The largest resident memory of the whole process, sealing included. */
  readonly peakMegabytes: number;
}

const PARAMETERS = 1_650_000;
const RUNS = 4;
const ROUND = 1;

const trainers = Number(process.argv[2]);
const seats = Array.from({ length: trainers }, (_, seat) => seat);
const rules = { ...RULES, parameters: PARAMETERS, maxTrainers: trainers, attestSeconds: 600 };
const cohort = await aCohort(trainers);
const party = { ...cohort.party(1), opened: openedTask(rules) };
const random = createRandom("recompute");
const delta = Int32Array.from({ length: PARAMETERS }, () => Math.round(2 ** 14 * random.normal()));
const { root, contentKeyHash, contentId } = await sealUpdate(party, ROUND, delta, cohort.entries);
const revealed = { root, contentKeyHash, contentId: contentId as `0x${string}` };
const state = roundOf(
  after(
    [
      opens(ROUND),
      ...seats.map((seat) => enters(ROUND, seat, account(1))),
      ...seats.map((seat) => ({ ...commits(ROUND, seat), at: START + RULES.enterSeconds })),
      ...seats.map((seat) => reveals(ROUND, seat, 0, revealed)),
    ],
    rules,
  ),
  ROUND,
);

let least = Infinity;
for (let run = 0; run < RUNS; run++) {
  const sum = createRoundSum(party, impatientTraffic(cohort.store), createStopwatch(), ROUND);
  const spent = await processorTime(() => sum.collect(state));
  if (sum.complete(state)?.[0] !== trainers * delta[0]!)
    throw new Error("The sum is wrong; the bench measures nothing.");
  least = Math.min(least, spent / 1e3);
}
const measured: Recomputing = {
  megabytesPerSecond: (trainers * 4 * PARAMETERS) / 1e6 / least,
  peakMegabytes: process.resourceUsage().maxRSS / 1e3,
};
process.send?.(measured);
if (process.connected) process.disconnect();
