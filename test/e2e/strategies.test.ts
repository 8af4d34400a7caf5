/**
 * Strategies in federations of real processes: Krum and MultiKrum strike a trainer that sends noise, by the attestations of all,
 * SCAFFOLD goes on with its control variates after a trainer was killed, and FedBuff's rounds begin with finished updates.
 */
import { expect } from "chai";
import { fileURLToPath } from "node:url";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readTask } from "../../trainer/chain/followTask.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import { roundOf } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import { loadCsv } from "../../trainer/learning/datasets/csv.ts";
import type { CsvSchema } from "../../trainer/learning/datasets/csvSchema.ts";
import { evaluate } from "../../trainer/learning/evaluate.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { bytesToLanes } from "../../trainer/protocol/lanes.ts";
import { dequantise } from "../../trainer/protocol/quantise.ts";
import { openStrategyMemory } from "../../trainer/roles/strategyMemory.ts";
import { fetchBytes } from "../../trainer/storage/fetchVerified.ts";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";
import { TABLE_TASK, table, useScene } from "../cli/scene.ts";
import type { Account, Ended } from "../cli/scene.ts";
import { playedWithAKill } from "./killedFederation.ts";

const ATTACKER = fileURLToPath(new URL("attackingTrainer.ts", import.meta.url));
const SECONDS = { ...TABLE_TASK.seconds, reveal: 60, attest: 10, grace: 20, propose: 60, retention: 600 };

/** Of the first trainer's store, on rows that nobody has trained on. */
async function accuracyOf(scene: ReturnType<ReturnType<typeof useScene>>, state: TaskState, keeper: Account) {
  const kept = await openHeliaStore({ folder: join(keeper.home, "content", "default") });
  try {
    const { bytes } = await fetchBytes(kept, state.model.id, {
      ...{ maxBytes: 4 * state.rules.parameters, timeoutMs: 10_000, signal: new AbortController().signal },
    });
    const holdout = await scene.file("unseen.csv", table(500, 50_000));
    const model = createModel(await openBackend(), TABLE_TASK.architecture, 0);
    model.writeWeights(dequantise(bytesToLanes(bytes), state.rules.fractionBits));
    const { accuracy } = await evaluate(model, await loadCsv(holdout, TABLE_TASK.data as CsvSchema));
    model.dispose();
    return accuracy;
  } finally {
    await kept.stop();
  }
}

interface ReportedAct {
  readonly event: string;
  readonly act?: string;
  readonly round?: number;
}

for (const [strategy, TRAINERS, left] of [
  [{ name: "MultiKrum", liars: 1, keep: 3 }, 6, 3],
  [{ name: "Krum", liars: 1 }, 5, 1],
] as const) {
  const { name } = strategy;
  describe(`a federation with ${name} and a trainer that sends noise`, function () {
    this.timeout(300_000);
    const scene = useScene();
    const ROUNDS = 2;
    let state: TaskState;
    let trainers: Account[];

    before("it runs to its end by itself", async () => {
      const { deployment, provider, account, start, file, open } = scene();
      trainers = await Promise.all(Array.from({ length: TRAINERS }, () => account()));
      const tables = await Promise.all(trainers.map((_, i) => file(`${name}-${i}.csv`, table(80, 1_000 * i))));
      const number = await open({
        ...{ rounds: ROUNDS, trainers: { min: 5, max: TRAINERS }, seconds: SECONDS },
        strategy,
      });
      const opened = await findTask(deployment, String(number));
      const ended = await Promise.all(
        trainers.map((trainer, i) => {
          const args = [String(number), "--data", tables[i] as string, "--deposit", "--leave", "--json"];
          const running =
            i === 0 ? start(["1", ...args], trainer, ATTACKER) : start(["trainer", "run", ...args], trainer);
          return running.ended;
        }),
      );
      for (const { code, stderr } of ended) expect(code, stderr).to.equal(0);
      state = await readTask(provider, opened, { confirmations: 0 });
    });

    it(`every round is final with ${left} in it and without the liar`, () => {
      expect(state.completed).to.equal(ROUNDS);
      for (const number of [1, 2]) {
        const { phase, seats, proposal } = roundOf(state, number);
        expect(phase).to.equal("Final");
        const counted = [...seats.values()].filter(({ status }) => status === "Revealed");
        expect(counted).to.have.length(left);
        expect(counted.map(({ trainer }) => trainer)).not.to.include(trainers[0]!.address);
        expect([...seats.values()].filter(({ status }) => status === "Struck")).to.have.length(TRAINERS - left);
        if (left === 1) expect(proposal?.sumRoot, "the sum is its update").to.equal(counted[0]!.update?.root);
      }
    });

    it("the model is as good as without it", async () => {
      expect(await accuracyOf(scene(), state, trainers[1]!)).to.be.above(0.9);
    });
  });
}

