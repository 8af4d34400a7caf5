/**
 * A federation of real processes that send a tenth of their updates, with few digits: what is left out waits on disk, also in a
 * trainer that was killed, and joins a later update.
 */
import { expect } from "chai";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { roundOf } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import { updateForm, updateSize } from "../../trainer/learning/compression/compression.ts";
import { loadCsv } from "../../trainer/learning/datasets/csv.ts";
import type { CsvSchema } from "../../trainer/learning/datasets/csvSchema.ts";
import { evaluate } from "../../trainer/learning/evaluate.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { envelopeLength } from "../../trainer/privacy/envelope.ts";
import { bytesToLanes } from "../../trainer/protocol/lanes.ts";
import { dequantise } from "../../trainer/protocol/quantise.ts";
import { openStrategyMemory } from "../../trainer/roles/strategyMemory.ts";
import type { TaskFile } from "../../trainer/roles/taskFile.ts";
import { fetchBytes } from "../../trainer/storage/fetchVerified.ts";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";
import { TABLE_TASK, table, useScene } from "../cli/scene.ts";
import type { Account } from "../cli/scene.ts";
import { playedWithAKill } from "./killedFederation.ts";

const [TRAINERS, ROUNDS] = [3, 4];
const ARCHITECTURE: TaskFile["architecture"] = { kind: "mlp", inputs: [3], hidden: [64], classes: 2 };
const COMPRESSION = { keep: "largest", share: 0.1, bits: 8 } as const;

describe("a federation that compresses its updates, and a trainer that is killed", function () {
  this.timeout(300_000);
  const scene = useScene();
  let number: number;
  let state: TaskState;
  let trainers: Account[];

  before("it runs to its end by itself", async () => {
    ({ trainers, number, state } = await playedWithAKill(scene(), TRAINERS, {
      ...{ architecture: ARCHITECTURE, compression: COMPRESSION, rounds: ROUNDS },
      trainers: { min: TRAINERS, max: TRAINERS },
      seconds: { ...TABLE_TASK.seconds, reveal: 60, grace: 20, propose: 60, retention: 600 },
    }));
  });

  it("every round is final with all in it", () => {
    expect(state.completed).to.equal(ROUNDS);
    for (let round = 1; round <= ROUNDS; round++) {
      const statuses = [...roundOf(state, round).seats.values()].map(({ status }) => status);
      expect(statuses).to.deep.equal(trainers.map(() => "Revealed"));
    }
  });

  it("each has on disk what its last update left out", async () => {
    for (const { home } of trainers) {
      const folder = join(home, "journals");
      const [name] = (await readdir(folder)).filter((each) => each.endsWith(".strategy.own"));
      const { memory, pending } = await openStrategyMemory(join(folder, name!.replace(/\.own$/, "")));
      expect(pending).to.equal(undefined);
      const residual = memory.own["residual"]!;
      expect(residual).to.have.length(state.rules.parameters);
      // A tenth has just been sent.
      expect(residual.filter((lane) => lane !== 0).length).to.be.within(1, state.rules.parameters);
    }
  });

  it("the updates were small, and the model has learned from them", async () => {
    const kept = await openHeliaStore({ folder: join(trainers[0]!.home, "content", "default") });
    try {
      const { parameters, fractionBits } = state.rules;
      const timing = { timeoutMs: 10_000, signal: new AbortController().signal };
      const most = envelopeLength(updateSize(updateForm(COMPRESSION, parameters)).bytes, TRAINERS);
      expect(most).to.be.lessThan(envelopeLength(4 * parameters, TRAINERS) - 1_000);
      for (const { update } of roundOf(state, ROUNDS).seats.values()) {
        const { bytes } = await fetchBytes(kept, update!.contentId, { maxBytes: most, ...timing });
        expect(bytes.length).to.be.at.most(most);
      }
      const { bytes } = await fetchBytes(kept, state.model.id, { maxBytes: 4 * parameters, ...timing });
      const model = createModel(await openBackend(), ARCHITECTURE, 0);
      model.writeWeights(dequantise(bytesToLanes(bytes), fractionBits));
      const unseen = await scene().file("unseen.csv", table(500, 50_000));
      const { accuracy } = await evaluate(model, await loadCsv(unseen, TABLE_TASK.data as CsvSchema));
      model.dispose();
      expect(accuracy).to.be.above(0.9);
    } finally {
      await kept.stop();
    }
  });

  it("who takes part is told how small", async () => {
    const { code, stdout, stderr } = await scene().foedus(["task", "show", String(number)], trainers[0]);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.contain("times fewer than the 1544 of a plain one").and.contain("the largest 10 % of an update");
  });
});
