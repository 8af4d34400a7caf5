import { readFileSync, readdirSync } from "node:fs";
import { expect } from "chai";
import { challengeGas } from "../../trainer/chain/taskRules.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { parameterCount } from "../../trainer/learning/architecture.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";
import { checkManifest } from "../../trainer/roles/manifest.ts";
import { UnusableTaskFile, manifestOf, parseTaskFile, rulesOf } from "../../trainer/roles/taskFile.ts";
import { account } from "./aTask.ts";

const EXAMPLE = exampleTaskFile(PRESETS.mlp);
const EXAMPLES = new URL("../../docs/examples/", import.meta.url);
const TOKENS = { stakeToken: account(0x57a), stakeDecimals: 18, rewardDecimals: 18 };
const TOKEN = 10n ** 18n;

describe("task file", () => {
  it("that is offered as an example is one, for both presets, also after a way through JSON", () => {
    for (const preset of [PRESETS.mlp, PRESETS.cnn]) {
      const example = exampleTaskFile(preset);
      expect(parseTaskFile(JSON.parse(JSON.stringify(example)))).to.deep.equal(example);
      rulesOf(example, account(1), TOKENS);
      checkManifest(manifestOf(example));
    }
  });

  for (const name of readdirSync(EXAMPLES)) {
    it(`docs/examples/${name} could be opened as it is`, () => {
      const file = parseTaskFile(JSON.parse(readFileSync(new URL(name, EXAMPLES), "utf8")));
      rulesOf(file, account(1), TOKENS);
      checkManifest(manifestOf(file));
    });
  }

  it("becomes rules in the units of the chain", () => {
    const rules = rulesOf(EXAMPLE, account(1), { ...TOKENS, rewardDecimals: 6 });
    expect(rules).to.include({
      sponsor: account(1),
      rewardToken: TOKENS.stakeToken,
      parameters: parameterCount(EXAMPLE.architecture),
      bound: 2 ** 20,
      minTrainers: 3,
      minSummed: 3,
      maxTrainers: 16,
      weightUnit: 500,
      maxWeight: 100,
      commitSeconds: 7_200,
      minStake: 100n * TOKEN,
      missFine: 5n * TOKEN,
      fraudFine: 80n * TOKEN,
      challengeGasPrice: 1_000_000_000n,
      discloseSeconds: 600,
      serverRule: "FedAvg",
      serverRate: 0,
      momentum: 0,
      secondMomentum: 0,
      adaptivity: 0,
      dataPot: 60_000_000n,
      computePot: 40_000_000n,
      aggregatorPay: 2_000_000n,
      advanceTip: 1_000_000n,
    });
    expect(rules.maxDataRate > rules.dataPot, "only the pot limits the data rate").to.equal(true);
  });

  it("may name the reward's token, a limit and parts of a token", () => {
    const rewards = { ...EXAMPLE.rewards, data: "0.000000000000000001", maxDataRate: "1.5" };
    const rules = rulesOf({ ...EXAMPLE, rewards, rewardToken: account(5) }, account(1), TOKENS);
    expect(rules.rewardToken).to.equal(account(5));
    expect(rules.dataPot).to.equal(1n);
    expect(rules.maxDataRate).to.equal((3n * TOKEN) / 2n);
  });

  it("gives the proposer half a minute to disclose unless it says otherwise", () => {
    const { disclose: _, ...seconds } = EXAMPLE.seconds;
    expect(rulesOf(parseTaskFile({ ...EXAMPLE, seconds }), account(1), TOKENS).discloseSeconds).to.equal(30);
  });

  it("gives a manifest that says nothing of money", () => {
    expect(Object.keys(manifestOf(EXAMPLE)).sort()).to.deep.equal([
      "architecture",
      "data",
      "title",
      "training",
      "version",
    ]);
  });

  it("tells trainers in the manifest which layers do not learn and when to stop", () => {
    const told = { freeze: [1], stop: { movement: 0.001, rounds: 3 } };
    expect(checkManifest(manifestOf(parseTaskFile({ ...EXAMPLE, ...told })))).to.deep.include(told);
    const all = EXAMPLE.architecture.hidden.map((_, i) => i + 1);
    expect(() => parseTaskFile({ ...EXAMPLE, freeze: [...all, all.length + 1] })).to.throw("leave one to learn");
  });

  it("that has settings of classes without classes is refused", () => {
    const { classes: _, ...layers } = EXAMPLE.architecture;
    const estimating = { ...layers, regression: { loss: "squaredError" } };
    for (const change of [{ calibrateLogits: true }, { balance: "over" }]) {
      const file = { ...EXAMPLE, architecture: estimating, training: { ...EXAMPLE.training, ...change } };
      expect(() => parseTaskFile(file)).to.throw(`training.${Object.keys(change).join()}`);
    }
  });

  it("that could overflow is refused with numbers that would fit", () => {
    const many = { ...EXAMPLE, trainers: { min: 3, max: 64 } };
    let message = "";
    try {
      rulesOf(many, account(1), TOKENS);
    } catch (error) {
      message = (error as Error).message;
    }
    const suggested = /maxTrainers (\d+), maxWeight (\d+), clip ([\d.]+), fractionBits (\d+)/.exec(message);
    if (suggested === null) throw new Error(`no numbers in: ${message}`);
    const [trainers, weight, clip, bits] = suggested.slice(1).map(Number) as [number, number, number, number];
    for (const fits of [
      { ...many, trainers: { min: 3, max: trainers } },
      { ...many, weight: { ...many.weight, maxUnits: weight } },
      { ...many, fixedPoint: { ...many.fixedPoint, clip } },
      { ...many, fixedPoint: { ...many.fixedPoint, fractionBits: bits } },
    ]) {
      rulesOf(fits, account(1), TOKENS);
    }
  });

  describe("with differential privacy", () => {
    const differentialPrivacy = { clipNorm: 0.5, noiseMultiplier: 1, delta: 1e-5, maxEpsilon: 20 };
    const roomy = {
      ...EXAMPLE,
      strategy: { name: "FedAvg", weighted: false },
      fixedPoint: { fractionBits: 18, clip: 4 },
    };

    it("tells its trainers in the manifest, and others nothing", () => {
      const file = parseTaskFile({ ...roomy, differentialPrivacy });
      expect(checkManifest(manifestOf(file)).differentialPrivacy).to.deep.equal(differentialPrivacy);
      expect(manifestOf(EXAMPLE)).not.to.have.property("differentialPrivacy");
    });

    it("is refused when the lanes have no room for the noise, naming what would fit", () => {
      expect(() => parseTaskFile({ ...EXAMPLE, differentialPrivacy }))
        .to.throw(UnusableTaskFile, "fixedPoint.clip is 1, but a lane needs room up to")
        .with.property("message")
        .that.matches(/Any one of these would fit: .*\n.*at differentialPrivacy/s);
      parseTaskFile({ ...roomy, differentialPrivacy });
    });

    it("is refused when more may collude than the fewest in a round", () => {
      const colluders = { ...roomy, differentialPrivacy: { ...differentialPrivacy, colluders: 3 } };
      expect(() => parseTaskFile(colluders)).to.throw(
        UnusableTaskFile,
        "colluders must be below 3, the fewest updates in a sum",
      );
    });

    it("is refused when not even one round is within the ceiling", () => {
      const low = { ...roomy, differentialPrivacy: { ...differentialPrivacy, maxEpsilon: 1 } };
      expect(() => parseTaskFile(low)).to.throw(UnusableTaskFile, "at least 4.73, which the first round costs");
    });

    it("with a fixed point that has no lanes is refused for that alone", () => {
      const none = { ...roomy, fixedPoint: { fractionBits: 30, clip: 1e9 }, differentialPrivacy };
      expect(() => rulesOf(parseTaskFile(none), account(1), TOKENS)).to.throw(RangeError, "beyond 2^31");
    });
  });

  const change = (path: string, value: unknown): unknown => {
    const copy: unknown = structuredClone(EXAMPLE);
    const names = path.split(".");
    let at = copy as Record<string, unknown>;
    for (const name of names.slice(0, -1)) at = at[name] as Record<string, unknown>;
    at[names.at(-1) as string] = value;
    return copy;
  };
  const wrong: readonly [string, unknown][] = [
    ["title", ""],
    ["rounds", 0],
    ["rounds", 1.5],
    ["trainers.min", 0],
    ["trainers.max", 257],
    ["trainers.max", 3.5],
    ["weight.unitSamples", 0],
    ["weight.maxUnits", 65_536],
    ["fixedPoint.fractionBits", 31],
    ["fixedPoint.clip", -1],
    ["seconds.enter", 0],
    ["seconds.commit", "3600"],
    ["seconds.reveal", undefined],
    ["seconds.attest", 1e9],
    ["seconds.grace", -1],
    ["seconds.propose", null],
    ["seconds.challenge", 0.5],
    ["seconds.retention", 2 ** 32],
    ["stake.min", 100],
    ["stake.missFine", "-5"],
    ["stake.fraudFine", "1e3"],
    ["rewards.data", "60 FDS"],
    ["rewards.maxDataRate", "."],
    ["rewards.compute", "1.0000000000000000001"],
    ["rewards.aggregator", ""],
    ["rewards.advance", []],
    ["seconds.disclose", 0],
    ["seconds.disclose", 600_000],
    ["stake.gasPrice", "-1"],
    ["stake.gasPrice", "19"],
    ["server", { rule: "Uniform" }],
    ["strategy", { name: "Uniform" }],
    ["stop", { movement: 0, rounds: 3 }],
    ["stop", { movement: 0.01 }],
    ["freeze", []],
    ["freeze", [0]],
    ["freeze", [1, 1]],
    ["freeze", [9]],
    ["rewardToken", "0x12"],
    ["architecture.classes", 1],
    ["data.kind", "sounds"],
    ["training.epochs", 0],
    ["training.balance", "even"],
    ["seed", { no: "seed" }],
    ["unknown", true],
  ];
  for (const [field, value] of wrong) {
    it(`names ${field} when it is ${value === undefined ? "missing" : JSON.stringify(value)}`, () => {
      expect(() => parseTaskFile(change(field, value)))
        .to.throw(UnusableTaskFile)
        .with.property("message")
        .that.includes(field);
    });
  }

  it("with more trainers at least than at most, fines above the stake, or a grace beyond its phase is refused", () => {
    for (const [field, path, value] of [
      ["trainers.min", "trainers", { min: 5, max: 4 }],
      ["seconds.grace", "seconds.grace", 3_601],
    ] as const) {
      expect(() => parseTaskFile(change(path, value)))
        .to.throw(UnusableTaskFile)
        .with.property("message")
        .that.includes(field);
    }
  });

  it("is refused when content could be gone before the round is over, saying how long that can take", () => {
    const longest = 3_600 + 7_200 + 1_800 + 900 + 3_600 + 1_800 + 32 * 600;
    parseTaskFile(change("seconds.retention", longest));
    expect(() => parseTaskFile(change("seconds.retention", longest - 1)))
      .to.throw(UnusableTaskFile)
      .with.property("message")
      .that.includes("seconds.retention")
      .and.includes(`${longest}`);
  });

  it("is refused when a proof would cost more than its reward, saying what fraudFine would do", () => {
    const dear = { ...EXAMPLE.stake, gasPrice: "0.001" };
    let message = "";
    try {
      parseTaskFile({ ...EXAMPLE, stake: dear });
    } catch (error) {
      message = (error as Error).message;
    }
    const least = /must be at least ([\d.]+): two fifths/.exec(message)?.[1];
    if (least === undefined) throw new Error(`no amount in: ${message}`);
    expect(message).to.include("stake.fraudFine").and.include("gasPrice of 0.001");
    const enough = parseTaskFile({ ...EXAMPLE, stake: { ...dear, min: "100000", fraudFine: least } });
    const { fraudFine, challengeGasPrice } = rulesOf(enough, account(1), TOKENS);
    expect(challengeGasPrice).to.equal(TOKEN / 1_000n);
    const parameters = parameterCount(EXAMPLE.architecture);
    const gas = challengeGas({
      ...{ parameters, minTrainers: 3, maxTrainers: 16 },
      ...{ serverRule: "FedAvg", privacy: "sealed", cohorts: 0, trim: 0 },
    });
    expect((fraudFine * 2n) / 5n).to.equal(2n * BigInt(gas) * challengeGasPrice);
  });

  it("is refused whole when it is no object", () => {
    for (const value of [null, [], "task", 5]) expect(() => parseTaskFile(value)).to.throw(UnusableTaskFile);
  });

  it("is refused when token amounts have more digits than the token", () => {
    const rewards = { ...EXAMPLE.rewards, data: "0.0000001" };
    expect(() => rulesOf({ ...EXAMPLE, rewards }, account(1), { ...TOKENS, rewardDecimals: 6 }))
      .to.throw(UnusableTaskFile)
      .with.property("message")
      .that.includes("rewards.data")
      .and.includes("6 digits");
  });
});
