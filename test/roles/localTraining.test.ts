import { expect } from "chai";
import { EventEmitter, once } from "node:events";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import type { Backend } from "../../trainer/learning/backend.ts";
import { parameterCount } from "../../trainer/learning/architecture.ts";
import type { Architecture } from "../../trainer/learning/architecture.ts";
import { compress } from "../../trainer/learning/compression/compress.ts";
import { updateForm } from "../../trainer/learning/compression/compression.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { NO_MEMORY } from "../../trainer/learning/strategies/strategy.ts";
import type { Plan, SeatedRound } from "../../trainer/learning/strategies/strategy.ts";
import type { TrainingSettings } from "../../trainer/learning/trainingSettings.ts";
import { createStopwatch } from "../../trainer/observe/stopwatch.ts";
import type { ServerRule } from "../../trainer/protocol/serverStep.ts";
import { dequantise, quantise } from "../../trainer/protocol/quantise.ts";
import type { NoisePlan } from "../../trainer/privacy/differentialPrivacy.ts";
import { createLocalTraining } from "../../trainer/roles/localTraining.ts";
import type { LocalTraining, LocalTrainingOptions } from "../../trainer/roles/localTraining.ts";
import { twoRings } from "../learning/toyData.ts";
import { RULES } from "./aTask.ts";
import { seededRandom } from "../support/seededRandom.ts";

const ARCHITECTURE: Architecture = { kind: "mlp", inputs: [2], hidden: [8], classes: 2 };
const TRAINING: TrainingSettings = { epochs: 3, batchSize: 16, learningRate: 0.1, optimizer: "sgd" };
const DATASET = twoRings(200, "local training");
const WEIGHT = 5;
const PLAIN: Plan = { server: { rule: "FedAvg" } };
const ALONE: SeatedRound = { declaredRows: [WEIGHT], seat: 0, staleness: 0 };
const rules = { ...RULES, parameters: parameterCount(ARCHITECTURE) };