describe("a federation with SCAFFOLD and a trainer that is killed", function () {
  this.timeout(300_000);
  const scene = useScene();
  const [TRAINERS, ROUNDS] = [3, 3];
  let state: TaskState;
  let trainers: Account[];

  before("it runs to its end by itself", async () => {
    ({ trainers, state } = await playedWithAKill(scene(), TRAINERS, {
      ...{ rounds: ROUNDS, trainers: { min: 2, max: TRAINERS }, seconds: { ...SECONDS, attest: 1 } },
      strategy: { name: "SCAFFOLD", steps: 100, trainers: TRAINERS },
      // Nothing is cut off, or the control variates would not say the same.
      fixedPoint: { fractionBits: 20, clip: 8 },
    }));
  });

  it("every round is final with all in it", () => {
    expect(state.completed).to.equal(ROUNDS);
    for (const number of [1, 2, 3]) {
      const statuses = [...roundOf(state, number).seats.values()].map(({ status }) => status);
      expect(statuses).to.deep.equal(["Revealed", "Revealed", "Revealed"]);
    }
  });

  it("all have the same control variate of the server, and those of the trainers average to it", async () => {
    const memories = await Promise.all(
      trainers.map(async ({ home }) => {
        const folder = join(home, "journals");
        const [file] = (await readdir(folder)).filter((name) => name.endsWith(".strategy.own"));
        return openStrategyMemory(join(folder, file!.replace(/\.own$/, "")));
      }),
    );
    for (const { followed, pending } of memories) expect([followed, pending]).to.deep.equal([ROUNDS, undefined]);
    const server = memories[0]!.memory.shared["control"]!;
    for (const { memory } of memories) expect(memory.shared["control"]).to.deep.equal(server);
    // With everybody in each round c is the mean of the c_i, but for what quantising took away.
    const apart = server.map((c, i) => {
      const own = memories.map(({ memory }) => memory.own["control"]![i]!);
      return Math.abs(own.reduce((sum, value) => sum + value, 0) / TRAINERS - c);
    });
    expect(Math.max(...apart) < 1e-5, `${Math.max(...apart)}`).to.equal(true);
    expect(Math.max(...server.map(Math.abs)) > 1e-3).to.equal(true);
  });

  it("the model has learned", async () => {
    expect(await accuracyOf(scene(), state, trainers[0]!)).to.be.above(0.9);
  });
});

