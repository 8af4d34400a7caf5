/** A task file to start from: digits with the MLP, windows for trainers who are awake at different hours. */
import type { Architecture } from "../learning/architecture.ts";
import type { TrainingSettings } from "../learning/trainingSettings.ts";
import type { TaskFile } from "./taskFile.ts";

export function exampleTaskFile(preset: {
  readonly architecture: Architecture;
  readonly training: TrainingSettings;
  readonly rounds: number;
}): TaskFile {
  const { architecture, training, rounds } = preset;
  return {
    title: "Handwritten digits",
    architecture,
    data: { kind: "mnist" },
    training,
    rounds,
    trainers: { min: 3, max: 16 },
    weight: { unitSamples: 500, maxUnits: 100 },
    fixedPoint: { fractionBits: 20, clip: 1 },
    seconds: {
      enter: 3_600,
      commit: 7_200,
      reveal: 1_800,
      attest: 900,
      grace: 900,
      propose: 3_600,
      challenge: 1_800,
      disclose: 600,
      retention: 604_800,
    },
    stake: { min: "100", missFine: "5", fraudFine: "80" },
    rewards: { data: "60", compute: "40", aggregator: "2", advance: "1" },
    seed: 1,
  };
}
