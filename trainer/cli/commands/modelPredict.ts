/** foedus model predict: class probabilities, or the number estimated, for rows without labels. */
import { Command } from "commander";
import { z } from "zod";
import { featureCount } from "../../learning/architecture.ts";
import { UnsuitableData } from "../../learning/datasets/dataset.ts";
import { dataShape } from "../../learning/datasets/loadDataset.ts";
import type { DataSchema } from "../../learning/datasets/loadDataset.ts";
import { predict } from "../../learning/predict.ts";
import { currentModel, loadInto } from "../../roles/publishedModel.ts";
import { openChosenBackend } from "../chosenBackend.ts";
import { readJsonAs } from "../inputFile.ts";
import { withBackend, withChain, withKeys, withStore } from "../options.ts";
import type { BackendOptions, StoreOptions } from "../options.ts";
import { inSession } from "../session.ts";

const rowsSchema = z.array(z.array(z.number())).min(1).max(100_000);

interface PredictOptions extends StoreOptions, BackendOptions {
  readonly rows: string;
}

export function modelPredict(): Command {
  return withBackend(withStore(withKeys(withChain(new Command("predict")))))
    .description("predict with a task's current model")
    .argument("<task>", "number or address")
    .requiredOption("--rows <file>", "JSON: a list of rows, each a list of the features as the network takes them")
    .addHelpText("after", "\nExample:\n  $ foedus model predict 1 --rows patients.json")
    .action(
      inSession("command", async (session, { rows: file, backend: name }: PredictOptions, task: string) => {
        const backend = await openChosenBackend(name, session.log);
        const rows = await readJsonAs(file, rowsSchema, "list of rows of numbers. Write it like [[0.1, 2], [0.3, 4]].");
        const published = await currentModel(session, await session.task(task));
        checkWidths(rows, featureCount(published.manifest.architecture));
        const model = loadInto(backend, published);
        const predictions = await predict(model, Float32Array.from(rows.flat()), { signal: session.signal });
        model.dispose();
        const results = predictions.map((said) => resultOf(said, published.manifest.data));
        session.show(
          { round: published.round, predictions: results },
          results.map((result, row) =>
            "estimate" in result
              ? `row ${row}: ${result.estimate.toPrecision(4)}`
              : `row ${row}: ${result.class} (${(100 * result.probability).toFixed(1)}%)`,
          ),
        );
      }),
    );
}

/** The most probable class, or the number in its own unit. */
function resultOf(said: Float32Array, data: DataSchema) {
  if (data.kind === "csv" && data.target !== undefined) {
    return { estimate: (said[0] ?? NaN) * data.target.std + data.target.mean };
  }
  const best = said.indexOf(Math.max(...said));
  return {
    class: dataShape(data).classes?.[best] ?? String(best),
    probability: said[best] ?? 0,
    probabilities: [...said],
  };
}

/** @throws UnsuitableData naming the first row that is shorter or longer than the network's. */
function checkWidths(rows: readonly (readonly number[])[], width: number): void {
  const wrong = rows.findIndex((row) => row.length !== width);
  if (wrong === -1) return;
  throw new UnsuitableData(`Row ${wrong} has ${rows[wrong]?.length} numbers, the network takes ${width} a row.`);
}
