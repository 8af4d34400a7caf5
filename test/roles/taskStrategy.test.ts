import { expect } from "chai";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { STRATEGIES } from "../../trainer/learning/strategies/registry.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";
import { UnusableManifest, checkManifest } from "../../trainer/roles/manifest.ts";
import { UnusableTaskFile, manifestOf, parseTaskFile, rulesOf } from "../../trainer/roles/taskFile.ts";
import { noisePlanOf } from "../../trainer/roles/privacySpent.ts";
import { planOfTask, strategyText } from "../../trainer/roles/taskStrategy.ts";
import { account } from "./aTask.ts";

const EXAMPLE = exampleTaskFile(PRESETS.mlp);
const TOKENS = { stakeToken: account(0x57a), stakeDecimals: 18, rewardDecimals: 18 };
const SGD = { ...EXAMPLE.training, optimizer: "sgd" as const, schedule: "constant" as const };
const MASKED = { privacy: "masked", trainers: { min: 3, max: 12 }, cohorts: { count: 4 } } as const;

/** For those that have no defaults, or not in a task like the example. */
const SETTINGS: Record<string, object> = {
  SCAFFOLD: { steps: 8, trainers: 20 },
  TrimmedMean: { trim: 1 },
  Krum: { liars: 0 },
  MultiKrum: { liars: 1 },
  Bulyan: { liars: 1 },
  NormClipping: { norm: 1 },
  FLTrust: { root: account(1) },
};
const TRAINERS: Record<string, object> = {
  MultiKrum: { min: 5, max: 16 },
  Bulyan: { min: 7, max: 16 },
};

function opened(strategy: object | undefined, change: object = {}) {
  const training = { training: { ...SGD, learningRate: 0.1 } };
  const file = parseTaskFile(JSON.parse(JSON.stringify({ ...EXAMPLE, ...training, ...change, strategy })));
  return { rules: rulesOf(file, account(1), TOKENS), manifest: checkManifest(manifestOf(file)) };
}

function refusal(strategy: object, change: object = {}): string {
  try {
    opened(strategy, change);
  } catch (error) {
    if (error instanceof UnusableTaskFile) return error.message;
    throw error;
  }
  throw new Error(`${JSON.stringify(strategy)} is taken`);
}