describe("local training", () => {
  let backend: Backend;
  let modelOf: (seed: number) => Int32Array;
  const running: LocalTraining[] = [];

  before(async () => {
    backend = await openBackend();
    modelOf = (seed) => {
      const model = createModel(backend, ARCHITECTURE, seed);
      const lanes = quantise(model.readWeights(), { fractionBits: rules.fractionBits, clip: 100 });
      model.dispose();
      return lanes;
    };
  });
  afterEach(async () => {
    for (const training of running.splice(0)) await training.stop();
  });

  /** A trainer that tells what happens as events "done" and "failed". */
  function start(
    changes: Partial<TrainingSettings> = {},
    seed = "seed",
    serverRule: ServerRule = "FedAvg",
    plan = PLAIN,
    compression?: LocalTrainingOptions["compression"],
  ) {
    const events = new EventEmitter();
    const model = createModel(backend, ARCHITECTURE, 99);
    const training = createLocalTraining({
      model,
      dataset: DATASET,
      training: { ...TRAINING, ...changes },
      plan,
      ...(compression && { compression }),
      rules: { ...rules, serverRule },
      weight: WEIGHT,
      seed,
      stopwatch: createStopwatch(),
      onProgress: (progress) => events.emit("progress", progress),
      onDone: (loss, seconds) => events.emit("done", loss, seconds),
      onFailure: (error) => events.emit("failed", error),
    });
    running.push(training);
    return { events, training, model };
  }

  async function deltaOf(root: string, lanes: Int32Array, seed?: string): Promise<Int32Array> {
    const { training, events } = start({}, seed);
    training.want(root, lanes, NO_MEMORY);
    await once(events, "done");
    await new Promise((resolve) => setImmediate(resolve));
    return (await training.updateOn(root, 1, ALONE))!.delta;
  }

  it("has a delta of the wanted model once it is done, and of no other", async () => {
    const { training, events, model } = start();
    expect(training.key).to.equal(undefined);
    const lanes = modelOf(1);
    training.want("a", lanes, NO_MEMORY);
    expect(training.key).to.equal("a");
    expect(training.updateOn("a", 1, ALONE)).to.equal(undefined);
    const [loss] = (await once(events, "done")) as [number];
    expect(loss).to.be.within(0, 1);
    await new Promise((resolve) => setImmediate(resolve));
    const { delta } = (await training.updateOn("a", 1, ALONE))!;
    expect(training.updateOn("b", 1, ALONE)).to.equal(undefined);

    // Weighted, quantised, and exactly what training did to the weights.
    const start32 = dequantise(lanes, rules.fractionBits);
    const moved = model.readWeights().map((value, i) => value - (start32[i] as number));
    const wanted = quantise(moved, { fractionBits: rules.fractionBits, clip: 1 }).map((lane) => lane * WEIGHT);
    expect(delta).to.deep.equal(wanted);
    expect(wanted.some((lane) => lane !== 0)).to.equal(true);
  });

  it("multiplies it by the strategy's factor once the round's trainers are known, and keeps it as it came out", async () => {
    const seen: SeatedRound[] = [];
    const scale = (_: Float32Array, seated: SeatedRound) => (seen.push(seated), seated.staleness);
    const plan: Plan = { local: { scale }, server: { rule: "FedAvg" } };
    const { training, events, model } = start({}, "seed", "FedAvg", plan);
    const lanes = modelOf(1);
    const memory = { shared: {}, own: { control: Float32Array.of(1) } };
    training.want("a", lanes, memory);
    expect(training.learned("a")).to.equal(undefined);
    await once(events, "done");
    await new Promise((resolve) => setImmediate(resolve));
    const from = dequantise(lanes, rules.fractionBits);
    const moved = model.readWeights().map((value, i) => value - (from[i] as number));
    const round: SeatedRound = { declaredRows: [10, 20], seat: 1, staleness: 0.5 };
    const halved = quantise(
      moved.map((value) => value / 2),
      { fractionBits: rules.fractionBits, clip: 1 },
    );
    expect(await training.updateOn("a", 1, round)).to.deep.equal({ delta: halved.map((lane) => lane * WEIGHT) });
    expect(seen).to.deep.equal([round]);
    expect(training.learned("a")).to.deep.equal({ delta: moved, memory });
    expect(training.learned("b")).to.equal(undefined);
  });

  it("takes as many steps as the strategy says for the rows that were declared", async () => {
    const declared: number[] = [];
    let steps = 0;
    const plan: Plan = {
      local: {
        steps: (rows) => (declared.push(rows), 4),
        correct: () => () => {
          steps++;
        },
      },
      server: { rule: "FedAvg" },
    };
    const { training, events } = start({}, "seed", "FedAvg", plan);
    training.want("a", modelOf(1), NO_MEMORY);
    await once(events, "done");
    expect(declared).to.deep.equal([WEIGHT * rules.weightUnit]);
    expect(steps).to.equal(4);
  });

  it("does not weigh the delta where every trainer counts the same", async () => {
    const deltas = ["FedAvg", "Uniform"] as const;
    const [weighted, plain] = await Promise.all(
      deltas.map(async (rule) => {
        const { training, events } = start({}, "seed", rule);
        training.want("a", modelOf(1), NO_MEMORY);
        await once(events, "done");
        await new Promise((resolve) => setImmediate(resolve));
        return (await training.updateOn("a", 1, ALONE))!.delta;
      }),
    );
    expect(plain!.map((lane) => lane * WEIGHT)).to.deep.equal(weighted);
  });

  it("compresses its update once the round is known, with what the one before left", async () => {
    const form = updateForm({ keep: "largest", share: 0.1 }, rules.parameters);
    const label = (round: number) => `round ${round}`;
    const plan: Plan = { local: { scale: () => 0.5 }, server: { rule: "FedAvg" } };
    const { training, events, model } = start({}, "seed", "FedAvg", plan, { form, label });
    const lanes = modelOf(1);
    training.want("a", lanes, NO_MEMORY);
    await once(events, "done");
    await new Promise((resolve) => setImmediate(resolve));
    const start32 = dequantise(lanes, rules.fractionBits);
    const moved = model.readWeights().map((value, i) => 0.5 * (value - start32[i]!));
    const delta = quantise(moved, { fractionBits: rules.fractionBits, clip: 1 });

    const first = (await training.updateOn("a", 1, ALONE))!;
    const expected = compress(form, delta, { residual: undefined, bound: rules.bound, label: "round 1" });
    expect(first.delta).to.deep.equal(expected.lanes.map((lane) => lane * WEIGHT));
    expect(first.coded).to.deep.equal(expected.coded);
    expect(first.residual).to.deep.equal(expected.residual);

    const second = (await training.updateOn("a", 2, ALONE, first.residual))!;
    const after = compress(form, delta, { residual: expected.residual, bound: rules.bound, label: "round 2" });
    expect(second.coded).to.deep.equal(after.coded).and.not.deep.equal(first.coded);
  });

  describe("with differential privacy", () => {
    const plan: NoisePlan = { clipNorm: 0.01, sensitivity: 0.011 * 2 ** 20 * WEIGHT, trainerSigma: 20_000 };
    const random = seededRandom("local training");

    async function trained(noise: NoisePlan, isSeeded = true, freeze: number[] = []) {
      const model = createModel(backend, ARCHITECTURE, 99);
      const done = new EventEmitter();
      const training = createLocalTraining({
        ...{
          model,
          dataset: DATASET,
          training: TRAINING,
          plan: PLAIN,
          rules,
          weight: WEIGHT,
          seed: "seed",
          noise,
          freeze,
        },
        ...(isSeeded ? { noiseWords: () => random.uint32() } : {}),
        stopwatch: createStopwatch(),
        onProgress: () => undefined,
        onDone: () => done.emit("done"),
        onFailure: (error) => done.emit("error", error),
      });
      running.push(training);
      training.want("a", modelOf(1), NO_MEMORY);
      await once(done, "done");
      await new Promise((resolve) => setImmediate(resolve));
      return async (round: number) => (await training.updateOn("a", round, ALONE))!.delta;
    }

    it("clips the delta to the norm before weighing it, and adds noise to the weighted one", async () => {
      const plain = await trained({ ...plan, trainerSigma: 1 });
      const norm = Math.hypot(...(await plain(1)).map((lane) => lane / WEIGHT)) / 2 ** rules.fractionBits;
      // Whole numbers: Hardhat's matchers, when they are loaded, compare no others.
      expect(Math.round(1e6 * norm)).to.be.closeTo(Math.round(1e6 * plan.clipNorm), 100);
      const noisy = await trained(plan);
      const clean = await plain(1);
      const added = (await noisy(1)).map((lane, i) => lane - (clean[i] as number));
      const deviation = Math.hypot(...added) / Math.sqrt(added.length);
      expect(Math.round((100 * deviation) / plan.trainerSigma)).to.be.within(40, 160);
    });

    it("has one update for a round, however often it is asked, and fresh noise for the next", async () => {
      const noisy = await trained(plan, false);
      const first = await noisy(1);
      expect(await noisy(1)).to.equal(first);
      const second = await noisy(2);
      expect(second.filter((lane, i) => lane === first[i]).length).to.be.lessThan(first.length / 4);
    });

    it("adds other noise after a restart with the same seed: it depends on no seed", async () => {
      const [one, other] = [await trained(plan, false), await trained(plan, false)];
      expect(await one(1)).not.to.deep.equal(await other(1));
    });

    it("adds none to layers that do not learn", async () => {
      const lanes = await (await trained(plan, true, [1]))(1);
      const first = 2 * 8 + 8;
      expect(lanes.subarray(0, first).every((lane) => lane === 0)).to.equal(true);
      expect(lanes.subarray(first).some((lane) => lane !== 0)).to.equal(true);
    });

    it("keeps noisy lanes within the weight times the bound", async () => {
      const noisy = await trained({ ...plan, trainerSigma: rules.bound * WEIGHT });
      const lanes = await noisy(1);
      expect(Math.max(...lanes.map(Math.abs))).to.equal(rules.bound * WEIGHT);
    });
  });

  it("gives the same delta for the same seed and model, and another one otherwise", async () => {
    const lanes = modelOf(1);
    const first = await deltaOf("a", lanes);
    expect(await deltaOf("a", lanes)).to.deep.equal(first);
    expect(await deltaOf("a", lanes, "other seed")).not.to.deep.equal(first);
    expect(await deltaOf("another root", lanes)).not.to.deep.equal(first);
  });

  it("changes nothing when the same model is asked for again", async () => {
    const { training, events } = start();
    let done = 0;
    events.on("done", () => done++);
    training.want("a", modelOf(1), NO_MEMORY);
    training.want("a", modelOf(1), NO_MEMORY);
    await once(events, "done");
    training.want("a", modelOf(1), NO_MEMORY);
    await training.stop();
    expect(done).to.equal(1);
  });

  it("drops the run under way when another model is asked for", async () => {
    const { training, events } = start({ epochs: 1_000 });
    const quick = await deltaOf("b", modelOf(2));
    training.want("a", modelOf(1), NO_MEMORY);
    await once(events, "progress");
    let failed = false;
    events.on("failed", () => (failed = true));
    training.want("b", modelOf(2), NO_MEMORY);
    await training.stop();
    expect(training.updateOn("a", 1, ALONE)).to.equal(undefined);
    expect(failed).to.equal(false);

    const again = start();
    again.training.want("a", modelOf(1), NO_MEMORY);
    again.training.want("b", modelOf(2), NO_MEMORY);
    await once(again.events, "done");
    await new Promise((resolve) => setImmediate(resolve));
    const anew = await again.training.updateOn("b", 1, ALONE);
    expect(anew?.delta, "nothing of the dropped run is left").to.deep.equal(quick);
  });

  it("keeps lanes within the weight times the bound, however far training went", async () => {
    const bound = { ...rules, bound: 10 };
    const model = createModel(backend, ARCHITECTURE, 99);
    const done = new EventEmitter();
    const training = createLocalTraining({
      model,
      dataset: DATASET,
      training: TRAINING,
      plan: PLAIN,
      rules: bound,
      weight: WEIGHT,
      seed: 1,
      stopwatch: createStopwatch(),
      onProgress: () => undefined,
      onDone: () => done.emit("done"),
      onFailure: (error) => done.emit("error", error),
    });
    running.push(training);
    training.want("a", modelOf(1), NO_MEMORY);
    await once(done, "done");
    await new Promise((resolve) => setImmediate(resolve));
    const { delta } = (await training.updateOn("a", 1, ALONE))!;
    expect(Math.max(...delta)).to.equal(10 * WEIGHT);
    expect(Math.min(...delta)).to.equal(-10 * WEIGHT);
  });

  it("reports a failure, and has no delta then", async () => {
    const { training, events } = start({ learningRate: 100, optimizer: "momentum", momentum: 0.99, epochs: 50 });
    training.want("a", modelOf(1), NO_MEMORY);
    const [error] = (await once(events, "failed")) as [Error];
    expect(error.name).to.equal("TrainingDiverged");
    expect(training.updateOn("a", 1, ALONE)).to.equal(undefined);
  });

  it("ends when stopped, without calling that a failure", async () => {
    const { training, events } = start({ epochs: 1_000 });
    events.on("failed", (error: unknown) => {
      throw error;
    });
    training.want("a", modelOf(1), NO_MEMORY);
    await once(events, "progress");
    await training.stop();
    expect(training.updateOn("a", 1, ALONE)).to.equal(undefined);
  });
});
