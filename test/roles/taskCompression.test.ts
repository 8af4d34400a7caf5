import { expect } from "chai";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";
import { UnusableManifest, checkManifest } from "../../trainer/roles/manifest.ts";
import { updateFormOf, updateLabel, updateSizeText } from "../../trainer/roles/taskCompression.ts";
import { UnusableTaskFile, manifestOf, parseTaskFile, rulesOf } from "../../trainer/roles/taskFile.ts";
import { planOfTask } from "../../trainer/roles/taskStrategy.ts";
import { account } from "./aTask.ts";

const EXAMPLE = exampleTaskFile(PRESETS.mlp);
const TOKENS = { stakeToken: account(0x57a), stakeDecimals: 18, rewardDecimals: 18 };
const SGD = { ...EXAMPLE.training, optimizer: "sgd" as const, schedule: "constant" as const };
const PRIVATE = { clipNorm: 0.001, noiseMultiplier: 1, delta: 1e-5, maxEpsilon: 100 };
const KEEP = { keep: "largest", share: 0.01 } as const;

function opened(change: object) {
  const file = parseTaskFile(JSON.parse(JSON.stringify({ ...EXAMPLE, ...change })));
  return { file, rules: rulesOf(file, account(1), TOKENS), manifest: checkManifest(manifestOf(file)) };
}

function refusal(change: object): string {
  try {
    opened(change);
  } catch (error) {
    if (error instanceof UnusableTaskFile) return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(change)} is taken`);
}

/** What cannot be together, how a file of it is refused, and the manifest that a careless sponsor would write. */
const IMPOSSIBLE: readonly (readonly [what: string, task: object, compression: object, words: string])[] = [
  ["masked updates", { privacy: "masked", trainers: { min: 8, max: 12 } }, { bits: 8 }, "as random as any"],
  ["noise", { differentialPrivacy: PRIVATE }, KEEP, "leave one of the two out"],
  ["ranked numbers", { strategy: { name: "CoordinateMedian" } }, KEEP, "leave keep and share out"],
  ["trimmed numbers", { strategy: { name: "TrimmedMean", trim: 1 } }, KEEP, "leave keep and share out"],
  ["lengths that count", { strategy: { name: "NormClipping", norm: 1 } }, { bits: 8 }, "too long"],
];

describe("compression of a task", () => {
  it("goes from the file into the manifest, and the chain is told nothing", () => {
    const compression = { ...KEEP, bits: 4 };
    const { rules, manifest } = opened({ compression });
    expect(manifest.compression).to.deep.equal(compression);
    expect(rules).to.deep.equal(opened({}).rules);
    expect(planOfTask(manifest, rules).server.rule).to.equal("FedAvg");
    const parameters = 784 * 240 + 240 + 2_410;
    expect(updateFormOf(manifest)).to.deep.equal({
      ...{ parameters, lanes: parameters, frozen: [], keep: "largest", kept: 1_908, bits: 4 },
    });
  });

  it("is none unless given", () => {
    const { manifest } = opened({});
    expect(manifest).to.not.have.property("compression");
    expect(updateFormOf(manifest)).to.equal(undefined);
  });

  it("writes nothing of frozen layers", () => {
    const form = updateFormOf(opened({ compression: { bits: 8 }, freeze: [1] }).manifest);
    expect(form).to.include({ parameters: 190_810, lanes: 2_410, kept: 2_410 });
    expect(form?.frozen).to.deep.equal([{ from: 0, to: 188_400 }]);
  });

  for (const [what, task, compression, words] of IMPOSSIBLE) {
    it(`cannot be with ${what}: a task does not open, and trainers refuse one that did`, () => {
      const message = refusal({ ...task, compression });
      expect(message).to.contain("at compression").and.contain(words);
      const { manifest, rules } = opened(task);
      const forged = checkManifest({ ...manifest, compression });
      expect(() => planOfTask(forged, rules)).to.throw(UnusableManifest, words);
    });
  }

  it("can be with strategies that use what is left", () => {
    for (const [strategy, compression, change] of [
      ["FedBuff", KEEP, {}],
      ["FedNova", { keep: "random", share: 0.1, bits: 1 }, { training: SGD }],
      ["FedAdam", KEEP, {}],
      ["CoordinateMedian", { bits: 8 }, {}],
      ["MultiKrum", { bits: 4 }, { liars: 1, trainers: { min: 5, max: 16 } }],
      ["SCAFFOLD", { keep: "largest", share: 0.1 }, { steps: 8, trainers: 20, training: SGD }],
    ] as const) {
      const { training, trainers, ...settings } = { training: EXAMPLE.training, trainers: EXAMPLE.trainers, ...change };
      const isScaffold = strategy === "SCAFFOLD";
      const { manifest, rules } = opened({
        ...{ training, trainers: isScaffold ? EXAMPLE.trainers : trainers, compression },
        strategy: { name: strategy, ...settings, ...(isScaffold ? { trainers: 20 } : {}) },
      });
      expect(planOfTask(manifest, rules).server.rule, strategy).to.equal(rules.serverRule);
    }
  });

  it("names the field that is wrong, and what would do", () => {
    expect(refusal({ compression: { keep: "largest" } })).to.contain("at compression.share");
    expect(refusal({ compression: { bits: 2 } })).to.contain("at compression.bits");
    expect(refusal({ compression: { keep: "largest", share: 0.9 } })).to.contain("at compression.share");
    expect(refusal({ compression: {} })).to.contain("at compression.bits");
  });

  it("has words for what an update takes", () => {
    expect(updateSizeText(opened({}).manifest)).to.equal("763240 bytes");
    expect(updateSizeText(opened({ compression: { keep: "random", share: 0.1 } }).manifest)).to.equal(
      "at most 76325 bytes, 10.0 times fewer than the 763240 of a plain one",
    );
  });

  it("draws from task, round and trainer, however its address is written", () => {
    expect(updateLabel("0xab", 3, "0xAbC")).to.equal("0xab/3/0xabc");
  });
});
