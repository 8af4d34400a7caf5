/**
 * What people get wrong, and what breaks around them: each ends in one clear sentence with the way out and exit code 1.
 * The processes run ahead, a few at a time; each test then looks at its own.
 */
import { expect } from "chai";
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parseUnits } from "ethers";
import { chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { damagedStore } from "./damagedStore.ts";
import type { DamagedStore } from "./damagedStore.ts";
import { TABLE_TASK, senderOf, table, useScene } from "./scene.ts";
import type { Account, Ended, Running, Scene } from "./scene.ts";

const AT_ONCE = 3;
const STAKE = parseUnits("110", 18);

interface World {
  readonly scene: Scene;
  readonly task: number;
  readonly token: string;
  readonly poor: Account;
  readonly clerk: Account;
  readonly busy: Account;
  readonly tables: {
    readonly good: string;
    readonly noColumn: string;
    readonly noClass: string;
    readonly wild: string;
  };
  readonly models: { readonly short: number; readonly long: number; readonly other: number };
  readonly diverging: number;
  /** An account with a store that no other process uses until it is given back. */
  lend(): Promise<Account>;
  giveBack(account: Account): void;
  /** Such an account with stake in a task. */
  lendStaked(task: number): Promise<Account>;
}

interface Case {
  readonly what: string;
  /** Starts it; with the account whose stake and keys must be as before. */
  readonly run: (world: World) => Promise<{ args: string[]; as?: Account; isLent?: boolean; stakedIn?: number }>;
  readonly error: string;
  /** What the message says. */
  readonly says: readonly string[];
}

/** A command that needs nothing but its arguments, run by the clerk. */
const asked =
  (...args: string[]): Case["run"] =>
  async ({ clerk }) => ({ args, as: clerk });

/** A trainer with stake, who must have it afterwards. */
const trains =
  (task: (world: World) => number, data: (world: World) => string | undefined, ...more: string[]): Case["run"] =>
  async (world) => {
    const path = data(world);
    const stakedIn = task(world);
    const as = await world.lendStaked(stakedIn);
    const from = path === undefined ? [] : ["--data", path];
    return { args: ["trainer", "run", String(stakedIn), ...from, "--leave", ...more], as, isLent: true, stakedIn };
  };

const usual = ({ task }: World) => task;

const CASES: readonly Case[] = [
  // Tasks
  {
    what: "a task number that does not exist",
    run: asked("status", "9999"),
    error: "UnknownTask",
    says: ["Task 9999 does not exist", "foedus task list"],
  },
  {
    what: "something that is no task",
    run: asked("task", "show", "0x12"),
    error: "UnknownTask",
    says: ["is no task", "number or its address"],
  },
  {
    what: "an address that is no task of this Foedus",
    run: async ({ clerk, token }) => ({ args: ["task", "show", token], as: clerk }),
    error: "UnknownTask",
    says: ["was not opened by Foedus", "foedus task list"],
  },
  // Networks
  {
    what: "another chain than the one wanted",
    run: asked("task", "list", "--chain-id", "1"),
    error: "WrongNetwork",
    says: ["is chain 31337, not 1", "--rpc"],
  },
  {
    what: "an address without a contract",
    run: asked("task", "list", "--foedus", "0x00000000000000000000000000000000000000ff"),
    error: "WrongNetwork",
    says: ["There is no contract at", "--foedus", "hardhat ignition deploy"],
  },
  {
    what: "a contract that is not Foedus",
    run: async ({ clerk, token }) => ({ args: ["task", "list", "--foedus", token], as: clerk }),
    error: "WrongNetwork",
    says: ["is not Foedus", "--foedus"],
  },
  {
    what: "an address that is none",
    run: asked("task", "list", "--foedus", "foedus.eth"),
    error: "WrongNetwork",
    says: ["is no address"],
  },
  {
    what: "an RPC endpoint that does not answer",
    run: async ({ clerk }) => ({
      args: ["task", "list", "--rpc", `http://127.0.0.1:${await closedPort()}`],
      as: clerk,
    }),
    error: "RpcUnreachable",
    says: ["does not answer: ECONNREFUSED", "--rpc"],
  },
  {
    what: "an RPC address that is none",
    run: asked("task", "list", "--rpc", "localhost:8545"),
    error: "RpcUnreachable",
    says: ["is no RPC address"],
  },
  {
    what: "an IPFS node that does not answer",
    run: trains(usual, ({ tables }) => tables.good, "--ipfs", "http://127.0.0.1:9"),
    error: "StoreUnreachable",
    says: ["No IPFS node answers at http://127.0.0.1:9", "ipfs daemon", "leave --ipfs away"],
  },
  // Money
  {
    what: "training without stake",
    run: async ({ clerk, task, tables }) => ({
      args: ["trainer", "run", String(task), "--data", tables.good],
      as: clerk,
    }),
    error: "InsufficientStake",
    says: ["Stake is 0 FDS, this task needs 100", "foedus stake deposit", " 100"],
  },
  {
    what: "more stake than the account has",
    run: async ({ clerk, task }) => ({ args: ["stake", "deposit", String(task), "5000"], as: clerk }),
    error: "Refused",
    says: ["Cannot deposit stake", "is needed"],
  },
  {
    what: "an account that cannot pay for gas",
    run: async ({ poor, task }) => ({ args: ["stake", "deposit", String(task), "100"], as: poor }),
    error: "InsufficientGas",
    says: ["cannot pay the gas to deposit stake", "coin"],
  },
  {
    what: "an amount that is none",
    run: async ({ clerk, task }) => ({ args: ["stake", "deposit", String(task), "lots"], as: clerk }),
    error: "InvalidArgumentError",
    says: ['"lots" is no amount of FDS', "12.5"],
  },
  {
    what: "thawing what is not there",
    run: async ({ clerk, task }) => ({ args: ["stake", "thaw", String(task), "1"], as: clerk }),
    error: "Refused",
    says: ["only 0 is free to thaw"],
  },
  {
    what: "withdrawing what does not thaw",
    run: async ({ clerk, task }) => ({ args: ["stake", "withdraw", String(task)], as: clerk }),
    error: "Refused",
    says: ["nothing is thawing", "foedus stake thaw"],
  },
  {
    what: "cancelling somebody else's task",
    run: async ({ clerk, task }) => ({ args: ["task", "cancel", String(task)], as: clerk }),
    error: "Refused",
    says: ["only the task's sponsor", "Use its wallet"],
  },
  {
    what: "a budget that the sponsor does not have",
    run: async ({ lend, scene }) => ({
      args: ["task", "open", await scene.file("rich.json", JSON.stringify({ ...TABLE_TASK, rounds: 1_000_000 }))],
      as: await lend(),
      isLent: true,
    }),
    error: "BudgetNotCovered",
    says: ["The task costs", "smaller rewards or fewer rounds"],
  },
  // Models
  {
    what: "a model with too few numbers",
    run: trains(
      ({ models }) => models.short,
      ({ tables }) => tables.good,
    ),
    error: "WrongModelShape",
    says: ["has 8 parameters, the vector has 7"],
  },
  {
    what: "a model with too many numbers",
    run: trains(
      ({ models }) => models.long,
      ({ tables }) => tables.good,
    ),
    error: "ContentTooLarge",
    says: ["36 bytes, at most 32 are allowed"],
  },
  {
    what: "another model than the one on chain",
    run: trains(
      ({ models }) => models.other,
      ({ tables }) => tables.good,
    ),
    error: "WrongModelRoot",
    says: ["has the root", "the chain says"],
  },
  {
    what: "fetching another model than the one on chain",
    run: async ({ models, lend }) => ({
      args: ["model", "fetch", String(models.other)],
      as: await lend(),
      isLent: true,
    }),
    error: "WrongModelRoot",
    says: ["has the root", "the chain says"],
  },
  // Data
  {
    what: "no table",
    run: trains(usual, () => undefined),
    error: "UnsuitableData",
    says: ["columns x, y, z and side", "CSV"],
  },
  {
    what: "a table that is not there",
    run: trains(usual, () => "/nowhere/table.csv"),
    error: "UnsuitableData",
    says: ["/nowhere/table.csv cannot be read (ENOENT)"],
  },
  {
    what: "a table with a column missing",
    run: trains(usual, ({ tables }) => tables.noColumn),
    error: "UnsuitableData",
    says: ['column "z" is missing', "Add or rename the column"],
  },
  {
    what: "such a table, with a stake to be deposited first",
    async run({ lend, tables, task }) {
      const args = ["trainer", "run", String(task), "--data", tables.noColumn, "--deposit"];
      return { args, as: await lend(), isLent: true, stakedIn: task };
    },
    error: "UnsuitableData",
    says: ['column "z" is missing'],
  },
  {
    what: "a table with a class that the task does not know",
    run: trains(usual, ({ tables }) => tables.noClass),
    error: "UnsuitableData",
    says: ['"up" is none of the task\'s classes (left, right)'],
  },
  {
    what: "rows that the table does not have",
    run: trains(usual, ({ tables }) => tables.good, "--rows", "/dev/null"),
    error: "UnusableFile",
    says: ["/dev/null is not JSON"],
  },
  {
    what: "a training that diverges",
    run: trains(
      ({ diverging }) => diverging,
      ({ tables }) => tables.wild,
    ),
    error: "TrainingDiverged",
    says: ["Training diverged", "Lower the learning rate"],
  },
  // Keys and files
  {
    what: "a wrong password",
    run: async ({ scene, clerk, task }) => ({
      args: ["stake", "deposit", String(task), "1"],
      as: { ...clerk, passwordFile: await scene.file("wrong-password", "not the password") },
    }),
    error: "WalletUnusable",
    says: ["The password does not open", "--password-file"],
  },
  {
    what: "a password file that is not there",
    run: async ({ clerk, task }) => ({
      args: ["stake", "deposit", String(task), "1"],
      as: { ...clerk, passwordFile: "/nowhere/password" },
    }),
    error: "UnusableFile",
    says: ["/nowhere/password cannot be read (ENOENT)"],
  },
  {
    what: "no password, and no terminal to ask",
    run: async ({ clerk, task }) => ({ args: ["stake", "deposit", String(task), "1", "--home", clerk.home] }),
    error: "NoPassword",
    says: ["There is no terminal", "--password-file"],
  },
  {
    what: "a store that another process uses",
    run: async ({ busy, task }) => ({ args: ["model", "fetch", String(task)], as: busy }),
    error: "StoreInUse",
    says: ["is in use by process", "stop that process"],
  },
  { what: "no task file", run: asked("task", "open"), error: "UnusableTaskFile", says: ["foedus task open --example"] },
  {
    what: "a task file that is not there",
    run: asked("task", "open", "/nowhere.json"),
    error: "UnusableFile",
    says: ["cannot be read (ENOENT)"],
  },
  {
    what: "a file whose name holds a secret",
    run: asked("task", "open", "/nowhere/password=hunter2"),
    error: "UnusableFile",
    says: ["/nowhere/password=[redacted]"],
  },
  {
    what: "a task file that is not JSON",
    run: async ({ scene, clerk }) => ({
      args: ["task", "open", await scene.file("no.json", "{ rounds: 3 }")],
      as: clerk,
    }),
    error: "UnusableFile",
    says: ["no.json is not JSON"],
  },
  {
    what: "a task file with wrong fields",
    run: async ({ scene, clerk }) => ({
      args: [
        "task",
        "open",
        await scene.file("bad.json", JSON.stringify({ ...TABLE_TASK, rounds: 0, trainers: { min: 5, max: 300 } })),
      ],
      as: clerk,
    }),
    error: "UnusableTaskFile",
    says: ["rounds", "trainers.max"],
  },
  {
    what: "a task file whose sums could overflow",
    run: async ({ scene, lend }) => ({
      args: [
        "task",
        "open",
        await scene.file(
          "overflow.json",
          JSON.stringify({ ...TABLE_TASK, weight: { unitSamples: 1, maxUnits: 60_000 } }),
        ),
      ],
      as: await lend(),
      isLent: true,
    }),
    error: "SumCouldOverflowError",
    says: ["Any one of these would fit", "maxWeight 2047"],
  },
  {
    what: "a table to predict without a column that the network takes",
    run: async ({ scene, lend, task }) => ({
      args: ["model", "predict", String(task), "--data", await scene.file("narrow.csv", "x,y\n1,2\n")],
      as: await lend(),
      isLent: true,
    }),
    error: "UnsuitableData",
    says: ['column "z" is missing'],
  },
  {
    what: "rows to predict that are too short",
    run: async ({ scene, lend, task }) => ({
      args: ["model", "predict", String(task), "--rows", await scene.file("rows.json", "[[1, 2, 3], [4, 5]]")],
      as: await lend(),
      isLent: true,
    }),
    error: "UnsuitableData",
    says: ["Row 1 has 2 numbers, the network takes 3"],
  },
  {
    what: "a signed claim that is none",
    run: async ({ scene, clerk }) => ({ args: ["rewards", "relay", await scene.file("claim.json", "{}")], as: clerk }),
    error: "UnusableFile",
    says: ["is no signed claim", "foedus rewards sign"],
  },
];

describe("foedus: bad input", function () {
  this.timeout(180_000);
  const scene = useScene();
  const outcomes = new Map<string, Promise<{ ended: Ended; intact: readonly [string, string] | undefined }>>();
  let world: World;
  let damaged: Promise<DamagedStore>;
  let serving: Running;

  before(async () => {
    world = await aWorld(scene());
    serving = scene().start(["serve"], world.busy);
    await serving.says("Serving at");
    damaged = damagedStore(scene());
    damaged.catch(() => undefined); // its tests hear of it
    const queue = CASES.values();
    const results = new Map(
      CASES.map(({ what }) => [what, Promise.withResolvers<{ ended: Ended; intact: [string, string] | undefined }>()]),
    );
    for (const [what, { promise }] of results) {
      promise.catch(() => undefined); // its test hears of it
      outcomes.set(what, promise);
    }
    for (let lane = 0; lane < AT_ONCE; lane++) {
      void (async () => {
        for (const each of queue)
          await outcome(each).then(results.get(each.what)?.resolve, results.get(each.what)?.reject);
      })();
    }
  });
  after(async () => {
    serving.kill("SIGINT");
    await serving.ended;
  });

  async function outcome({ run }: Case): Promise<{ ended: Ended; intact: [string, string] | undefined }> {
    const { args, as, stakedIn, isLent } = await run(world);
    const possessions = async () =>
      as === undefined || stakedIn === undefined ? undefined : possessionsOf(world.scene, as, stakedIn);
    const had = await possessions();
    const ended = await scene().foedus([...args, "--json"], as);
    const has = await possessions();
    if (as !== undefined && isLent === true) world.giveBack(as);
    return { ended, intact: had === undefined || has === undefined ? undefined : [had, has] };
  }

  for (const { what, error, says } of CASES) {
    it(`${what}: ${error}`, async () => {
      const { ended, intact } = (await outcomes.get(what)) as NonNullable<Awaited<ReturnType<typeof outcome>>>;
      const { code, stdout, stderr } = ended;
      expect(code, `${stdout}${stderr}`).to.equal(1);
      const said = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { error: { name: string; message: string } };
      expect(Object.keys(said)).to.deep.equal(["error"]);
      expect(Object.keys(said.error)).to.deep.equal(["name", "message"]);
      expect(said.error.name, said.error.message).to.equal(error);
      for (const text of says) expect(said.error.message).to.include(text);
      expect(stderr, "for people as well").to.include(said.error.message);
      expect(stderr, "no stack unless asked for").not.to.match(/^\s+at /m);
      if (intact !== undefined) expect(intact[1], "stake and keys are as before").to.equal(intact[0]);
    });
  }

  it("an unknown option, or a value that cannot be: names it and points to --help", async () => {
    const { clerk } = world;
    const [unknown, fraction, address, missing] = await Promise.all([
      scene().foedus(["task", "list", "--nonsense"], clerk),
      scene().foedus(["trainer", "run", "1", "--rounds", "1.5"], clerk),
      scene().foedus(["stake", "show", "1", "--account", "0x12"], clerk),
      scene().foedus(["status"]),
    ]);
    for (const { code, stderr } of [unknown, fraction, address, missing]) {
      expect(code).to.equal(1);
      expect(stderr).to.include("--help");
    }
    expect(unknown.stderr).to.include("--nonsense");
    expect(fraction.stderr).to.include("--rounds").and.include("whole number");
    expect(address.stderr).to.include("--account").and.include("40 hexadecimal digits");
    expect(missing.stderr).to.include("missing required argument 'task'");
  });

  it("a training that diverges takes no seat, so that no deadline can be missed", async () => {
    await outcomes.get("a training that diverges");
    const { stdout } = await scene().foedus(["status", String(world.diverging), "--json"]);
    expect(JSON.parse(stdout)).to.deep.include({ seats: [] });
  });

  it("a corrupted block store: names the damage and the way out when nobody has the content, and keeps the stake", async () => {
    const { alone, task, trainer } = await damaged;
    expect(alone.code, alone.stderr).to.equal(1);
    const { error } = JSON.parse(alone.stdout.trim().split("\n").at(-1) ?? "") as { error: Error };
    expect(error.name).to.equal("ContentCorrupt");
    expect(error.message).to.include("was damaged on disk");
    expect(error.message).to.include("try again when a peer that holds the content is online");
    const { vault, foedus } = scene().deployment;
    expect(await vault.eligible(await foedus.taskAt(task), trainer.address)).to.equal(STAKE);
  });

  it("a corrupted block store: fetches it again from whoever has it, goes on with its round, and is paid", async () => {
    const { code, stdout, stderr } = (await damaged).helped;
    expect(code, stderr).to.equal(0);
    const lines = stdout.trim().split("\n");
    const events = lines.map((line) => JSON.parse(line) as { event: string; act?: string });
    const acts = events.filter(({ event }) => event === "act").map(({ act }) => act);
    expect(acts).to.deep.equal(["commit", "reveal", "propose", "advance"]);
    expect(events.at(-1)).to.deep.include({ event: "claimed", amount: String(parseUnits("13", 18)) });
  });

  it("a bot waits for an endpoint that does not answer, says so, and ends on Ctrl-C", async () => {
    const port = await closedPort();
    const bot = scene().start(["trainer", "run", "1", "--rpc", `http://127.0.0.1:${port}`], world.clerk);
    expect(await bot.says("Trying again")).to.include(`http://127.0.0.1:${port}`);
    bot.kill("SIGINT");
    expect((await bot.ended).code).to.equal(130);
  });

  it("says where it happened when asked with --verbose", async () => {
    const { code, stderr } = await scene().foedus(["status", "9999", "--verbose"]);
    expect(code).to.equal(1);
    expect(stderr).to.match(/UnknownTask: Task 9999 does not exist.*\n\s+at /);
  });
});

async function aWorld(scene: Scene): Promise<World> {
  const [poor, clerk, busy] = await Promise.all([scene.account({ coins: false }), scene.account(), scene.account()]);
  const { vault, stakeToken, foedus } = scene.deployment;
  const idle: Account[] = [];
  const lend = async () => idle.pop() ?? scene.account();
  const wrong = (length: number) =>
    scene.openWith(async (store) => {
      const lanes = new Int32Array(length);
      return { modelRoot: chunkRoot(lanes), modelId: await store.put(lanesToBytes(lanes)) };
    });
  const lines = table(100).split("\n");
  return {
    scene,
    poor,
    clerk,
    busy,
    task: await scene.open(),
    diverging: await scene.open({
      // Long enough that its half, after which even the unsure enter, is far away.
      seconds: { ...TABLE_TASK.seconds, enter: 86_400, retention: 100_000 },
      training: { ...TABLE_TASK.training, epochs: 50, learningRate: 100, optimizer: "momentum", momentum: 0.99 },
    }),
    models: {
      short: await wrong(7),
      long: await wrong(9),
      other: await scene.openWith(async (store) => ({
        modelRoot: chunkRoot(new Int32Array(8)),
        modelId: await store.put(lanesToBytes(new Int32Array(8).fill(5))),
      })),
    },
    token: await stakeToken.getAddress(),
    tables: {
      good: await scene.file("good.csv", table(100)),
      noColumn: await scene.file("no-column.csv", table(100, 0, "x,y,other,side")),
      noClass: await scene.file("no-class.csv", [...lines.slice(0, 50), "1,2,3,up", ...lines.slice(50)].join("\n")),
      wild: await scene.file("wild.csv", table(100).replaceAll(/(\d),/g, "$1e30,")),
    },
    lend,
    giveBack: (account) => void idle.push(account),
    async lendStaked(task) {
      const account = await lend();
      const address = await foedus.taskAt(task);
      if ((await vault.eligible(address, account.address)) >= STAKE) return account;
      const sender = await senderOf(scene, account);
      await sender.send("approve", await stakeToken.approve.populateTransaction(await vault.getAddress(), STAKE));
      await sender.send("deposit", await vault.deposit.populateTransaction(address, STAKE));
      return account;
    },
  };
}

/** Stake, tokens and key files of an account, as one text. */
async function possessionsOf({ deployment }: Scene, { address, home }: Account, task: number): Promise<string> {
  const { vault, stakeToken, foedus } = deployment;
  const [amount, thawing] = await vault.stakeOf(await foedus.taskAt(task), address);
  const tokens = await stakeToken.balanceOf(address);
  const names = (await readdir(join(home, "keys"))).sort();
  const keys = await Promise.all(
    names.map(async (name) =>
      createHash("sha256")
        .update(await readFile(join(home, "keys", name)))
        .digest("hex"),
    ),
  );
  return JSON.stringify({ amount: String(amount), thawing: String(thawing), tokens: String(tokens), names, keys });
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
