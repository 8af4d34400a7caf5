/** The parts of the demonstration that decide something, without a chain. The whole of it is `npm run demo`. */
import { expect } from "chai";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CHEATS } from "../../scripts/demo/cheats.ts";
import { checkBalances } from "../../scripts/demo/accounts.ts";
import type { Balances } from "../../scripts/demo/accounts.ts";
import { createBusyClock } from "../../scripts/demo/busyClock.ts";
import { demoTask } from "../../scripts/demo/demoTask.ts";
import { parseOptions, refusalBeside, refusalOf } from "../../scripts/demo/options.ts";
import { createProcesses } from "../../scripts/demo/processes.ts";
import { compareScenario } from "../../scripts/demo/scenarioReport.ts";
import { dealShards } from "../../scripts/demo/shards.ts";
import { createStory } from "../../scripts/demo/story.ts";
import { subjectOf } from "../../scripts/demo/subject.ts";
import type { Subject } from "../../scripts/demo/subject.ts";
import { weightOfSamples } from "../../trainer/chain/taskRules.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import { mnistLabels } from "../../trainer/learning/datasets/mnist.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { ACCURACY } from "../../trainer/learning/scenarios/measures.ts";
import { SCENARIOS } from "../../trainer/learning/scenarios/scenarios.ts";
import type { ScenarioName } from "../../trainer/learning/scenarios/scenarios.ts";
import { createProgress } from "../../trainer/observe/progress.ts";
import { parseTaskFile, rulesOf } from "../../trainer/roles/taskFile.ts";

const DEMO = fileURLToPath(new URL("../../scripts/demo.ts", import.meta.url));
const OPTIONS = new URL("../../scripts/demo/options.ts", import.meta.url).href;
const ADDRESS = "0x00000000000000000000000000000000000000aa";
const NAMES = Object.keys(SCENARIOS) as ScenarioName[];
const NEVER = new AbortController().signal;
const TOKENS = { stakeToken: ADDRESS, stakeDecimals: 18, rewardDecimals: 18 };

