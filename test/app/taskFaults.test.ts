import { expect } from "chai";
import { checkDraft, withValue } from "../../app/open/draft.ts";
import type { Draft } from "../../app/open/draft.ts";
import { faultOf, planOf } from "../../app/open/plan.ts";
import { faultText } from "../../app/words/faults/words.ts";
import { zh } from "../../app/words/faults/zh.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";
import { faultOfIssue } from "../../trainer/roles/taskFaults.ts";
import type { FaultName, TaskFault } from "../../trainer/roles/taskFaults.ts";
import { taskFileSchema } from "../../trainer/roles/taskFile.ts";

type Changes = Readonly<Record<string, unknown>>;

const EXAMPLE: Draft = { ...exampleTaskFile(PRESETS.mlp) };
const { architecture: MLP } = PRESETS.mlp;
const CNN = PRESETS.cnn.architecture;
const masked = { privacy: "masked", "trainers.min": 11 };
const cohorts = { privacy: "masked", "trainers.min": 3, "trainers.max": 20, shareThreshold: 3, "cohorts.count": 5 };
const table = (changes: Changes) => ({
  data: { kind: "csv", features: ["a", "b"], label: "c", classes: ["x", "y"], ...changes },
});
const noise = { clipNorm: 0.001, noiseMultiplier: 0.01, delta: 1e-6 };

/** A draft's changes to the example that cause each; none where no draft can. */
const CAUSES: Readonly<Record<FaultName, Changes | undefined>> = {
  noAmount: { "stake.min": "many" },
  noAddress: { rewardToken: "0x12" },
  tooManyDigits: { "rewards.data": "0.1234567" },
  minAboveSeats: { "trainers.min": 17 },
  graceTooLong: { "seconds.grace": 3_600 },
  stakeTooSmall: { "stake.min": "89" },
  retentionTooShort: { "seconds.retention": 38_099 },
  gasPriceTooHigh: { "stake.gasPrice": "20" },
  fraudFineTooSmall: { "stake.fraudFine": "0.001" },

  onlyMasked: { shareThreshold: 3 },
  seatsOutOfRange: { ...masked, "trainers.max": 200 },
  seatsUneven: { ...cohorts, "trainers.max": 22 },
  thresholdOutOfRange: { ...masked, shareThreshold: 17 },
  tooFewMasked: { ...masked, "trainers.min": 2 },
  belowThreshold: { ...masked, "trainers.min": 10 },
  proofTooDear: { privacy: "masked", "trainers.min": 33, "trainers.max": 256, "cohorts.count": 4, shareThreshold: 33 },
  trimUnused: { ...cohorts, "cohorts.trim": 1 },
  tooFewCohorts: { ...masked, "cohorts.rule": "median" },
  trimOutOfRange: { ...cohorts, "cohorts.rule": "trimmedMean", "cohorts.trim": 3 },

  featuresDiffer: { "architecture.inputs": [783] },
  needsRegression: table({ label: undefined, classes: undefined, target: { column: "c", mean: 0, std: 1 } }),
  classesDiffer: { "architecture.classes": 9 },
  freezesWrongLayers: { freeze: [3] },
  onlyForClasses: { "architecture.classes": undefined, "architecture.regression": { loss: "squaredError" } },

  rateOutOfRange: undefined, // named with the field before
  adaptivityOutOfRange: { strategy: { name: "FedAdam", adaptivity: 1e-7 } },
  needsSingleUpdates: { ...masked, strategy: { name: "Krum", liars: 1 } },
  needsCohorts: { ...masked, strategy: { name: "CoordinateMedian" } },
  comparedTwice: { ...cohorts, "cohorts.rule": "median", strategy: { name: "CoordinateMedian" } },
  followsMean: {
    ...{ ...cohorts, "cohorts.rule": "median", strategy: { name: "SCAFFOLD", steps: 10, trainers: 20 } },
    training: { epochs: 1, batchSize: 32, optimizer: "sgd", learningRate: 0.1 },
  },
  maskedCompression: { ...masked, compression: { bits: 8 } },
  noisyCompression: { compression: { bits: 8 }, differentialPrivacy: noise },

  imageTooSmall: { architecture: { ...CNN, filters: [1, 1, 1, 1, 1] } },
  needsOneHead: { "architecture.classes": undefined },
  tooManyParameters: { architecture: { ...MLP, hidden: [8_192, 8_192] } },
  needsMean: table({ features: ["a", { column: "b", missing: "mean" }] }),
  featureTwice: table({ features: ["a", "a"] }),
  tooManyFeatures: table({
    features: Array.from({ length: 70 }, (_, i) => ({
      column: `f${i}`,
      values: Array.from({ length: 1_000 }, (_, value) => `v${value}`),
    })),
  }),
  needsLabelOrTarget: table({ label: undefined }),
  learnsFeature: table({ features: ["a", "c"] }),
  classTwice: table({ classes: ["x", "x"] }),
  noFolderName: { data: { kind: "imageFolder", height: 28, width: 28, classes: ["..", "b"] } },
  needsShare: { compression: { keep: "largest" } },
  needsKeep: { compression: { share: 0.1 } },
  compressesNothing: { compression: { bits: undefined } },
  ranksKept: { compression: { keep: "largest", share: 0.1 }, strategy: { name: "CoordinateMedian" } },
  clipsCompressed: { compression: { bits: 8 }, strategy: { name: "NormClipping", norm: 1 } },

  unknownStrategy: { strategy: { name: "FedNothing" } },
  wrongSettings: undefined, // named with the field before
  needsOtherSteps: { strategy: { name: "FedNova" } },
  toldOfTooFew: {
    strategy: { name: "SCAFFOLD", steps: 10, trainers: 15 },
    training: { epochs: 1, batchSize: 32, optimizer: "sgd", learningRate: 0.1 },
  },
  tooFewForLiars: { strategy: { name: "Krum", liars: 1 } },
  nothingLeft: { strategy: { name: "TrimmedMean", trim: 2 } },
  clipsNoisy: { differentialPrivacy: noise, strategy: { name: "NormClipping", norm: 1 } },
  keepsTooMany: { "trainers.min": 5, strategy: { name: "MultiKrum", liars: 1, keep: 5 } },

  epsilonTooSmall: { differentialPrivacy: { ...noise, maxEpsilon: 1e-3 } },
  tooManyColluders: { differentialPrivacy: { ...noise, colluders: 3 } },
  noiseTooCoarse: { differentialPrivacy: noise, "fixedPoint.fractionBits": 3, "weight.maxUnits": 1 },
  noiseDoesNotFit: { differentialPrivacy: { ...noise, clipNorm: 1, noiseMultiplier: 1 } },
  sumCouldOverflow: { "weight.maxUnits": 1_000 },
  onlyZero: { "fixedPoint.clip": 1e-9 },
  lanesTooLarge: { "fixedPoint.clip": 1e6 },
};

