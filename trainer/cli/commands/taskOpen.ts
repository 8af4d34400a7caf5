/** foedus task open: escrows the budget and opens a task from a file. */
import { Command } from "commander";
import { tokenAt } from "../../chain/contracts.ts";
import type { TaskRules } from "../../chain/taskRules.ts";
import { PRESETS } from "../../learning/presets.ts";
import { cohortOdds, cohortOddsText } from "../../protocol/cohortOdds.ts";
import type { CohortExpectation } from "../../protocol/cohortOdds.ts";
import { openTask } from "../../roles/sponsor.ts";
import { exampleTaskFile } from "../../roles/exampleTask.ts";
import { UnfitModel, readWeights, weightsFor } from "../../roles/initialModel.ts";
import { currentModel } from "../../roles/publishedModel.ts";
import type { TaskFile } from "../../roles/taskFile.ts";
import { keepManifestCopy } from "../../roles/manifestCopy.ts";
import { UnusableTaskFile, manifestOf, parseTaskFile } from "../../roles/taskFile.ts";
import { readJson } from "../inputFile.ts";
import { updateSizeText } from "../../roles/taskCompression.ts";
import { privacyPlanText } from "../../roles/privacySpent.ts";
import { unitOf } from "../../chain/tokenUnit.ts";
import { chance, withChain, withStore, withWallet } from "../options.ts";
import type { StoreOptions } from "../options.ts";
import { inSession } from "../session.ts";
import type { Session } from "../session.ts";

interface OpenOptions extends StoreOptions {
  readonly example: boolean;
  readonly fromTask?: string;
  readonly model?: string;
  readonly expectDropout: number;
  readonly expectCorruption: number;
}

export function taskOpen(): Command {
  return withStore(withWallet(withChain(new Command("open"))))
    .description(
      "open a task and escrow its budget; the model and manifest stay in your store: keep it online (foedus serve)",
    )
    .argument("[file]", "task file (JSON)")
    .option("--expect-dropout <chance>", "of a seat to vanish before its commit, and as much after it", chance, 0.05)
    .option(
      "--expect-corruption <chance>",
      "of a seat to be corrupt; for the odds of a masked task's rounds",
      chance,
      0.1,
    )
    .option("--from-task <task>", "start from the current model of another task, whose network has the same layers")
    .option("--model <file>", "start from these weights: the weights.f32 of foedus model fetch")
    .option("--example", "print a task file to start from", false)
    .addHelpText("after", "\nExample:\n  $ foedus task open --example > task.json\n  $ foedus task open task.json")
    .action(
      inSession("command", async (session, options: OpenOptions, path?: string) => {
        if (options.example) {
          const example = exampleTaskFile(PRESETS.mlp);
          session.show(example, JSON.stringify(example, undefined, 2));
          return;
        }
        if (path === undefined) throw new UnusableTaskFile("Give a task file. Start from: foedus task open --example.");
        const file = parseTaskFile(await readJson(path));
        const deployment = await session.deployment();
        const { signal, log } = session;
        const [sender, encryptionKey, store] = [
          await session.sender(),
          await session.encryptionKey(),
          await session.store(),
        ];
        const initial = await initialWeights(session, file, options);
        const opened = await openTask({ deployment, sender, encryptionKey, store, log, signal }, file, initial);
        const { rules, genesis } = await session.task(opened.task);
        await keepManifestCopy(session.path("manifests"), genesis.manifestId, manifestOf(file));
        const unit = await unitOf(tokenAt(rules.rewardToken, deployment.provider));
        const odds = rules.privacy === "masked" ? expectationOf(rules, options) : undefined;
        session.show(odds === undefined ? opened : { ...opened, odds: cohortOdds(odds) }, [
          `Task ${opened.id} is open: ${opened.task}`,
          `Escrowed ${unit.text(opened.budget)}. Trainers fetch the model from your store: keep it online with foedus serve.`,
          `An update takes ${updateSizeText(file)}.`,
          ...(odds === undefined ? [] : cohortOddsText(odds)),
          ...(file.differentialPrivacy === undefined ? [] : privacyPlanText(file.differentialPrivacy, rules)),
        ]);
      }),
    );
}

/** None where they are drawn. */
async function initialWeights(
  session: Session,
  { architecture }: TaskFile,
  { fromTask, model }: OpenOptions,
): Promise<Float32Array | undefined> {
  if (fromTask !== undefined && model !== undefined) {
    throw new UnfitModel("A task starts from one model: give --from-task or --model.");
  }
  if (model !== undefined) return readWeights(model, architecture);
  if (fromTask === undefined) return undefined;
  return weightsFor(architecture, await currentModel(session, await session.task(fromTask)));
}

function expectationOf(rules: TaskRules, { expectDropout, expectCorruption }: OpenOptions): CohortExpectation {
  const { cohorts, trim, maxTrainers, minTrainers, shareThreshold } = rules;
  return {
    ...{ cohorts, trim, seats: maxTrainers / cohorts, threshold: shareThreshold, minTrainers },
    ...{ dropout: { beforeCommit: expectDropout, afterCommit: expectDropout }, corruption: expectCorruption },
  };
}
