/**
 * A trainer that cheats once: `foedus trainer run` with another conduct than the honest one, which the command line itself
 * does not offer. Takes the cheat, the round and its account before the command's own arguments.
 */
import { trainerRun } from "../../trainer/cli/commands/trainerRun.ts";
import { CHEATS, conductOf } from "./cheats.ts";
import type { Cheat } from "./cheats.ts";

/** What it prints when it cheats. */
export interface Cheated {
  readonly event: "cheated";
  readonly round: number;
  readonly cheat: Cheat;
}

const [name, round, account = "", ...args] = process.argv.slice(2);
const cheat = CHEATS.find((each) => each === name);
if (cheat === undefined) throw new Error(`${name} is none of ${CHEATS.join(", ")}.`);

const cheated: Cheated = { event: "cheated", round: Number(round), cheat };
const onCheat = () => void process.stdout.write(`${JSON.stringify(cheated)}\n`);
await trainerRun(conductOf(cheat, { round: cheated.round, account, onCheat })).parseAsync(args, { from: "user" });