/** Said only where they matter: 1 cohort and no trimming go without saying. */
const UNSPOKEN = new Set([
  ...["seatsOutOfRange.cohorts", "thresholdOutOfRange.cohorts", "sumCouldOverflow.cohorts", "sumCouldOverflow.trim"],
]);

const changed = (changes: Changes) =>
  Object.entries(changes).reduce((draft, [path, value]) => withValue(draft, path, value), EXAMPLE);

/** All that the page says of a draft: at its fields, or where it says what it comes to. */
function faultsOf(draft: Draft): TaskFault[] {
  const { data, error } = taskFileSchema.safeParse(draft);
  if (error !== undefined) return error.issues.flatMap((issue) => faultOfIssue(issue) ?? []);
  const tokens = { stakeToken: `0x${"22".repeat(20)}`, stakeDecimals: 18, rewardDecimals: 6 };
  try {
    planOf(data, `0x${"11".repeat(20)}`, tokens, { dropout: 0, corruption: 0 });
    return [];
  } catch (thrown) {
    const fault = faultOf(thrown);
    if (fault === undefined) throw thrown;
    return [fault];
  }
}

describe("What is wrong with a draft, in Chinese", () => {
  for (const [name, changes] of Object.entries(CAUSES)) {
    if (changes === undefined) continue;
    it(`${name}: has its own sentence, with the numbers`, () => {
      const draft = changed(changes);
      const faults = faultsOf(draft);
      const fault = faults.find((each) => each.fault === name);
      if (fault === undefined) throw new Error(`only ${JSON.stringify([...checkDraft(draft).faults])}`);
      const said = faultText(zh, fault);
      expect(said)
        .to.match(/[\u4e00-\u9fff]{2}/)
        .and.not.to.include("undefined");
      const { fault: _, ...numbers } = fault;
      const spoken = Object.entries(numbers).filter(([key]) => !UNSPOKEN.has(`${name}.${key}`));
      for (const [key, value] of spoken) {
        if (typeof value === "number" || typeof value === "string") expect(said, key).to.include(String(value));
      }
    });
  }

  it("is shown at the field, and zod's own checks are too", () => {
    const wrong = changed({
      "stake.min": "89",
      rounds: 0,
      "trainers.max": "many",
      "fixedPoint.clip": 0,
      title: undefined,
    });
    const faults = checkDraft(wrong, zh).faults;
    expect(Object.fromEntries(faults)).to.deep.equal({
      title: ["请填写"],
      rounds: ["至少为 1"],
      "trainers.max": ["必须是数字"],
      "fixedPoint.clip": ["必须大于 0"],
    });
    expect(checkDraft(changed({ "stake.min": "89" }), zh).faults.get("stake.min")?.[0]).to.include("至少 90");
    for (const said of [...faults.values()].flat()) expect(said).not.to.match(/[a-z]{3}/i);
    expect(checkDraft(changed({ privacy: "open", more: 1 }), zh).faults.get("privacy")?.[0]).to.include("无效选项");
  });
});
