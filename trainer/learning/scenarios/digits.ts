/** Handwritten digits: MNIST, each trainer with a mix of digits of its own. */
import { mnistLabels } from "../datasets/mnist.ts";
import { partitionDirichlet } from "../partition.ts";
import { PRESETS } from "../presets.ts";
import { ACCURACY, CALIBRATION_ERROR, MACRO_F1 } from "./measures.ts";
import { PRIOR } from "./priorBaseline.ts";
import type { Scenario } from "./scenario.ts";

const OFFICES = 5;

export const digits: Scenario = {
  name: "digits",
  title: "Handwritten digits",
  story:
    "Five post offices have 60,000 digits (MNIST) between them, each a mix of its own: class by class their shares are " +
    "drawn from a Dirichlet distribution (alpha 0.5). Tested on MNIST's own 10,000 test images. The offices are made up.",
  isSimulated: false,
  trainers: OFFICES,
  data: { kind: "mnist" },
  ...PRESETS.mlp,
  // A pass a round instead of four: all three columns in a minute.
  training: { ...PRESETS.mlp.training, epochs: 1 },
  clip: 1,
  measures: [ACCURACY, MACRO_F1, CALIBRATION_ERROR],
  baseline: PRIOR,
  async deal(seed, signal) {
    const labels = await mnistLabels("train", signal);
    const parts = partitionDirichlet(labels, { parts: OFFICES, alpha: 0.5, seed, minRows: 500 });
    return {
      shards: parts.map((rows, i) => ({ trainer: `office ${i + 1}`, rows })),
      source: { split: "train" },
      test: { split: "test" },
    };
  },
};
