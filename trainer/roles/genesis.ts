/** What a task begins with: its first model, with the moments of its rule, and its manifest; the chain has their names. */
import type { TaskRules } from "../chain/taskRules.ts";
import { initialWeights } from "../learning/parameters.ts";
import { WrongModelShape } from "../learning/wrongModelShape.ts";
import { modelRoot, stateToBytes } from "../protocol/modelRoot.ts";
import { quantise } from "../protocol/quantise.ts";
import { freshState } from "../protocol/serverStep.ts";
import { encodeManifest } from "./manifest.ts";
import { manifestOf } from "./taskFile.ts";
import type { TaskFile } from "./taskFile.ts";

export interface GenesisFiles {
  readonly modelRoot: string;
  /** As they lie on IPFS. */
  readonly model: Uint8Array;
  readonly manifest: Uint8Array;
}

/**
 * @param initial The weights that it starts from; drawn from the file's seed unless given.
 * @throws WrongModelShape if they are of another network.
 */
export function genesisFiles(
  file: TaskFile,
  { serverRule, fractionBits, parameters }: Pick<TaskRules, "serverRule" | "fractionBits" | "parameters">,
  initial: Float32Array = initialWeights(file.architecture, file.seed),
): GenesisFiles {
  if (initial.length !== parameters) throw new WrongModelShape(parameters, initial.length);
  // The model may use the whole range of a lane; only updates are clipped.
  const lanes = quantise(initial, { fractionBits, clip: 2 ** (31 - fractionBits) });
  const first = freshState(serverRule, lanes);
  return { modelRoot: modelRoot(first), model: stateToBytes(first), manifest: encodeManifest(manifestOf(file)) };
}
