/** foedus model predict: class probabilities, or the number estimated, for rows without labels. */
import { Command, Option } from "commander";
import { z } from "zod";
import { featureCount } from "../../learning/architecture.ts";
import { loadCsvFeatures } from "../../learning/datasets/csv.ts";
import { UnsuitableData } from "../../learning/datasets/dataset.ts";
import { dataShape } from "../../learning/datasets/dataSchema.ts";
import type { DataSchema } from "../../learning/datasets/dataSchema.ts";
import { predict } from "../../learning/predict.ts";
import type { Manifest } from "../../roles/manifest.ts";
import { currentModel, loadInto } from "../../roles/publishedModel.ts";
import { openChosenBackend } from "../chosenBackend.ts";
import { readJsonAs } from "../inputFile.ts";
import { withBackend, withChain, withKeys, withStore } from "../options.ts";
import type { BackendOptions, StoreOptions } from "../options.ts";
import { inSession } from "../session.ts";

const rowsSchema = z.array(z.array(z.number())).min(1).max(100_000);

interface PredictOptions extends StoreOptions, BackendOptions {
  readonly data?: string;
  readonly rows?: string;
}

export function modelPredict(): Command {
  return withBackend(withStore(withKeys(withChain(new Command("predict")))))
    .description("predict with a task's current model")
    .argument("<task>", "number or address")
    .option("--data <file>", "of a task on tables: a CSV file with its columns, the one to predict or none")
    .addOption(
      new Option(
        "--rows <file>",
        "JSON: a list of rows, each a list of the features as the network takes them",
      ).conflicts("data"),
    )
    .addHelpText("after", "\nExample:\n  $ foedus model predict 1 --data patients.csv")
    .action(
      inSession("command", async (session, options: PredictOptions, task: string) => {
        const backend = await openChosenBackend(options.backend, session.log);
        const published = await currentModel(session, await session.task(task));
        const rows = await rowsOf(options, published.manifest, session.signal);
        const model = loadInto(backend, published);
        const predictions = await predict(model, rows, { signal: session.signal });
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

/** @throws UnsuitableData naming what does not fit the network. */
async function rowsOf(
  { data: table, rows: file }: PredictOptions,
  { architecture, data }: Manifest,
  signal: AbortSignal,
): Promise<Float32Array> {
  if (table !== undefined) {
    if (data.kind === "csv") return loadCsvFeatures(table, data, { signal });
    throw new UnsuitableData("This task is on images, not on a table. Give their pixels with --rows.");
  }
  if (file === undefined) throw new UnsuitableData("Say what to predict: --data FILE, or --rows FILE.");
  const rows = await readJsonAs(file, rowsSchema, "list of rows of numbers. Write it like [[0.1, 2], [0.3, 4]].");
  const width = featureCount(architecture);
  const wrong = rows.findIndex((row) => row.length !== width);
  if (wrong === -1) return Float32Array.from(rows.flat());
  throw new UnsuitableData(`Row ${wrong} has ${rows[wrong]?.length} numbers, the network takes ${width} a row.`);
}
