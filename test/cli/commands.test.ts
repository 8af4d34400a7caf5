/** Every command as it is meant to be used: one task from its opening to the last withdrawal, told in order. */
import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseUnits } from "ethers";
import { taskAt } from "../../trainer/chain/contracts.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { TABLE_TASK, json, table, useScene } from "./scene.ts";
import type { Account, Running } from "./scene.ts";

const tokens = (amount: number) => parseUnits(String(amount), 18);
/** The longest a round of the task can last: enter, commit, reveal, attest, propose, challenge, and 32 times disclose. */
const LONGEST_ROUND = 60 + 60 + 30 + 1 + 30 + 1 + 32;

describe("foedus: a task from its opening to the last withdrawal", function () {
  this.timeout(120_000);
  const scene = useScene();
  let sponsor: Account;
  let trainer: Account;
  let relayer: Account;
  let data: string;
  let task: string;
  let address: string;
  let serving: Running;

  before(async () => {
    [sponsor, trainer, relayer] = await Promise.all([
      scene().account(),
      scene().account(),
      scene().account({ tokens: 0 }),
    ]);
    data = await scene().file("mine.csv", table(150));
  });
  after(() => serving.kill("SIGKILL"));

  const balance = (of: string) => scene().deployment.stakeToken.balanceOf(of);

  it("task open --example: prints a task file to start from", async () => {
    const { code, stdout } = await scene().foedus(["task", "open", "--example"]);
    expect(code).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.equal(exampleTaskFile(PRESETS.mlp));
  });

  it("task open: escrows the budget and keeps model and manifest", async () => {
    const file = await scene().file("task.json", JSON.stringify(TABLE_TASK));
    const before = await balance(sponsor.address);
    const opened = await scene().foedus(["task", "open", file, "--json"], sponsor);
    expect(opened.code, opened.stderr).to.equal(0);
    const result = json<{ id: number; task: string; budget: string }>(opened);
    expect(BigInt(result.budget)).to.equal(tokens(2 * (6 + 4 + 2 + 1)));
    expect(await balance(sponsor.address)).to.equal(before - BigInt(result.budget));
    expect(await balance(result.task)).to.equal(BigInt(result.budget));
    [task, address] = [String(result.id), result.task];
  });

  it("serve: registers where the content is, and serves it", async () => {
    serving = scene().start(["serve"], sponsor);
    expect(await serving.says("Serving at")).to.match(/\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/\S+.* Ctrl-C/);
    const { peers } = await scene().deployment.registry.entryOf(sponsor.address);
    expect(peers).to.include("/ip4/127.0.0.1/tcp/");
  });

  it("task list and task show: what there is, for people and for machines", async () => {
    const [list, listed, older, show, shown] = await Promise.all([
      scene().foedus(["task", "list"]),
      scene().foedus(["task", "list", "--limit", "1", "--json"]),
      scene().foedus(["task", "list", "--before", "1"]),
      scene().foedus(["task", "show", task]),
      scene().foedus(["task", "show", address, "--json"]),
    ]);
    expect(list.stdout).to.include(address).and.include("13 FDS").and.include("Entering").and.include("0/2");
    const { tasks, count } = json<{ tasks: { id: number; rewardPerRound: string }[]; count: number }>(listed);
    expect(tasks).to.have.length(1);
    expect(tasks[0]).to.include({ id: count, rewardPerRound: String(tokens(13)) });
    expect(older.code).to.equal(0);
    expect(older.stdout).not.to.include(address);
    for (const text of [
      address,
      sponsor.address,
      "8 parameters",
      "100 FDS to enter",
      "ipfs bafybei",
      "sealed",
      "round 1, Entering",
    ]) {
      expect(show.stdout).to.include(text);
    }
    expect(json(shown)).to.deep.include({ address, id: Number(task) });
  });

  it("stake deposit and stake show: stake counts as soon as it is deposited", async () => {
    const before = await balance(trainer.address);
    const deposited = await scene().foedus(["stake", "deposit", task, "110.5"], trainer);
    expect(deposited.code, deposited.stderr).to.equal(0);
    expect(deposited.stdout).to.include("110.5 FDS staked").and.include("100 FDS is needed");
    expect(await balance(trainer.address)).to.equal(before - parseUnits("110.5", 18));
    const [own, asked] = await Promise.all([
      scene().foedus(["stake", "show", task, "--json"], trainer),
      scene().foedus(["stake", "show", task, "--account", trainer.address.toLowerCase(), "--json"], relayer),
    ]);
    expect(json(own)).to.deep.include({
      account: trainer.address,
      amount: String(parseUnits("110.5", 18)),
      thawing: "0",
    });
    expect(json(asked)).to.deep.equal(json(own));
  });

  it("trainer run: plays the task to its end and says what it does", async () => {
    const run = scene().start(["trainer", "run", task, "--data", data, "--leave", "--json"], trainer);
    const early = run.says('"act":"commit"').then(() => scene().foedus(["status", task]));
    const { code, stdout, stderr } = await run.ended;
    expect(code, stderr).to.equal(0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const acts = events
      .filter(({ event }) => event === "act")
      .map(({ act, round }) => `${String(act)} ${String(round)}`);
    expect(acts).to.deep.equal([
      "enter 1",
      "commit 1",
      "reveal 1",
      "propose 1",
      "advance 1",
      "commit 2",
      "reveal 2",
      "propose 2",
      "advance 2",
    ]);
    const rounds = events.filter(({ event }) => event === "round");
    expect(rounds.map(({ round, outcome }) => [round, outcome])).to.deep.equal([
      [1, "final"],
      [2, "final"],
    ]);
    for (const { seconds } of rounds) {
      const { train, encrypt, transfer, chain, total } = seconds as Record<string, number>;
      const kinds = (train ?? 0) + (encrypt ?? 0) + (transfer ?? 0) + (chain ?? 0);
      expect(Math.abs(kinds - (total ?? 0)) < 0.05, `${kinds} of ${total} s`).to.equal(true);
    }
    expect(events.at(-1)).to.deep.equal({ event: "finished", completed: 2 });
    const seen = await early;
    expect(seen.code).to.equal(0);
    expect(seen.stdout)
      .to.include(trainer.address)
      .and.match(/round 1: \w+, \d+ s left/);
  });

  it("status: a closed task is closed", async () => {
    const [status, machine] = await Promise.all([
      scene().foedus(["status", task]),
      scene().foedus(["status", task, "--json"]),
    ]);
    expect(status.stdout).to.include("2 of 2 rounds final").and.include("closed");
    expect(json(machine)).to.deep.include({ completed: 2, closed: true });
  });

  it("rewards show: every round's reward and what can be claimed", async () => {
    const shown = await scene().foedus(["rewards", "show", task, "--json"], trainer);
    const { rounds, claimable, claimed } = json<{
      rounds: { round: number; reward: string }[];
      claimable: string;
      claimed: string;
    }>(shown);
    // Alone in both rounds: all of data, compute, aggregation and tips.
    expect(rounds.map(({ reward }) => BigInt(reward))).to.deep.equal([tokens(10), tokens(10)]);
    expect(BigInt(claimable)).to.equal(tokens(26));
    expect(claimed).to.equal("0");
  });

  it("rewards sign and relay: somebody else pays the gas and keeps the fee", async () => {
    const recipient = "0x00000000000000000000000000000000000000aa";
    const signed = await scene().foedus(["rewards", "sign", task, "--to", recipient, "--fee", "0.5"], trainer);
    expect(signed.code, signed.stderr).to.equal(0);
    const file = await scene().file("claim-of-trainer.json", signed.stdout);
    const coins = await scene().provider.getBalance(trainer.address);
    const relayed = await scene().foedus(["rewards", "relay", file], relayer);
    expect(relayed.code, relayed.stderr).to.equal(0);
    expect(relayed.stdout).to.include("FDS");
    expect(await balance(recipient)).to.equal(tokens(25.5));
    expect(await balance(relayer.address)).to.equal(tokens(0.5));
    expect(await scene().provider.getBalance(trainer.address)).to.equal(coins);
    const again = await scene().foedus(["rewards", "relay", file, "--json"], relayer);
    expect(again.code, "a signature is good once").to.equal(1);
  });

  it("rewards claim: nothing twice", async () => {
    const before = await balance(trainer.address);
    const claimed = await scene().foedus(["rewards", "claim", task], trainer);
    expect(claimed.code, claimed.stderr).to.equal(0);
    expect(claimed.stdout).to.include("nothing to claim");
    expect(await balance(trainer.address)).to.equal(before);
  });

  it("model fetch, evaluate and predict: anybody can have the model that was paid for", async () => {
    serving.kill("SIGINT");
    expect((await serving.ended).code, "Ctrl-C is how one stops serving").to.equal(0);
    serving = scene().start(["serve"], trainer);
    await serving.says("Serving at");

    const out = join(scene().folder, "model");
    const fetched = await scene().foedus(["model", "fetch", task, "--out", out, "--json"], relayer);
    expect(fetched.code, fetched.stderr).to.equal(0);
    const { root, round, parameters } = json<{ root: string; round: number; parameters: number }>(fetched);
    expect({ round, parameters }).to.deep.equal({ round: 2, parameters: 8 });
    expect(root).to.match(/^0x[0-9a-f]{64}$/);
    expect((await readFile(join(out, "weights.f32"))).length).to.equal(4 * 8);
    expect(JSON.parse(await readFile(join(out, "manifest.json"), "utf8"))).to.deep.include({ title: TABLE_TASK.title });

    const holdout = await scene().file("holdout.csv", table(200, 1_000));
    const evaluated = await scene().foedus(["model", "evaluate", task, "--data", holdout, "--json"], relayer);
    const { accuracy, samples } = json<{ accuracy: number; samples: number }>(evaluated);
    expect(samples).to.equal(200);
    expect(accuracy).to.be.above(0.8);

    const rows = await scene().file("rows-to-predict.json", "[[0.9, 0.9, 0], [-0.9, -0.9, 0]]");
    const predicted = await scene().foedus(["model", "predict", task, "--rows", rows], relayer);
    expect(predicted.stdout).to.match(/row 0: right \(\d+\.\d%\)\nrow 1: left/);
    const unlabelled = await scene().file("unlabelled.csv", "name,z,y,x\na,0,0.9,0.9\nb,0,-0.9,-0.9\n");
    const ofTable = await scene().foedus(["model", "predict", task, "--data", unlabelled], relayer);
    expect(ofTable.stdout, ofTable.stderr).to.equal(predicted.stdout);
    serving.kill("SIGINT");
    await serving.ended;
  });

  it("task cancel: what no round has earned comes back at once while nobody has trained", async () => {
    const file = await scene().file("short.json", JSON.stringify(TABLE_TASK));
    const before = await balance(sponsor.address);
    const opened = await scene().foedus(["task", "open", file, "--json"], sponsor);
    const { id } = json<{ id: number }>(opened);
    const cancelled = await scene().foedus(["task", "cancel", String(id)], sponsor);
    expect(cancelled.code, cancelled.stderr).to.equal(0);
    expect(cancelled.stdout).to.include("is closed; 26 FDS came back");
    expect(await balance(sponsor.address)).to.equal(before);
    const again = await scene().foedus(["task", "cancel", String(id)], sponsor);
    expect(again.code).to.equal(1);
    expect(again.stderr).to.include("nothing is left to refund");
  });

  it("stake thaw and withdraw: only after the longest round, and then to the last unit", async () => {
    const thawed = await scene().foedus(["stake", "thaw", task, "100"], trainer);
    expect(thawed.code, thawed.stderr).to.equal(0);
    expect(thawed.stdout).to.include("100 FDS is thawing until").and.include("10.5 FDS counts");
    const early = await scene().foedus(["stake", "withdraw", task], trainer);
    expect(early.code).to.equal(1);
    expect(early.stderr).to.match(/the stake thaws until \d{4}-\d\d-\d\dT[\d:.]+Z\. Try again then/);

    await scene().provider.send("evm_increaseTime", [LONGEST_ROUND]);
    await scene().provider.send("evm_mine", []);
    const before = await balance(trainer.address);
    const withdrawn = await scene().foedus(["stake", "withdraw", task], trainer);
    expect(withdrawn.code, withdrawn.stderr).to.equal(0);
    expect(await balance(trainer.address)).to.equal(before + tokens(100));
    expect(withdrawn.stdout).to.include("10.5 FDS staked");
  });

  it("task advance: anybody may end a round that is over by the clock, and not before", async () => {
    const id = await scene().open();
    const early = await scene().foedus(["task", "advance", String(id)], relayer);
    expect(early.code).to.equal(1);
    expect(early.stderr).to.include("the round is Entering until").and.include("nothing is due before");
    await scene().provider.send("evm_increaseTime", [60]);
    await scene().provider.send("evm_mine", []);
    const status = await scene().foedus(["status", String(id)]);
    expect(status.stdout).to.include("round 1 is void").and.include(`foedus task advance ${id}`);
    const advanced = await scene().foedus(["task", "advance", String(id)], relayer);
    expect(advanced.code, advanced.stderr).to.equal(0);
    expect(advanced.stdout).to.include("is in round 2");
    const task = taskAt(await scene().deployment.foedus.taskAt(id), scene().provider);
    expect(Number((await task.clock())[0])).to.equal(2);
  });
});