describe("demo: options", () => {
  it("take one way to cheat, and enough trainers to go on without the cheat", function () {
    this.timeout(20_000);
    for (const cheat of CHEATS) expect(parseOptions(["--cheat", cheat]).cheat).to.equal(cheat);
    expect(parseOptions(["--cheat", "sum", "--trainers", "3"]).trainers).to.equal(3);
    expect(refusalOf({ ...parseOptions(["--cheat", "sum"]), trainers: 2 })).to.include("at least 3 trainers");
    const { status, stderr } = spawnSync(process.execPath, [DEMO, "--cheat", "murder"], { encoding: "utf8" });
    expect(status).to.equal(1);
    expect(stderr).to.include("Allowed choices are sum, step, encoding, withhold, silent");
  });

  it("are refused where cohorts would be too small, uneven, or lost with those who vanish", () => {
    const masked = { ...parseOptions([]), privacy: "masked", trainers: 8, cohorts: 2 } as const;
    expect(refusalOf(masked)).to.equal(undefined);
    expect(refusalOf({ ...masked, drop: 1 })).to.equal(undefined);
    for (const [change, why] of [
      [{ privacy: "sealed" }, "needs --privacy masked"],
      [{ cohorts: 3 }, "at least 9 trainers"],
      [{ trainers: 9 }, "must divide"],
      [{ cohortRule: "median" }, "--cohorts 3 or more"],
      [{ drop: 2 }, "the 3 of 4 trainers that a cohort needs"],
      [{ cohorts: 1, trainers: 2 }, "at least 3 trainers"],
    ] as const) {
      expect(refusalOf({ ...masked, ...change }), JSON.stringify(change)).to.include(why);
    }
  });

  it("take a scenario, which has its own trainers, network and data", function () {
    this.timeout(20_000);
    for (const name of NAMES) {
      const options = parseOptions(["--scenario", name, "--rounds", "2"]);
      expect(options).to.include({ scenario: name, trainers: SCENARIOS[name].trainers, rounds: 2 });
      expect(refusalBeside(name, () => false)).to.equal(undefined);
      expect(refusalBeside(name, (option) => option === "seed")).to.equal(undefined);
    }
    for (const [option, why] of [
      ["trainers", "has 4 trainers, each with data of its own: leave --trainers away"],
      ["model", "a network of its own: leave --model away"],
      ["alpha", "leave --alpha away"],
      ["cohorts", "too few for several cohorts: leave --cohorts away"],
      ["cohortRule", "leave --cohort-rule away"],
    ] as const) {
      expect(refusalBeside("credit", (each) => each === option)).to.match(new RegExp(`^--scenario credit .*${why}$`));
    }
    const script = `import(${JSON.stringify(OPTIONS)}).then((m) => m.parseOptions(process.argv.slice(1)))`;
    const args = ["-e", script, "--", "--scenario", "traffic", "--model", "cnn"];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(status).to.equal(1);
    expect(stderr).to.include("--scenario traffic has a network of its own: leave --model away");
  });

  it("let a scenario be masked, and let one of its trainers cheat, but not vanish", () => {
    for (const more of [
      ["--privacy", "masked"],
      ["--cheat", "sum"],
    ]) {
      expect(refusalOf(parseOptions(["--scenario", "medical", ...more]))).to.equal(undefined);
    }
    expect(refusalOf({ ...parseOptions(["--scenario", "medical"]), drop: 1 })).to.include("leave --drop away");
  });

  it("are those of the README unless given", () => {
    const defaults = {
      ...{ trainers: 5, model: "mlp", alpha: 0.5, seed: 1, privacy: "sealed" },
      ...{ cohorts: 1, cohortRule: "mean", drop: 0 },
      ...{ out: "out/demo", stay: false, json: false },
    };
    expect(parseOptions([])).to.deep.equal(defaults);
    const all = [
      "--rounds",
      "3",
      "--trainers",
      "8",
      "--model",
      "cnn",
      "--alpha",
      "0.1",
      "--seed",
      "7",
      "--privacy",
      "masked",
      "--cohorts",
      "2",
      "--drop",
      "1",
      "--out",
      "x",
      "--json",
    ];
    expect(parseOptions(all)).to.deep.equal({
      rounds: 3,
      trainers: 8,
      model: "cnn",
      alpha: 0.1,
      seed: 7,
      privacy: "masked",
      cohorts: 2,
      cohortRule: "mean",
      drop: 1,
      out: "x",
      stay: false,
      json: true,
    });
  });
});

describe("demo: task", () => {
  it("could be opened for any number of trainers, with every trainer's data counted", () => {
    for (const trainers of [2, 3, 5, 32]) {
      for (const model of ["mlp", "cnn"] as const) {
        const shards = Array.from({ length: trainers }, (_, i) => ({
          trainer: `trainer ${i + 1}`,
          rows: Array.from({ length: i === 0 ? 40_000 : 600 }, (_, row) => row),
        }));
        for (const cheat of [undefined, ...CHEATS]) {
          const options = {
            trainers,
            model,
            alpha: 0.5,
            seed: 1,
            out: "",
            stay: false,
            json: false,
            privacy: "sealed",
            cohorts: 1,
            cohortRule: "mean",
            drop: 0,
          } as const;
          const file = demoTask(cheat === undefined ? options : { ...options, cheat }, aSubject(model, shards));
          expect(parseTaskFile(file)).to.deep.equal(file);
          const rules = rulesOf(file, ADDRESS, TOKENS);
          for (const { rows } of shards) {
            const units = weightOfSamples(rules, rows.length);
            expect(units, `${rows.length} rows of ${trainers} trainers`).to.be.within(1, rules.maxWeight);
          }
        }
      }
    }
  });
});

/** MNIST, however its rows are dealt. */
function aSubject(model: "mlp" | "cnn", shards: Subject["shards"]): Subject {
  const { architecture, training, rounds } = PRESETS[model];
  const none = { features: new Float32Array(0), labels: new Int32Array(0), rows: 0, shape: [28, 28, 1], classes: 10 };
  return {
    ...{ title: "Digits", model, architecture, training, rounds, shards },
    ...{ data: { kind: "mnist" }, clip: 1, test: none, testRows: "test images", measure: ACCURACY },
  };
}

