/** foedus model evaluate: what a task's current model is worth on labelled data. */
import { Command } from "commander";
import { loadDataset } from "../../learning/datasets/loadDataset.ts";
import { evaluate } from "../../learning/evaluate.ts";
import type { Scores } from "../../learning/evaluate.ts";
import { currentModel, loadInto } from "../../roles/publishedModel.ts";
import { formatPercent } from "../../observe/measureText.ts";
import { openChosenBackend } from "../chosenBackend.ts";
import { withBackend, withChain, withKeys, withStore } from "../options.ts";
import type { BackendOptions, StoreOptions } from "../options.ts";
import { inSession } from "../session.ts";

interface EvaluateOptions extends StoreOptions, BackendOptions {
  readonly data?: string;
}

export function modelEvaluate(): Command {
  return withBackend(withStore(withKeys(withChain(new Command("evaluate")))))
    .description("measure a task's current model on labelled data")
    .argument("<task>", "number or address")
    .option("--data <file>", "a table (CSV), a folder of images, or an IDX file; for digits the 10,000 test images")
    .addHelpText("after", "\nExample:\n  $ foedus model evaluate 1 --data holdout.csv")
    .action(
      inSession("command", async (session, { data, backend: name }: EvaluateOptions, task: string) => {
        const { signal } = session;
        const backend = await openChosenBackend(name, session.log);
        const published = await currentModel(session, await session.task(task));
        const dataset = await loadDataset(published.manifest.data, { path: data, split: "test", signal });
        const model = loadInto(backend, published);
        const { accuracy, loss, samples, scores } = await evaluate(model, dataset, { signal });
        model.dispose();
        const about = { round: published.round, loss, samples, scores };
        session.show(scores.kind === "classes" ? { ...about, accuracy } : about, [
          `The model of round ${published.round} on ${samples} samples: ${inWords(scores)}, loss ${loss.toFixed(4)}`,
        ]);
      }),
    );
}

function inWords(scores: Scores): string {
  if (scores.kind === "classes") {
    const area = scores.positive?.areaUnderRoc;
    return `accuracy ${formatPercent(scores.accuracy, 2)}${area === undefined ? "" : `, AUC ${area.toFixed(3)}`}`;
  }
  const { meanAbsoluteError, rootMeanSquaredError, rSquared } = scores;
  return [
    `off by ${meanAbsoluteError.toPrecision(3)} on average`,
    `RMSE ${rootMeanSquaredError.toPrecision(3)}`,
    ...(rSquared === undefined ? [] : [`R² ${rSquared.toFixed(3)}`]),
  ].join(", ");
}