describe("a federation with FedBuff, in which two of three updates make a round", function () {
  this.timeout(300_000);
  const scene = useScene();
  const [TRAINERS, ROUNDS] = [3, 4];
  let state: TaskState;
  let trainers: Account[];
  let acts: ReportedAct[][];

  before("it runs to its end by itself", async () => {
    const { deployment, provider, account, start, file, open } = scene();
    trainers = await Promise.all(Array.from({ length: TRAINERS }, () => account()));
    const tables = await Promise.all(trainers.map((_, i) => file(`buffer-${i}.csv`, table(80, 1_000 * i))));
    const number = await open({
      ...{ rounds: ROUNDS, trainers: { min: 2, max: 2 }, seconds: { ...SECONDS, attest: 1 } },
      strategy: { name: "FedBuff", mostStaleness: 3 },
    });
    const opened = await findTask(deployment, String(number));
    const running = trainers.map((trainer, i) => {
      const args = ["--data", tables[i] as string, "--deposit", "--leave", "--json"];
      return start(["trainer", "run", String(number), ...args], trainer).ended;
    });
    const ended = await Promise.all(running);
    for (const { code, stderr } of ended) expect(code, stderr).to.equal(0);
    acts = ended.map(({ stdout }) =>
      stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as ReportedAct])),
    );
    state = await readTask(provider, opened, { confirmations: 0 });
  });

  it("every round is final with two updates, whoever came first", () => {
    expect(state.completed).to.equal(ROUNDS);
    for (let number = 1; number <= ROUNDS; number++) expect(roundOf(state, number).seats.size).to.equal(2);
  });

  it("nobody entered before it had trained", () => {
    for (const events of acts) {
      const told = events.filter(({ event, act }) => event === "trained" || act === "enter").map(({ event }) => event);
      expect(told[0] ?? "trained").to.equal("trained");
      told.forEach((event, i) => {
        if (event === "act") expect(told[i - 1], "one update is in one round").to.equal("trained");
      });
    }
  });

  it("the model has learned", async () => {
    expect(await accuracyOf(scene(), state, trainers[0]!)).to.be.above(0.85);
  });
});

describe("a federation that stops when its model has come to rest, and one that goes on from there", function () {
  this.timeout(300_000);
  const scene = useScene();
  const TRAINERS = 2;
  const stop = { movement: 0.9, rounds: 2 };
  let number: number;
  let state: TaskState;
  let trainers: Account[];
  let ended: Ended[];

  before("it runs until all have left", async () => {
    const { deployment, provider, account, start, file, open } = scene();
    trainers = await Promise.all(Array.from({ length: TRAINERS }, () => account()));
    const tables = await Promise.all(trainers.map((_, i) => file(`rest-${i}.csv`, table(80, 1_000 * i))));
    number = await open({
      ...{ rounds: 20, trainers: { min: 2, max: TRAINERS }, seconds: { ...SECONDS, attest: 1, enter: 5 }, stop },
    });
    const opened = await findTask(deployment, String(number));
    const running = trainers.map((trainer, i) => {
      const args = ["--data", tables[i] as string, "--deposit", "--leave", "--json"];
      return start(["trainer", "run", String(number), ...args], trainer).ended;
    });
    ended = await Promise.all(running);
    state = await readTask(provider, opened, { confirmations: 0 });
  });

  it("all have left after the same round, before the last one, and owe nothing", () => {
    for (const { code, stderr } of ended) expect(code, stderr).to.equal(0);
    expect(state.completed).to.be.within(2, 10);
    for (const { stdout } of ended) {
      expect(stdout).to.contain(`{"event":"converged","completed":${state.completed}`);
    }
    expect(roundOf(state, state.current).seats.size, "nobody sits in the next round").to.equal(0);
    expect(state.fined.size).to.equal(0);
  });

  it("the commands say so, and how the sponsor gets the rest", async () => {
    const { foedus, provider } = scene();
    await provider.send("evm_increaseTime", [10]);
    await provider.send("evm_mine", []);
    for (const command of [["task", "show"], ["status"]]) {
      const { code, stdout, stderr } = await foedus([...command, String(number)], trainers[0]);
      expect(code, stderr).to.equal(0);
      expect(stdout).to.contain(`foedus task cancel ${number}`);
    }
  });

  it("another task starts from its model, to the last bit", async () => {
    const { foedus, file, deployment } = scene();
    const path = await file("again.json", JSON.stringify({ ...TABLE_TASK, title: "Left or right, again" }));
    // Who has trained has kept the model.
    const args = ["task", "open", path, "--from-task", String(number), "--json"];
    const { code, stdout, stderr } = await foedus(args, trainers[0]);
    expect(code, stderr).to.equal(0);
    const { id } = JSON.parse(stdout) as { id: number };
    const opened = await findTask(deployment, String(id));
    expect(opened.genesis.modelRoot).to.equal(state.model.root);
  });
});
