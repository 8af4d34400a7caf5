import { expect } from "chai";
import { accountTasks } from "../../app/chain/accountTasks.ts";
import type { Chain } from "../../app/chain/node.ts";
import { STAKE, TOKEN, aTaskOnChain } from "../chain/aTaskOnChain.ts";
import type { TaskOnChain } from "../chain/aTaskOnChain.ts";
import { useLocalChain } from "../support/localChain.ts";

interface Asked {
  readonly fromBlock: number;
  readonly toBlock: number;
}

describe("The tasks of an account", function () {
  this.timeout(30_000);
  const local = useLocalChain();
  const never = new AbortController().signal;
  let tasks: TaskOnChain[];
  let account: string;
  let block: number;
  let asked: Asked[];
  /** The node answers with logs only after this. */
  let gate: Promise<unknown>;
  let chain: Chain;

  before("stake in two tasks", async () => {
    tasks = [await aTaskOnChain(local(), { staked: 1 }), await aTaskOnChain(local(), { staked: 1 })];
    account = tasks[0]!.trainers[0]!.address;
    block = await local().provider.getBlockNumber();
  });
  beforeEach(() => {
    asked = [];
    gate = Promise.resolve();
    chain = onChain(never);
  });

  function onChain(signal: AbortSignal): Chain {
    const { deployment, provider, url } = local();
    const counting = new Proxy(provider, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (name !== "getLogs") return (value as () => unknown).bind(target);
        return async (filter: Asked) => {
          asked.push(filter);
          await gate;
          return target.getLogs(filter as unknown as Parameters<typeof target.getLogs>[0]);
        };
      },
    });
    const settings = { rpc: url, foedus: deployment.address };
    return { ...deployment, provider: counting, settings, confirmations: 0, pollMs: 5, signal };
  }

  const addresses = () => tasks.map(({ opened }) => opened.address).reverse();

  it("are read once for all that look at the same time, each task once", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    gate = promise;
    const looks = [1, 2, 3].map((view) => accountTasks(chain, account).look(block - (view === 1 ? 1 : 0), never));
    setTimeout(() => resolve(true), 20);
    const found = await Promise.all(looks);
    for (const each of found) expect(each).to.deep.equal(addresses());
    const blocks = asked.flatMap(({ fromBlock, toBlock }) =>
      Array.from({ length: toBlock - fromBlock + 1 }, (_, offset) => fromBlock + offset),
    );
    expect(new Set(blocks).size).to.equal(blocks.length);
  });

  it("are not read from the start again by another view, and show what was staked since", async () => {
    for (let more = 0; more < 70; more++) await local().mine();
    await accountTasks(chain, account).look(await local().provider.getBlockNumber(), never);
    const later = await aTaskOnChain(local(), { staked: 1 });
    const now = await local().provider.getBlockNumber();
    asked.length = 0;
    const found = await accountTasks(chain, account).look(now, never);
    expect(found).to.deep.equal([later.opened.address, ...addresses()]);
    expect(asked[0]!.fromBlock).to.be.above(tasks[0]!.opened.block);
  });

  it("are read no further when nobody looks any more, and from there on when somebody looks again", async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    gate = promise;
    const own = new AbortController();
    const look = accountTasks(chain, account).look(block, own.signal);
    while (asked.length === 0) await new Promise((next) => setImmediate(next));
    own.abort(new RangeError("gone"));
    const reason: unknown = await look.catch((error: unknown) => error);
    expect(reason).to.be.instanceOf(RangeError);
    const again = accountTasks(chain, account).look(block, never);
    resolve(true);
    expect(await again).to.deep.equal(addresses());
    expect(asked).to.have.length(1);
  });

  it("are read also while the chain is shorter than at the look before", async () => {
    const snapshot = await local().snapshot();
    for (let more = 0; more < 3; more++) await local().mine();
    await accountTasks(chain, account).look(await local().provider.getBlockNumber(), never);
    await local().revert(snapshot);
    const now = await local().provider.getBlockNumber();
    expect(await accountTasks(chain, account).look(now, never)).to.include.members(addresses());
  });

  it("are not asked for when other settings are chosen", async () => {
    const ends = new AbortController();
    const ended = onChain(ends.signal);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    gate = promise;
    const look = accountTasks(ended, account).look(block, never);
    while (asked.length === 0) await new Promise((next) => setImmediate(next));
    ends.abort();
    expect(await look.catch((error: unknown) => error)).to.be.instanceOf(Error);
    resolve(true);
    await new Promise((next) => setTimeout(next, 30));
    expect(asked).to.have.length(1);
  });

  it("wait for the last deposit's own block, also while an earlier one is read", async () => {
    const before = await local().provider.getBlockNumber();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    gate = promise;
    const first = accountTasks(chain, account).look(before, never);
    while (asked.length === 0) await new Promise((next) => setImmediate(next));
    const { stakeToken, vault } = local().deployment;
    const fresh = await aTaskOnChain(local(), { staked: 0 });
    const trainer = tasks[0]!.trainers[0]!;
    await (await stakeToken.connect(fresh.sponsor).transfer(account, STAKE)).wait();
    await (await stakeToken.connect(trainer).approve(await vault.getAddress(), TOKEN)).wait();
    await (await vault.connect(trainer).deposit(fresh.opened.address, TOKEN)).wait();
    const second = accountTasks(chain, account).look(await local().provider.getBlockNumber(), never);
    resolve(true);
    expect((await second)[0]).to.equal(fresh.opened.address);
    await first;
  });
});
