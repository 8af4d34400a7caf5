/** A trainer that sends noise instead of what it has trained, of Gaussian numbers as in the papers on robust aggregation. */
import { trainerRun } from "../../trainer/cli/commands/trainerRun.ts";
import { createRandom } from "../../trainer/learning/random.ts";
import { HONEST } from "../../trainer/roles/conduct.ts";

const [deviation, ...args] = process.argv.slice(2);
const lanes = Number(deviation) * 2 ** 20;

await trainerRun({
  ...HONEST,
  delta(round, trained) {
    const random = createRandom(`attack ${round}`);
    return trained.map(() => Math.max(-(2 ** 20), Math.min(2 ** 20, Math.round(lanes * random.normal()))));
  },
}).parseAsync(args, { from: "user" });