describe("demo: scenarios", () => {
  for (const name of NAMES) {
    it(`${name} makes a task that could be opened, with every trainer's rows counted`, async function () {
      this.timeout(10_000);
      const subject = await subjectOf(parseOptions(["--scenario", name]), NEVER);
      for (const more of [[], ["--privacy", "masked"], ["--cheat", "sum"]]) {
        const options = parseOptions(["--scenario", name, ...more]);
        const file = demoTask(options, subject);
        expect(parseTaskFile(file)).to.deep.equal(file);
        expect(file.rounds).to.equal(SCENARIOS[name].rounds);
        expect(file.fixedPoint.clip).to.equal(SCENARIOS[name].clip);
        const rules = rulesOf(file, ADDRESS, TOKENS);
        expect(rules.maxTrainers).to.equal(subject.shards.length);
        for (const { trainer, rows } of subject.shards) {
          expect(weightOfSamples(rules, rows.length), trainer).to.be.within(1, rules.maxWeight);
        }
        expect(/simulated/.test(subject.testRows)).to.equal(SCENARIOS[name].isSimulated);
      }
    });
  }

  it("are compared in three columns: each alone, the federation's model as the chain has it, all rows pooled", async function () {
    this.timeout(20_000);
    const progress = createProgress({ kind: "quiet", stream: process.stderr });
    const story = createStory(progress);
    const federated = { kind: "estimates", meanAbsoluteError: 1.25, rootMeanSquaredError: 2.5 } as const;
    const options = { backend: await openBackend(), rounds: 1, seed: 1, story, progress, signal: NEVER };
    const { report, perClass } = await compareScenario(SCENARIOS.traffic, federated, options);
    expect(perClass, "a number has no classes").to.equal(undefined);
    expect(report.testRows).to.be.greaterThan(900);
    expect(report.lines.map(({ measure }) => measure.name)).to.deep.equal(["MAE", "RMSE", "R²"]);
    expect(report.lines.map((line) => line.federated)).to.deep.equal([1.25, 2.5, null]);
    for (const { measure, alone, pooled, baseline } of report.lines) {
      const each = alone.each.map(({ score }) => score as number);
      expect(each).to.have.length(5);
      expect([alone.least, alone.largest]).to.deep.equal([Math.min(...each), Math.max(...each)]);
      expect(alone.mean).to.be.within(alone.least as number, alone.largest as number);
      expect(pooled, measure.name).to.be.a("number");
      expect(baseline, measure.name).to.be.a("number");
    }
  });
});

describe("demo: masked task", () => {
  it("could be opened with any cohorts, each of which can go on without one, if it has more than three seats", () => {
    const shard = { trainer: "one of them", rows: Array.from({ length: 1_000 }, (_, row) => row) };
    for (const [trainers, cohorts, rule] of [
      ...([
        [5, 1, "mean"],
        [8, 2, "mean"],
        [9, 3, "median"],
        [12, 3, "median"],
        [24, 8, "median"],
      ] as const),
      ...([
        [32, 1, "mean"],
        [32, 4, "median"],
      ] as const),
    ]) {
      const args = ["--privacy", "masked", "--trainers", trainers, "--cohorts", cohorts, "--cohort-rule", rule];
      const file = demoTask(
        parseOptions(args.map(String)),
        aSubject(
          "mlp",
          Array.from({ length: trainers }, () => shard),
        ),
      );
      expect(parseTaskFile(file)).to.deep.equal(file);
      const rules = rulesOf(file, ADDRESS, TOKENS);
      const trim = rule === "median" ? Math.floor((cohorts - 1) / 2) : 0;
      expect(rules).to.include({ cohorts, trim, maxTrainers: trainers });
      if (trainers / cohorts > 3) expect(rules.minTrainers).to.be.below(trainers / cohorts);
    }
  });
});

