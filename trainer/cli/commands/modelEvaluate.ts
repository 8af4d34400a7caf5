/** foedus model evaluate: accuracy and loss of a task's current model on labelled data. */
import { Command } from "commander";
import { openBackend } from "../../learning/backend.ts";
import { loadDataset } from "../../learning/datasets/loadDataset.ts";
import { evaluate } from "../../learning/evaluate.ts";
import { currentModel, loadInto } from "../../roles/publishedModel.ts";
import { formatPercent } from "../../observe/measureText.ts";
import { withChain, withKeys, withStore } from "../options.ts";
import type { StoreOptions } from "../options.ts";
import { inSession } from "../session.ts";

export function modelEvaluate(): Command {
  return withStore(withKeys(withChain(new Command("evaluate"))))
    .description("measure a task's current model on labelled data")
    .argument("<task>", "number or address")
    .option("--data <file>", "a table (CSV); for digits the 10,000 test images")
    .addHelpText("after", "\nExample:\n  $ foedus model evaluate 1 --data holdout.csv")
    .action(
      inSession("command", async (session, { data }: StoreOptions & { data?: string }, name: string) => {
        const { signal } = session;
        const published = await currentModel(session, await session.task(name));
        const dataset = await loadDataset(published.manifest.data, { path: data, split: "test", signal });
        const model = loadInto(await openBackend(), published);
        const { accuracy, loss, samples } = await evaluate(model, dataset, { signal });
        model.dispose();
        session.show({ round: published.round, accuracy, loss, samples }, [
          `The model of round ${published.round} on ${samples} samples: ` +
            `accuracy ${formatPercent(accuracy, 2)}, loss ${loss.toFixed(4)}`,
        ]);
      }),
    );
}
