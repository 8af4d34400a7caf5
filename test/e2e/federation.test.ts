/**
 * One federation, whole and real: a chain, three trainers that are processes of their own, real IPFS between them, real
 * encryption. One of them is killed between its commitment and its reveal. What comes out is recomputed here from nothing
 * but the chain's log, the contents and one trainer's key, in arithmetic of its own.
 */
import { expect } from "chai";
import { join } from "node:path";
import { taskAt } from "../../trainer/chain/contracts.ts";
import { readTask } from "../../trainer/chain/followTask.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { roundOf } from "../../trainer/chain/taskState.ts";
import type { RoundState, TaskState } from "../../trainer/chain/taskState.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import { loadCsv } from "../../trainer/learning/datasets/csv.ts";
import type { CsvSchema } from "../../trainer/learning/datasets/csvSchema.ts";
import { evaluate } from "../../trainer/learning/evaluate.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { openEnvelope } from "../../trainer/privacy/envelope.ts";
import { openKeyFile } from "../../trainer/privacy/keyFile.ts";
import { chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import type { ContentId } from "../../trainer/storage/contentId.ts";
import type { ContentStore } from "../../trainer/storage/contentStore.ts";
import { fetchBytes } from "../../trainer/storage/fetchVerified.ts";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";
import { PASSWORD, TABLE_TASK, table, useScene } from "../cli/scene.ts";
import type { Account, Ended } from "../cli/scene.ts";

const ROUNDS = 3;
/** Rows of each trainer; a unit of data is ten, and ten units are the most that count. */
const ROWS = [57, 80, 140];
const WEIGHTS = [5, 8, 10];
const KILLED = { trainer: 1, round: 2 };
const BURNT = "0x000000000000000000000000000000000000dEaD";

interface Event {
  readonly event: string;
  readonly act?: string;
  readonly round?: number;
  readonly amount?: string;
}

describe("a federation of three processes", function () {
  this.timeout(150_000);
  const scene = useScene();
  let opened: OpenedTask;
  let state: TaskState;
  let trainers: Account[];
  let ended: Ended[];
  let heard: Event[][];
  let pids: number[];
  let store: ContentStore;
  let providers: string[];
  let hadBefore: bigint[];

  before("it runs to its end by itself", async () => {
    const { deployment, provider, account, start, file } = scene();
    trainers = await Promise.all(ROWS.map(() => account()));
    const tables = await Promise.all(ROWS.map((rows, i) => file(`trainer-${i}.csv`, table(rows, 1_000 * i))));
    hadBefore = await balances([]);
    const seconds = { ...TABLE_TASK.seconds, reveal: 60, grace: 20, propose: 60, retention: 600 };
    const number = await scene().open({ rounds: ROUNDS, trainers: { min: 2, max: ROWS.length }, seconds });
    opened = await findTask(deployment, String(number));

    const run = (i: number) =>
      start(
        ["trainer", "run", String(number), "--data", tables[i] as string, "--deposit", "--claim", "--leave", "--json"],
        trainers[i],
      );
    const running = ROWS.map((_, i) => run(i));
    const victim = running[KILLED.trainer] as (typeof running)[number];
    await victim.says(`"round":${KILLED.round},"act":"commit"`);
    victim.kill("SIGKILL");
    const first = await victim.ended;
    running[KILLED.trainer] = run(KILLED.trainer);

    ended = await Promise.all(running.map((each) => each.ended));
    pids = [victim.pid, ...running.map(({ pid }) => pid)];
    heard = ended.map(({ stdout }) => eventsOf(stdout));
    heard.push(eventsOf(first.stdout));
    state = await readTask(provider, opened, { confirmations: 0 });

    // The trainers are gone; what the first of them has kept is served once more.
    const kept = await openHeliaStore({ folder: join((trainers[0] as Account).home, "content", "default") });
    providers = await kept.addresses();
    store = await openHeliaStore({ folder: join(scene().folder, "auditor") });
    closing.push(
      () => store.stop(),
      () => kept.stop(),
    );
  });

  const closing: (() => Promise<void>)[] = [];
  after(async () => {
    for (const close of closing) await close();
  });

  /** FDS of the sponsor, the trainers, the vault, the burnt, and of `others`. */
  async function balances(others: readonly string[]): Promise<bigint[]> {
    const { deployment, sponsor } = scene();
    const { stakeToken, vault } = deployment;
    const all = [
      sponsor.sender.address,
      ...trainers.map(({ address }) => address),
      await vault.getAddress(),
      BURNT,
      ...others,
    ];
    return Promise.all(all.map((each) => stakeToken.balanceOf(each)));
  }

  function rounds(): RoundState[] {
    return Array.from({ length: ROUNDS }, (_, i) => roundOf(state, i + 1));
  }

  it("every round is final with all three in it, and the task is closed", () => {
    for (const { code, stderr } of ended) expect(code, stderr).to.equal(0);
    expect(state.closed).to.equal(true);
    expect(state.completed).to.equal(ROUNDS);
    for (const { phase, seats } of rounds()) {
      expect(phase).to.equal("Final");
      expect([...seats.values()].map(({ status }) => status)).to.deep.equal(["Revealed", "Revealed", "Revealed"]);
      const weights = trainers.map(
        ({ address }) => [...seats.values()].find(({ trainer }) => trainer === address)?.weight,
      );
      expect(weights).to.deep.equal(WEIGHTS);
    }
    expect(state.fined.size, "nobody missed a deadline").to.equal(0);
  });

  it("who was killed between commitment and reveal has revealed what it had committed to", () => {
    const acts = (events: readonly Event[] = []) =>
      events.filter(({ event, round }) => event === "act" && round === KILLED.round).map(({ act }) => act);
    const [first, second] = [acts(heard[ROWS.length]), acts(heard[KILLED.trainer])];
    expect(first).to.include("commit");
    expect(second, "it does not commit again").not.to.include("commit");
    // On a busy machine the first life may just get to revealing; then the second must not.
    expect([...first, ...second].filter((act) => act === "reveal")).to.have.length.at.most(1);
  });

  it("each model is the one before plus the mean of what was opened, whoever adds it up", async () => {
    const reader = trainers[0] as Account;
    const { privateKey } = await openKeyFile(join(reader.home, "keys", "default.encryption.json"), PASSWORD);
    let model = lanesOf(await contentOf(opened.genesis.modelId, 4 * opened.rules.parameters));
    expect(chunkRoot(Int32Array.from(model.map(Number)))).to.equal(opened.genesis.modelRoot);

    for (const round of rounds()) {
      const sum = model.map(() => 0n);
      let weight = 0n;
      for (const seat of round.seats.values()) {
        if (seat.update === undefined) throw new Error("a final seat has revealed");
        const sealed = await contentOf(seat.update.contentId, 4_096);
        const context = { domain: opened.domain, round: round.number, trainer: seat.trainer };
        const { plaintext } = await openEnvelope({
          account: reader.address,
          privateKey,
          context,
          sealed: (async function* () {
            yield sealed;
          })(),
          maxPlaintextBytes: 4 * opened.rules.parameters,
        });
        const parts: Uint8Array[] = [];
        for await (const part of plaintext) parts.push(part);
        lanesOf(Buffer.concat(parts)).forEach((lane, i) => (sum[i] = (sum[i] ?? 0n) + lane));
        weight += BigInt(seat.weight);
      }
      expect(chunkRoot(Int32Array.from(sum.map(Number))), `sum of round ${round.number}`).to.equal(
        round.proposal?.sumRoot,
      );
      model = model.map((lane, i) => lane + meanHalfAwayFromZero(sum[i] ?? 0n, weight));
      const root = chunkRoot(Int32Array.from(model.map(Number)));
      expect(root, `model of round ${round.number}`).to.equal(round.proposal?.modelRoot);
      expect(
        lanesOf(await contentOf(round.proposal?.modelId as ContentId, 4 * model.length)),
        "as published",
      ).to.deep.equal(model);
    }
  });

  it("the model has become better", async () => {
    const holdout = await scene().file("holdout.csv", table(500, 50_000));
    const dataset = await loadCsv(holdout, TABLE_TASK.data as CsvSchema);
    const model = createModel(await openBackend(), TABLE_TASK.architecture, 0);
    const judge = async (id: ContentId) => {
      const lanes = lanesOf(await contentOf(id, 4 * opened.rules.parameters));
      model.writeWeights(Float32Array.from(lanes, (lane) => Number(lane) / 2 ** opened.rules.fractionBits));
      return evaluate(model, dataset);
    };
    const [first, last] = [await judge(opened.genesis.modelId), await judge(state.model.id)];
    expect(last.loss).to.be.below(first.loss);
    expect(last.accuracy).to.be.above(Math.max(0.8, first.accuracy));
  });

  it("everybody has claimed exactly what the rules say", () => {
    const { dataPot, computePot, aggregatorPay, advanceTip } = opened.rules;
    const total = BigInt(WEIGHTS.reduce((sum, weight) => sum + weight, 0));
    trainers.forEach(({ address }, i) => {
      const earned = rounds().reduce((sum, { seats, proposal, result }) => {
        const aggregated = seats.get(proposal?.seat ?? -1)?.trainer === address ? aggregatorPay : 0n;
        const tip = result?.advancer === address ? advanceTip : 0n;
        return sum + (dataPot / total) * BigInt(WEIGHTS[i] ?? 0) + computePot / 3n + aggregated + tip;
      }, 0n);
      expect(state.claimed.get(address), `trainer ${i}`).to.equal(earned);
      const claim = heard[i]?.find(({ event }) => event === "claimed");
      expect(BigInt(claim?.amount ?? -1), "as it said").to.equal(earned);
    });
  });

  it("the balances add up to the last unit, and what nobody earned returns to the sponsor", async () => {
    const { sponsor, provider, deployment } = scene();
    const budget = 3n * 13n * 10n ** 18n;
    const claimed = [...state.claimed.values()].reduce((sum, amount) => sum + amount, 0n);
    await sponsor.sender.send("refund", await taskAt(opened.address, provider).refund.populateTransaction());
    const [sponsorHas, ...rest] = await balances([opened.address]);
    const [sponsorHad = 0n, ...had] = hadBefore;
    expect(sponsorHas).to.equal(sponsorHad - claimed);
    expect(rest.at(-1), "the escrow is empty").to.equal(0n);
    expect(budget - claimed < 1_000n, "only what does not divide evenly is left over").to.equal(true);
    const stakes = await Promise.all(trainers.map(({ address }) => deployment.vault.eligible(opened.address, address)));
    expect(stakes).to.deep.equal(trainers.map(() => 110n * 10n ** 18n));
    trainers.forEach(({ address }, i) => {
      expect((rest[i] ?? 0n) - (had[i] ?? 0n)).to.equal((state.claimed.get(address) ?? 0n) - (stakes[i] ?? 0n));
    });
    const sum = (amounts: readonly bigint[]) => amounts.reduce((all, amount) => all + amount, 0n);
    expect(sum([sponsorHas ?? 0n, ...rest])).to.equal(sum(hadBefore));
  });

  it("no process is left", () => {
    for (const pid of pids) expect(() => process.kill(pid, 0), `process ${pid}`).to.throw("ESRCH");
  });

  async function contentOf(id: ContentId, maxBytes: number): Promise<Uint8Array> {
    return (await fetchBytes(store, id, { maxBytes, timeoutMs: 20_000, providers })).bytes;
  }
});

function eventsOf(stdout: string): Event[] {
  const lines = stdout.split("\n").filter((line) => line.endsWith("}")); // the last may be cut
  return lines.map((line) => JSON.parse(line) as Event);
}

function lanesOf(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, i) => BigInt(view.getInt32(4 * i)));
}

function meanHalfAwayFromZero(sum: bigint, weight: bigint): bigint {
  const size = ((sum < 0n ? -sum : sum) * 2n + weight) / (2n * weight);
  return sum < 0n ? -size : size;
}