describe("strategy of a task", () => {
  it("is FedAvg where the file says none", () => {
    const { rules, manifest } = opened(undefined);
    expect(rules).to.include({ serverRule: "FedAvg", trim: 0 });
    expect(manifest).to.not.have.property("strategy");
    expect(planOfTask(manifest, rules).server).to.deep.equal({ rule: "FedAvg" });
  });

  it("becomes the contract's rule, with the numbers of the papers or its own", () => {
    const numbers = ["serverRule", "serverRate", "momentum", "secondMomentum", "adaptivity", "trim"] as const;
    for (const [strategy, expected] of [
      [{ name: "FedAvg" }, ["FedAvg", 0, 0, 0, 0, 0]],
      [{ name: "FedAvg", weighted: false }, ["Uniform", 0, 0, 0, 0, 0]],
      [{ name: "FedAvgM" }, ["FedAvgM", 65_536, 58_982, 0, 0, 0]],
      [{ name: "FedAvgM", rate: 0.5, momentum: 0 }, ["FedAvgM", 32_768, 0, 0, 0, 0]],
      [{ name: "FedAdam" }, ["FedAdam", 655, 58_982, 64_881, 1_049, 0]],
      [{ name: "FedYogi", rate: 0.5 }, ["FedYogi", 32_768, 58_982, 64_881, 1_049, 0]],
      [{ name: "FedAdagrad" }, ["FedAdagrad", 6_554, 0, 0, 1_049, 0]],
      [{ name: "FedSGD" }, ["FedAvgM", 6_554, 0, 0, 0, 0]],
      [{ name: "FedProx", mu: 0.1 }, ["FedAvg", 0, 0, 0, 0, 0]],
      [{ name: "CoordinateMedian" }, ["Uniform", 0, 0, 0, 0, 7]],
      [{ name: "TrimmedMean", trim: 1 }, ["Uniform", 0, 0, 0, 0, 1]],
    ] as const) {
      const { rules } = opened(strategy);
      expect(
        numbers.map((number) => rules[number]),
        JSON.stringify(strategy),
      ).to.deep.equal(expected);
    }
  });

  it("says how few updates it may leave in a round of the fewest trainers", () => {
    const trainers = { min: 8, max: 16 };
    for (const [strategy, fewest] of [
      [{ name: "FedAvg" }, 8],
      [{ name: "CoordinateMedian" }, 8],
      [{ name: "NormClipping", norm: 1 }, 8],
      [{ name: "Krum", liars: 2 }, 1],
      [{ name: "MultiKrum", liars: 2 }, 6],
      [{ name: "MultiKrum", liars: 2, keep: 2 }, 2],
      [{ name: "Bulyan", liars: 1 }, 6],
      [{ name: "FLTrust", root: account(1) }, 2],
    ] as const) {
      const { rules, manifest } = opened(strategy, { trainers });
      expect([rules.minTrainers, rules.minSummed], strategy.name).to.deep.equal([8, fewest]);
      expect(() => planOfTask(manifest, { ...rules, minSummed: 3 })).to.throw(
        UnusableManifest,
        `minSummed 3 instead of ${fewest}`,
      );
    }
    expect(opened({ name: "FedAvg" }, MASKED).rules.minSummed).to.equal(MASKED.trainers.min);
    expect(opened({ name: "TrimmedMean", trim: 1 }, MASKED).rules.minSummed).to.equal(MASKED.trainers.min);
  });

  it("has each trainer add all of the noise where what is published may hang on one update", () => {
    const differentialPrivacy = { clipNorm: 0.001, noiseMultiplier: 1, delta: 1e-5 };
    const change = { trainers: { min: 5, max: 16 }, differentialPrivacy };
    const sigmaOf = (strategy: object) => noisePlanOf(differentialPrivacy, opened(strategy, change).rules).trainerSigma;
    const uniform = sigmaOf({ name: "FedAvg", weighted: false });
    for (const strategy of [
      { name: "Krum", liars: 1 },
      { name: "MultiKrum", liars: 1 },
      { name: "CoordinateMedian" },
      { name: "TrimmedMean", trim: 1 },
    ]) {
      const wider = sigmaOf(strategy) / uniform;
      expect(Math.abs(wider - Math.sqrt(5)) < 0.01, `${strategy.name}: ${wider} times as wide`).to.equal(true);
    }
  });

  it("is not played by trainers where noise would make its updates too long", () => {
    const { manifest, rules } = opened({ name: "NormClipping", norm: 1 });
    const noisy = { ...manifest, differentialPrivacy: { clipNorm: 0.001, noiseMultiplier: 1, delta: 1e-5 } };
    expect(() => planOfTask(noisy, rules)).to.throw(UnusableManifest, "Its updates cannot have noise on them");
  });

  it("trims cohorts' means in a masked task", () => {
    expect(opened({ name: "CoordinateMedian" }, { ...MASKED, trainers: { min: 3, max: 12 } }).rules.trim).to.equal(1);
    const five = { ...MASKED, trainers: { min: 3, max: 15 }, cohorts: { count: 5 } };
    const { rules, manifest } = opened({ name: "TrimmedMean", trim: 2 }, five);
    expect(rules.trim).to.equal(2);
    expect(planOfTask(manifest, rules).server.trim).to.equal(2);
  });

  for (const [name, { needs }] of STRATEGIES) {
    it(`${name} is what trainers then find on chain, and in masked tasks only if nothing must be read`, () => {
      const strategy = { name, ...SETTINGS[name] };
      const trainers = TRAINERS[name] ?? EXAMPLE.trainers;
      const { rules, manifest } = opened(strategy, { trainers });
      expect(planOfTask(manifest, rules).server.rule).to.equal(rules.serverRule);

      if (needs === "updates") {
        const refused = refusal(strategy, MASKED);
        expect(refused).to.contain('set privacy to "sealed"').and.contain("at strategy");
        const forged = { ...rules, privacy: "masked" as const, cohorts: 1 };
        expect(() => planOfTask(manifest, forged)).to.throw(UnusableManifest, "single updates");
      } else {
        const masked = opened(strategy, MASKED);
        expect(planOfTask(masked.manifest, masked.rules).server.rule).to.equal(masked.rules.serverRule);
        if (needs === "means") {
          const one = { ...MASKED, cohorts: { count: 1 } };
          expect(refusal(strategy, one)).to.contain("cohorts.count to at least 3");
        }
      }
    });
  }

  const refused: readonly [string, object, object, string][] = [
    ["a name that nobody knows", { name: "FedFed" }, {}, "must be one of FedAvg, "],
    ["a setting that is none", { name: "FedAvg", beta: 1 }, {}, "beta"],
    ["a missing setting", { name: "TrimmedMean" }, {}, "strategy.trim"],
    ["a momentum of one", { name: "FedAvgM", momentum: 1 }, {}, "strategy.momentum"],
    ["a rate beyond the largest", { name: "FedAvgM", rate: 16.1 }, {}, "strategy.rate"],
    ["an adaptivity less than a lane", { name: "FedAdam", adaptivity: 2 ** -22 }, {}, "strategy.adaptivity"],
    ["a FedSGD too fast for a server", { name: "FedSGD" }, { training: { ...SGD, learningRate: 17 } }, "to 16"],
    [
      "a SCAFFOLD of adam",
      { name: "SCAFFOLD", steps: 5, trainers: 20 },
      { training: { ...SGD, optimizer: "adam" } },
      "sgd",
    ],
    [
      "a NormClipping of noise",
      { name: "NormClipping", norm: 1 },
      { differentialPrivacy: { clipNorm: 0.001, noiseMultiplier: 1, delta: 1e-5 } },
      "noise makes them so",
    ],
    ["a trim that leaves nothing", { name: "TrimmedMean", trim: 2 }, {}, "trainers.min to at least 5"],
    [
      "two rules for the cohorts' means",
      { name: "CoordinateMedian" },
      { ...MASKED, cohorts: { count: 4, rule: "median" } },
      'so does cohorts.rule, "median": leave one of them out',
    ],
    [
      "a SCAFFOLD whose mean leaves updates out",
      { name: "SCAFFOLD", steps: 5, trainers: 20 },
      { ...MASKED, cohorts: { count: 4, rule: "median" } },
      'set cohorts.rule to "mean"',
    ],
    ["a Krum among too few", { name: "Krum", liars: 1 }, { trainers: { min: 4, max: 16 } }, "trainers.min to 5"],
  ];
  for (const [what, strategy, change, words] of refused) {
    it(`refuses ${what}, saying what to do`, () => expect(refusal(strategy, change)).to.contain(words));
  }

  it("is refused by a trainer where the contract steps otherwise than the manifest says", () => {
    const { rules, manifest } = opened({ name: "FedAdam" });
    for (const [change, words] of [
      [{ serverRule: "FedYogi" }, "serverRule FedYogi instead of FedAdam"],
      [{ serverRate: 656 }, "serverRate 656 instead of 655"],
      [{ trim: 1 }, "trim 1 instead of 0"],
    ] as const) {
      expect(() => planOfTask(manifest, { ...rules, ...change })).to.throw(UnusableManifest, words);
    }
    const median = { ...manifest, strategy: { name: "Bulyan", liars: 5 } };
    expect(() => planOfTask(median, rules)).to.throw(UnusableManifest, "cannot work in it");
  });

  it("takes a masked task's median of cohorts beside a strategy that says nothing of it", () => {
    const median = { ...MASKED, cohorts: { count: 4, rule: "median" as const } };
    const { rules, manifest } = opened({ name: "FedProx", mu: 0.1 }, median);
    expect(rules.trim).to.equal(1);
    expect(planOfTask(manifest, rules).server.rule).to.equal("FedAvg");
  });

  it("is said with its settings", () => {
    expect(strategyText({ name: "FedProx", mu: 0.1 })).to.equal("FedProx, mu 0.1");
    expect(strategyText()).to.equal("FedAvg");
  });
});
