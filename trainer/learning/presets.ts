/**
 * Networks and settings for MNIST, dealt to five trainers by Dirichlet shares (alpha 0.5) and averaged by rows in the
 * integers of the protocol. Test accuracy after the last round, by
 * `npm run demo -- --seed N`: mlp 97.89, 97.97 and 98.04 % (seeds 1 to 3), cnn 98.58 % (seed 1).
 */
import type { Architecture } from "./architecture.ts";
import type { TrainingSettings } from "./trainingSettings.ts";

export interface Preset {
  readonly architecture: Architecture;
  readonly training: TrainingSettings;
  readonly rounds: number;
}

export const PRESETS: Record<"mlp" | "cnn", Preset> = {
  mlp: {
    architecture: { kind: "mlp", inputs: [784], hidden: [240], classes: 10 },
    training: {
      epochs: 4,
      batchSize: 32,
      optimizer: "momentum",
      momentum: 0.9,
      learningRate: 0.1,
      schedule: "linear",
      calibrateLogits: true,
    },
    rounds: 8,
  },
  cnn: {
    architecture: { kind: "cnn", inputs: [28, 28, 1], filters: [8, 16], window: 5, hidden: [64], classes: 10 },
    training: {
      epochs: 1,
      batchSize: 32,
      optimizer: "momentum",
      momentum: 0.9,
      learningRate: 0.05,
      schedule: "linear",
      calibrateLogits: true,
    },
    rounds: 6,
  },
};
