/**
 * Two trainers of five against the attestation, with real processes. A seat can say only once whose updates it lacks. So one
 * of the two reveals an update that nobody gets to read, and the other one waits until all have found that out, and reveals
 * then: whoever spoke of the first at once could not speak of the second any more. That one serves its update to nobody
 * before the others have spoken; it would be in the sum, and nobody else could add it up.
 */
import { expect } from "chai";
import { join } from "node:path";
import { Transaction } from "ethers";
import { sealedTaskAt } from "../../trainer/chain/contracts.ts";
import { readTask } from "../../trainer/chain/followTask.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { countedSeats, roundOf, seatOf } from "../../trainer/chain/taskState.ts";
import type { RoundState, TaskState } from "../../trainer/chain/taskState.ts";
import { createStopwatch } from "../../trainer/observe/stopwatch.ts";
import { openKeyFile } from "../../trainer/privacy/keyFile.ts";
import { chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { addLanes } from "../../trainer/protocol/lanes.ts";
import { openUpdate } from "../../trainer/roles/sealedUpdate.ts";
import { createTraffic } from "../../trainer/roles/traffic.ts";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";
import { PASSWORD, TABLE_TASK, senderOf, table, useScene } from "../cli/scene.ts";
import type { Account, Ended, Running } from "../cli/scene.ts";
import { aProxyOf } from "../support/faultyProxy.ts";
import type { FaultyProxy } from "../support/faultyProxy.ts";

const ROUNDS = 2;
const HONEST = 3;
const TRAINERS = HONEST + 2;
const SECONDS = { ...TABLE_TASK.seconds, reveal: 60, attest: 10, grace: 20, propose: 60, challenge: 3, retention: 600 };

interface Event {
  readonly event: string;
  readonly round?: number;
  readonly found?: string;
}

describe("a federation in which one update is never read and another one only after all have attested", function () {
  this.timeout(120_000);
  const scene = useScene();
  const proxies: FaultyProxy[] = [];
  let opened: OpenedTask;
  let trainers: Account[];
  let honest: Account[];
  let ended: Ended[];
  let state: TaskState;
  let first: RoundState;

  before("it runs to its end by itself", async () => {
    const { deployment, provider, account, start, file, open, url } = scene();
    trainers = await Promise.all(Array.from({ length: TRAINERS }, () => account()));
    honest = trainers.slice(0, HONEST);
    const tables = await Promise.all(trainers.map((_, i) => file(`attesting-${i}.csv`, table(80, 1_000 * i))));
    const number = await open({ rounds: ROUNDS, trainers: { min: HONEST, max: TRAINERS }, seconds: SECONDS });
    opened = await findTask(deployment, String(number));
    const { interface: calls } = sealedTaskAt(opened.address, provider);

    function run(i: number, rpc = url): Running {
      const args = ["--data", tables[i]!, "--deposit", "--leave", "--json", "--rpc", rpc];
      return start(["trainer", "run", String(number), ...args], trainers[i]);
    }

    /** Its first reveal leaves it when it is time, and then it stands still: it serves nothing and says nothing. */
    async function runColluder(i: number, isTime: () => Promise<unknown>): Promise<Running> {
      const proxy = await aProxyOf(url);
      proxies.push(proxy);
      const running = run(i, proxy.url);
      let hasRevealed = false;
      proxy.fault = async ({ requests }) => {
        const sent = requests.filter(({ method }) => method === "eth_sendRawTransaction");
        const names = sent.map(({ params }) => calls.parseTransaction(Transaction.from(params[0] as string))?.name);
        if (hasRevealed || !names.includes("reveal")) return false;
        await isTime();
        hasRevealed = true;
        running.kill("SIGSTOP");
        return false;
      };
      return running;
    }

    const running = honest.map((_, i) => run(i));
    const allSay = (text: string) => Promise.all(running.slice(0, HONEST).map((each) => each.says(text)));
    const [unread, late] = trainers.slice(HONEST) as [Account, Account];
    running.push(await runColluder(HONEST, async () => undefined));
    running.push(await runColluder(HONEST + 1, () => allSay(`"trainer":"${unread.address}","err"`)));
    await allSay('"round":1,"act":"attest"');
    for (const colluder of running.slice(HONEST)) colluder.kill("SIGCONT");

    ended = await Promise.all(running.map((each) => each.ended));
    for (const { code, stderr } of ended) expect(code, stderr).to.equal(0);
    state = await readTask(provider, opened, { confirmations: 0 });
    first = roundOf(state, 1);
    expect(seatOf(first, late.address)?.state.update, "the second one has revealed").not.to.equal(undefined);
  });

  after("close the proxies", async () => {
    for (const proxy of proxies) await proxy.close();
  });

  function seatsOf(accounts: readonly Account[]): number[] {
    return accounts.map(({ address }) => seatOf(first, address)!.seat).sort((a, b) => a - b);
  }

  it("each honest trainer has attested both, in the one word that it has", async () => {
    const task = sealedTaskAt(opened.address, scene().provider);
    const all = await task.queryFilter(task.filters.SeatsAttested(1), opened.block);
    const both = seatsOf(trainers.slice(HONEST)).reduce((bits, seat) => bits | (1n << BigInt(seat)), 0n);
    const words = new Map(all.map(({ args }) => [Number(args.seat), args.missing]));
    expect(seatsOf(honest).map((seat) => words.get(seat))).to.deep.equal(honest.map(() => both));
  });

  it("the round is final with what the honest ones have sent, and without the two", () => {
    expect(first.phase).to.equal("Final");
    expect(countedSeats(first).sort((a, b) => a - b)).to.deep.equal(seatsOf(honest));
    for (const { address } of trainers.slice(HONEST)) {
      expect(seatOf(first, address)?.state.status).to.equal("Struck");
    }
  });

  it("its sum is that of those updates, as one of them reads them", async () => {
    const reader = honest[0]!;
    const store = await openHeliaStore({ folder: join(reader.home, "content", "default") });
    try {
      const sender = await senderOf(scene(), reader);
      const encryptionKey = await openKeyFile(join(reader.home, "keys", "default.encryption.json"), PASSWORD);
      const sum = new Int32Array(opened.rules.parameters);
      for (const seat of seatsOf(honest)) {
        const request = { round: 1, seat: first.seats.get(seat)!, from: [], cohortSize: TRAINERS, timeoutMs: 5_000 };
        const party = { opened, sender, encryptionKey };
        const signal = AbortSignal.timeout(10_000);
        addLanes(sum, await openUpdate(party, createTraffic(store), createStopwatch(), { ...request, signal }));
      }
      expect(first.proposal?.sumRoot).to.equal(chunkRoot(sum));
    } finally {
      await store.stop();
    }
  });

  it("every honest trainer could check that, and has found the proposal right", () => {
    for (const { stdout } of ended.slice(0, HONEST)) {
      const events = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Event]));
      const checks = events.filter(({ event, round }) => round === 1 && (event === "checked" || event === "caught"));
      expect(checks.map(({ found }) => found)).to.deep.equal(["right"]);
    }
  });

  it("nobody has lost stake", () => {
    expect([...state.fined.keys(), ...state.slashed.keys()]).to.deep.equal([]);
  });

  it("the next round is final with all of them in it", () => {
    expect(state.completed).to.equal(ROUNDS);
    const { phase, seats } = roundOf(state, 2);
    expect(phase).to.equal("Final");
    expect([...seats.values()].map(({ status }) => status)).to.deep.equal(trainers.map(() => "Revealed"));
  });
});
