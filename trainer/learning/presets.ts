/**
 * Networks and settings for MNIST, dealt to five trainers by Dirichlet shares (alpha 0.5) and averaged by rows in the
 * integers of the protocol. Test accuracy after the last round of `npm run demo`: mlp 97.9 to 98.0 %, by seed, cnn 98.6 %.
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
