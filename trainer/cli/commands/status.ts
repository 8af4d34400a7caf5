/** foedus status: the round clock of a task, and who has done what. */
import { Command } from "commander";
import { readTask } from "../../chain/followTask.ts";
import { taskPicture } from "../../chain/taskPicture.ts";
import { manifestCopy } from "../../roles/manifestCopy.ts";
import { clockWords, seatWords } from "../../roles/pictureWords.ts";
import { privacySpent, privacySpentText } from "../../roles/privacySpent.ts";
import { AT_REST, isAtRest } from "../../roles/stopRule.ts";
import { withChain, withHome } from "../options.ts";
import type { ChainOptions } from "../options.ts";
import { cohortTable } from "../cohortTable.ts";
import { table } from "../print.ts";
import { inSession } from "../session.ts";

export function statusCommand(): Command {
  return withHome(withChain(new Command("status")))
    .description("show a task's round clock and who has done what; the privacy spent too where you take part in it")
    .argument("<task>", "number or address")
    .addHelpText("after", "\nExample:\n  $ foedus status 1")
    .action(
      inSession("command", async (session, _: ChainOptions, name: string) => {
        const { provider } = await session.deployment();
        const opened = await session.task(name);
        const state = await readTask(provider, opened, session);
        const picture = taskPicture(state);
        const { round } = picture;
        const { secondsLeft, cohorts, seats } = round;
        const clock = clockWords(picture, opened.id);
        const folder = session.path("manifests");
        const manifest = await manifestCopy(folder, opened.genesis.manifestId, opened.rules.parameters);
        const spent = manifest?.differentialPrivacy && privacySpent(state, manifest.differentialPrivacy);
        session.show(
          {
            task: opened.id,
            completed: state.completed,
            closed: state.closed,
            round: round.number,
            phase: round.phase,
            secondsLeft,
            ...(cohorts.length === 0 ? {} : { cohorts }),
            seats,
            ...(spent === undefined ? {} : { privacySpent: spent }),
          },
          [
            `Task ${opened.id}, ${state.completed} of ${opened.rules.rounds} rounds final`,
            clock,
            ...(isAtRest(state, manifest?.stop) ? [`${AT_REST} foedus task cancel ${opened.id}`] : []),
            ...(spent === undefined ? [] : [`privacy spent: ${privacySpentText(spent)}`]),
            ...cohortTable(cohorts),
            ...(seats.length === 0
              ? []
              : table([
                  ["seat", ...(cohorts.length === 0 ? [] : ["cohort"]), "trainer", "weight", "status", ""],
                  ...seats.map((seat) => [
                    String(seat.seat),
                    ...(cohorts.length === 0 ? [] : [String(seat.cohort)]),
                    seat.trainer,
                    String(seat.weight),
                    seat.status,
                    seatWords(seat),
                  ]),
                ])),
          ],
        );
      }),
    );
}
