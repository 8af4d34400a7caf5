/**
 * A task's manifest: what the chain need not know but every trainer must agree on - network, data, local training. JSON
 * on IPFS, found by the content id in the task's genesis.
 */
import { z } from "zod";
import { architectureSchema, featureCount, parameterCount } from "../learning/architecture.ts";
import { layerShapes } from "../learning/architecture.ts";
import type { Architecture } from "../learning/architecture.ts";
import { compressionSchema } from "../learning/compression/compression.ts";
import { dataSchema, dataShape } from "../learning/datasets/dataSchema.ts";
import type { DataSchema } from "../learning/datasets/dataSchema.ts";
import { strategySchema } from "../learning/strategies/registry.ts";
import { trainingSchema } from "../learning/trainingSettings.ts";
import type { TrainingSettings } from "../learning/trainingSettings.ts";
import { differentialPrivacySchema } from "../privacy/differentialPrivacy.ts";
import { stopSchema } from "./stopRule.ts";
import { complainTo } from "./taskFaults.ts";

/** The numbers of layers that do not learn, from 1. */
export const freezeSchema = z.array(z.int().min(1)).min(1).max(64);

export const MAX_MANIFEST_BYTES = 256 * 1024;

/** The network takes as many numbers as a row of the data has, and tells as many classes apart or estimates a number. */
export function refineFit(
  {
    architecture,
    data,
    training,
    freeze = [],
  }: {
    readonly architecture: Architecture;
    readonly data: DataSchema;
    readonly training: TrainingSettings;
    readonly freeze?: readonly number[] | undefined;
  },
  context: z.RefinementCtx,
): void {
  const { shape, classes } = dataShape(data);
  const complain = complainTo(context);
  const inputs = featureCount(architecture);
  const features = shape.reduce((product, size) => product * size, 1);
  if (inputs !== features) {
    complain(["architecture", "inputs"], `the network takes ${inputs} features a row, the data have ${features}`, {
      fault: "featuresDiffer",
      inputs,
      features,
    });
  }
  if (classes === undefined && architecture.regression === undefined) {
    complain(
      ["architecture", "regression"],
      "the data have a number to estimate: give the network a regression instead of classes",
      { fault: "needsRegression" },
    );
  } else if (architecture.classes !== classes?.length) {
    const has = architecture.classes === undefined ? "estimates a number" : `has ${architecture.classes} classes`;
    const ofData = classes?.length ?? 0;
    complain(["architecture", "classes"], `the network ${has}, the data have ${ofData}`, {
      fault: "classesDiffer",
      classes: architecture.classes,
      ofData,
    });
  }
  const layers = layerShapes(architecture).length;
  const isDistinct = new Set(freeze).size === freeze.length;
  if (!isDistinct || freeze.length >= layers || freeze.some((layer) => layer > layers)) {
    const message = `must name some of the layers 1 to ${layers}, each once, and leave one to learn`;
    complain(["freeze"], message, { fault: "freezesWrongLayers", layers });
  }
  if (architecture.classes !== undefined) return;
  const ofClasses = (field: keyof TrainingSettings, does: string) => {
    const message = `${does}, and the network estimates a number: leave it out`;
    complain(["training", field], message, { fault: "onlyForClasses" });
  };
  if (training.calibrateLogits === true) ofClasses("calibrateLogits", "calibrates the logits of classes");
  if (training.balance !== undefined) ofClasses("balance", "evens out how often each class occurs");
}

const manifestSchema = z
  .strictObject({
    version: z.literal(1),
    title: z.string().min(1).max(200),
    architecture: architectureSchema,
    data: dataSchema,
    training: trainingSchema,
    /** FedAvg unless given. */
    strategy: strategySchema.optional(),
    freeze: freezeSchema.optional(),
    stop: stopSchema.optional(),
    /** Updates are plain lanes unless given. */
    compression: compressionSchema.optional(),
    differentialPrivacy: differentialPrivacySchema.optional(),
  })
  .superRefine(refineFit);

export type Manifest = z.infer<typeof manifestSchema>;

/** The manifest is no manifest, or does not belong to its task. */
export class UnusableManifest extends Error {
  override readonly name = "UnusableManifest";
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(checkManifest(manifest), undefined, 2)}\n`);
}

/** @throws UnusableManifest if the bytes are no manifest, or describe another number of parameters than the task has. */
export function decodeManifest(bytes: Uint8Array, parameters: number): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new UnusableManifest("The task's manifest is not JSON. Ask its sponsor; do not stake on it.");
  }
  const manifest = checkManifest(value);
  const described = parameterCount(manifest.architecture);
  if (described !== parameters) {
    throw new UnusableManifest(
      `The manifest describes a network of ${described} parameters, the task has ${parameters}. ` +
        "Ask its sponsor; do not stake on it.",
    );
  }
  return manifest;
}

/** @throws UnusableManifest naming every field that is wrong. */
export function checkManifest(value: unknown): Manifest {
  const result = manifestSchema.safeParse(value);
  if (result.success) return result.data;
  throw new UnusableManifest(`The manifest is not one:\n${z.prettifyError(result.error)}`);
}
