/** The task that the demonstration's sponsor opens. */
import type { TaskFile } from "../../trainer/roles/taskFile.ts";
import { leastTrainers } from "./options.ts";
import type { DemoOptions } from "./options.ts";
import type { Subject } from "./subject.ts";

const FRACTION_BITS = 20;
/** The largest sum must stay below 2^31: clip times trainers times weight below 2,048. */
const LARGEST_SUM = 2 ** (31 - FRACTION_BITS) - 1;

export function demoTask(options: DemoOptions, subject: Subject): TaskFile {
  const { trainers, seed, cheat, privacy, cohorts, cohortRule, drop } = options;
  const { title, architecture, data, training, rounds, clip, shards } = subject;
  const maxUnits = Math.floor(LARGEST_SUM / (clip * trainers));
  const sizes = shards.map(({ rows }) => rows.length);
  // The largest shard counts in full, unless the smallest would then not count at all.
  const unitSamples = Math.min(Math.ceil(Math.max(...sizes) / maxUnits), ...sizes);
  // Two trainers share a core or more, and a convolution takes its time.
  const trainingSeconds = (architecture.kind === "cnn" ? 120 : 30) * trainers;
  // Who vanishes is waited for until the last second.
  const commit = drop === 0 ? trainingSeconds : Math.ceil(trainingSeconds * 0.4);
  return {
    ...{ title, architecture, data, training, rounds },
    privacy,
    ...(cohorts > 1 ? { cohorts: { count: cohorts, rule: cohortRule } } : {}),
    trainers: { min: leastTrainers(options), max: trainers },
    weight: { unitSamples, maxUnits },
    fixedPoint: { fractionBits: FRACTION_BITS, clip },
    seconds: {
      // A convict's stake is short: rounds that it has not entered yet wait for its seat as long as this.
      enter: cheat === undefined ? Math.max(60, 10 * trainers) : Math.max(20, 3 * trainers),
      commit,
      reveal: 30,
      // Masked, it ends with the last vote; sealed, every update must have been read when half of it is over.
      attest: privacy === "masked" ? 20 : 6,
      ...(privacy === "masked" ? { share: 30, recover: 20, blame: 45 } : {}),
      grace: cheat === "silent" ? 4 : 15,
      propose: 60,
      // Room for a failed fetch and two transactions.
      challenge: cheat === undefined ? 3 : 10,
      disclose: 3,
      retention: 3_600 + trainingSeconds,
    },
    // Enough for a fraud in a round, and for one in the next, which is entered before the first is found.
    stake: { min: "200", missFine: "5", fraudFine: "80" },
    rewards: { data: "60", compute: "40", aggregator: "2", advance: "1" },
    seed,
  };
}