describe("demo: shards", () => {
  it("deal every image to exactly one trainer, each with its own mix, the same for the same seed", async () => {
    const options = {
      trainers: 5,
      model: "mlp",
      alpha: 0.5,
      seed: 3,
      out: "",
      stay: false,
      json: false,
      privacy: "sealed",
      cohorts: 1,
      cohortRule: "mean",
      drop: 0,
    } as const;
    const [shards, again, labels] = await Promise.all([dealShards(options), dealShards(options), mnistLabels("train")]);
    expect(again).to.deep.equal(shards);
    const dealt = new Set(shards.flatMap(({ rows }) => rows));
    expect(dealt.size).to.equal(labels.length);
    expect(shards.reduce((sum, { rows }) => sum + rows.length, 0)).to.equal(labels.length);
    for (const { rows, perClass } of shards) {
      expect(rows.length).to.be.at.least(500);
      const counted = new Array<number>(10).fill(0);
      for (const row of rows) counted[labels[row] as number]! += 1;
      expect(perClass).to.deep.equal(counted);
      expect(Math.max(...perClass)).to.be.above(2 * (rows.length / 10)); // far from even
    }
  });
});

describe("demo: busy clock", () => {
  it("counts the time in which at least one is busy, once", () => {
    let now = 0;
    const clock = createBusyClock(() => now);
    const at = (time: number, act: () => void) => {
      now = time;
      act();
    };
    at(1_000, () => clock.start(0));
    at(2_000, () => clock.start(1));
    at(2_500, () => clock.start(1)); // busy already
    at(3_000, () => clock.stop(0));
    at(5_000, () => clock.stop(1));
    at(6_000, () => clock.stop(1)); // idle already
    expect(clock.seconds()).to.equal(4);
    at(10_000, () => clock.start(2));
    now = 11_000;
    expect(clock.seconds(), "while it runs").to.equal(5);
  });
});

describe("demo: balances", () => {
  const before: Balances = {
    sponsor: 500n,
    trainers: [100n, 100n],
    task: 300n,
    vault: 0n,
    burnt: 0n,
    court: 0n,
    owed: 0n,
  };
  const after: Balances = {
    sponsor: 510n,
    trainers: [200n, 165n],
    task: 0n,
    vault: 120n,
    burnt: 5n,
    court: 7n,
    owed: 7n,
  };
  const flows = { budget: 300n, returned: 10n, claims: [{ amount: 160n }, { amount: 130n }], burnt: 5n };

  it("that add up pass, with stake in the vault and a fine burnt", () => {
    checkBalances(before, after, flows);
  });

  const wrong: readonly [string, Balances, typeof flows][] = [
    ["the sponsor has one unit less", { ...after, sponsor: 509n }, flows],
    ["a trainer has one unit more", { ...after, trainers: [201n, 165n] }, flows],
    ["a unit is left in the escrow", { ...after, task: 1n, vault: 119n }, flows],
    ["the vault lost a unit", { ...after, vault: 119n }, flows],
    ["a claim is missing", after, { ...flows, claims: [{ amount: 160n }] }],
    ["more was burnt than stakes have lost", after, { ...flows, burnt: 4n }],
    ["the court holds a coin that it owes to nobody", { ...after, court: 8n }, flows],
  ];
  for (const [what, balances, moved] of wrong) {
    it(`are refused when ${what}`, () => {
      expect(() => checkBalances(before, balances, moved)).to.throw("The balances do not add up");
    });
  }
});

describe("demo: processes", () => {
  const run = (script: string) => spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  const FOREVER = "setInterval(() => {}, 1000); console.log('ready');";

  it("are all gone after stop, the stubborn ones too", async function () {
    this.timeout(20_000);
    const processes = createProcesses();
    const polite = processes.add(run(FOREVER));
    const stubborn = processes.add(run(`process.on("SIGTERM", () => {}); ${FOREVER}`));
    const short = processes.add(run(""));
    await Promise.all([once(polite.stdout, "data"), once(stubborn.stdout, "data"), once(short, "exit")]);
    await processes.stop();
    expect(polite.signalCode).to.equal("SIGTERM");
    expect(stubborn.signalCode).to.equal("SIGKILL");
    await processes.stop(); // a second time does nothing
  });

  it("that were killed before do not hold up stop", async () => {
    const processes = createProcesses();
    const child = processes.add(run(FOREVER));
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    await processes.stop();
  });
});
