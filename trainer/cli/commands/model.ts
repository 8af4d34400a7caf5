/** foedus model: fetch a task's model, judge it, use it. */
import { Command } from "commander";
import { modelEvaluate } from "./modelEvaluate.ts";
import { modelFetch } from "./modelFetch.ts";
import { modelPredict } from "./modelPredict.ts";

export function modelCommand(): Command {
  return new Command("model")
    .description("fetch, evaluate and use a task's model")
    .addCommand(modelFetch())
    .addCommand(modelEvaluate())
    .addCommand(modelPredict());
}
