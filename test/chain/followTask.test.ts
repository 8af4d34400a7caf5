import { expect } from "chai";
import type { JsonRpcProvider } from "ethers";
import { RpcUnreachable } from "../../trainer/chain/chainErrors.ts";
import type { BlockMark } from "../../trainer/chain/blockMark.ts";
import { followTask, readTask } from "../../trainer/chain/followTask.ts";
import type { FollowOptions } from "../../trainer/chain/followTask.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";
import { roundNow } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { aProxyOf, noFault } from "../support/faultyProxy.ts";
import type { Exchange, FaultyProxy } from "../support/faultyProxy.ts";
import { useLocalChain } from "../support/localChain.ts";
import { rejection } from "../support/rejection.ts";
import { aTaskOnChain } from "./aTaskOnChain.ts";
import type { TaskOnChain } from "./aTaskOnChain.ts";

describe("Following a task", () => {
  const chain = useLocalChain();
  let there: TaskOnChain;
  let proxy: FaultyProxy;
  let provider: JsonRpcProvider;
  let snapshot: string;
  let stop: AbortController;
  let reorganisations: BlockMark[];

  before(async () => {
    // Nothing here waits for the round's clock, however slow the machine.
    there = await aTaskOnChain(chain(), { staked: 3, rules: { enterSeconds: 86_400 } });
  });

  beforeEach(async () => {
    snapshot = await chain().snapshot();
    stop = new AbortController();
    reorganisations = [];
    proxy = await aProxyOf(chain().url);
    provider = await connectRpc({ url: proxy.url, retries: 0 });
  });

  afterEach(async () => {
    stop.abort();
    provider.destroy();
    await proxy.close();
    await chain().revert(snapshot);
  });

  function follow(options: Partial<FollowOptions> = {}) {
    const onReorganisation = (block: BlockMark) => void reorganisations.push(block);
    return followTask(provider, there.opened, {
      confirmations: 0,
      pollMs: 10,
      signal: stop.signal,
      onReorganisation,
      ...options,
    });
  }

  const next = async (following: ReturnType<typeof follow>) => (await following.next()).value;
  const enter = (trainer: number, seat = trainer) => there.by(there.trainers[trainer]!).enter(seat, trainer + 1);
  const entered = (state: TaskState) =>
    [...roundNow(state).seats].map(([seat, { trainer }]) => [
      seat,
      there.trainers.findIndex(({ address }) => address === trainer),
    ]);

  /** Waits until the follower has looked at the chain so often. */
  async function looks(count: number): Promise<void> {
    const until = proxy.methods.length + count;
    while (proxy.methods.length < until) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  it("shows a state for every block, also one without events", async () => {
    const following = follow();
    const first = await next(following);
    await chain().mine();
    const second = await next(following);
    expect(second.block).to.equal(first.block + 1);
    expect(second.rounds).to.deep.equal(first.rounds);
    await enter(0);
    expect(entered(await next(following))).to.deep.equal([[0, 0]]);
  });

  it("starts anew when the block it read last was replaced", async () => {
    const following = follow();
    await next(following);
    const before = await chain().snapshot();
    await enter(0);
    const abandoned = await next(following);
    expect(entered(abandoned)).to.deep.equal([[0, 0]]);
    await chain().revert(before);
    await enter(1, 0);
    const state = await next(following);
    expect(state.block).to.equal(abandoned.block);
    expect(entered(state)).to.deep.equal([[0, 1]]);
    expect(reorganisations.map(({ number }) => number)).to.deep.equal([abandoned.block]);
    expect(state).to.deep.equal(await readTask(provider, there.opened, { confirmations: 0 }));
  });

  it("starts anew when several blocks were replaced by more of them", async () => {
    const following = follow();
    await next(following);
    const before = await chain().snapshot();
    await enter(0);
    await enter(1);
    let state = await next(following);
    while (entered(state).length < 2) state = await next(following);
    await chain().revert(before);
    await chain().rpc("hardhat_mine", "0x5");
    await enter(2);
    while (entered(state)[0]?.[0] !== 2) state = await next(following);
    expect(entered(state)).to.deep.equal([[2, 2]]);
    expect(reorganisations).to.have.length(1);
  });

  it("notices a reorganisation while the new chain is still shorter", async () => {
    const following = follow();
    await next(following);
    const before = await chain().snapshot();
    await enter(0);
    await next(following);
    await enter(1);
    const longest = await next(following);
    expect(entered(longest)).to.have.length(2);
    await chain().revert(before);
    await enter(2);
    const state = await next(following);
    expect(state.block).to.equal(longest.block - 1);
    expect(entered(state)).to.deep.equal([[2, 2]]);
    expect(reorganisations).to.have.length(1);
  });

  it("notices a reorganisation between two requests of one look", async () => {
    const following = follow();
    await next(following);
    const before = await chain().snapshot();
    await enter(0);
    await next(following);
    // When the logs are asked for, the chain has just become another: longer, and with a seat that nobody had taken.
    let replaced = false;
    proxy.fault = async ({ requests }) => {
      if (replaced || !requests.some(({ method }) => method === "eth_getLogs")) return false;
      replaced = true;
      await chain().revert(before);
      await enter(1, 3);
      await enter(2, 2);
      return false;
    };
    await chain().mine();
    let state = await next(following);
    while (entered(state).length < 2) state = await next(following);
    expect(entered(state)).to.deep.equal([
      [3, 1],
      [2, 2],
    ]);
    expect(reorganisations).to.have.length(1);
  });

  it("with confirmations, never shows what blocks on top may still undo", async () => {
    const following = follow({ confirmations: 2 });
    const shown = [await next(following)];
    const catchUp = async () => {
      const head = await chain().provider.getBlockNumber();
      while (shown.at(-1)!.block < head - 2) shown.push(await next(following));
    };
    const before = await chain().snapshot();
    await enter(0);
    await chain().mine();
    await catchUp();
    await chain().revert(before);
    await enter(1);
    await enter(2);
    await chain().mine();
    await chain().mine();
    await catchUp();
    expect(shown.map(entered).filter((seats) => seats.some(([, trainer]) => trainer === 0))).to.deep.equal([]);
    expect(entered(shown.at(-1)!)).to.deep.equal([
      [1, 1],
      [2, 2],
    ]);
    expect(reorganisations).to.deep.equal([]);
    for (const [index, { block }] of shown.entries())
      if (index > 0) expect(block).to.be.greaterThan(shown[index - 1]!.block);
  });

  it("is not led astray by a node that lags behind", async () => {
    const following = follow();
    const first = await next(following);
    await enter(0);
    const state = await next(following);
    expect(state.block).to.equal(first.block + 1);
    // Now another node behind the same address answers, which has not seen the last block.
    proxy.fault = lagsAt(first.block);
    const waiting = next(following);
    await looks(6);
    proxy.fault = noFault;
    await enter(1);
    expect(entered(await waiting)).to.deep.equal([
      [0, 0],
      [1, 1],
    ]);
    expect(reorganisations).to.deep.equal([]);
  });

  it("loses no event when the node that is asked for the log lags behind the one that knew the last block", async () => {
    const following = follow();
    const { block } = await next(following);
    proxy.fault = (exchange) =>
      exchange.requests.some(({ method }) => method === "eth_getLogs") ? lagsAt(block)(exchange) : false;
    await enter(0);
    const waiting = next(following);
    await looks(9);
    proxy.fault = noFault;
    expect(entered(await waiting)).to.deep.equal([[0, 0]]);
    expect(reorganisations).to.deep.equal([]);
  });

  it("forgives a node that fails for a moment, and not one that always does", async () => {
    const following = follow();
    await next(following);
    let failures = 3;
    proxy.fault = ({ requests, answer }) =>
      failures-- > 0 && answer(requests.map(({ id }) => ({ id, error: { code: -32_603, message: "internal" } }))[0]);
    await enter(0);
    expect(entered(await next(following))).to.deep.equal([[0, 0]]);
    failures = Infinity;
    expect((await rejection(following.next(), Error)).message).to.include("internal");
  });

  it("ends with the signal's reason when it is aborted", async () => {
    const following = follow();
    await next(following);
    const waiting = rejection(following.next(), Error);
    await looks(2);
    const reason = new Error("enough");
    stop.abort(reason);
    expect(await waiting).to.equal(reason);
  });

  it("ends when the node is gone", async () => {
    const following = follow();
    await next(following);
    proxy.fault = ({ drop }) => drop();
    await rejection(following.next(), RpcUnreachable);
  });

  it("ends when its provider is destroyed: that answers nothing any more", async () => {
    const following = follow({ pollMs: 60_000 });
    await next(following);
    provider.destroy();
    expect((await rejection(following.next(), Error)).message).to.include("provider destroyed");
  });

  it("reads in pages as small as the node wants them", async () => {
    await enter(0);
    await chain().rpc("hardhat_mine", "0x20");
    await enter(1);
    const ranges: number[] = [];
    proxy.fault = ({ requests, answer }) => {
      const [logs] = requests.filter(({ method }) => method === "eth_getLogs");
      if (logs === undefined) return false;
      const { fromBlock, toBlock } = logs.params[0] as { fromBlock: string; toBlock: string };
      const blocks = Number(toBlock) - Number(fromBlock) + 1;
      ranges.push(blocks);
      // Some say it in a proper answer for each request, some with HTTP 400 and one answer for all.
      const error = { code: -32_600, message: "You can make requests with up to a 7 block range" };
      return (
        blocks > 7 &&
        (ranges.length % 2 ? answer(requests.map(({ id }) => ({ id, error }))) : answer({ id: 1, error }, 400))
      );
    };
    const state = await readTask(provider, there.opened, { confirmations: 0 });
    proxy.fault = noFault;
    expect(ranges.filter((blocks) => blocks > 0 && blocks <= 7).length).to.be.greaterThan(4);
    expect(state).to.deep.equal(await readTask(chain().provider, there.opened, { confirmations: 0 }));
    expect(entered(state)).to.have.length(2);
  });

  it("reads a task once more when a lagging node answers at first", async () => {
    await enter(0);
    const head = await chain().provider.getBlockNumber();
    let lagging = 1;
    proxy.fault = (exchange) =>
      exchange.requests.some(({ method }) => method === "eth_getLogs") && lagging-- > 0
        ? lagsAt(head - 1)(exchange)
        : false;
    expect(entered(await readTask(provider, there.opened, { confirmations: 0 }))).to.deep.equal([[0, 0]]);
    expect(lagging).to.equal(-1);
  });

  it("says so when a node gives the log of another contract", async () => {
    await enter(0);
    proxy.fault = async ({ requests, forward, answer }) => {
      if (!requests.some(({ method }) => method === "eth_getLogs")) return false;
      const answers = await forward();
      for (const { result } of answers) {
        if (Array.isArray(result))
          for (const log of result) (log as { address: string }).address = `0x${"11".repeat(20)}`;
      }
      answer(answers);
    };
    const reading = readTask(provider, there.opened, { confirmations: 0 });
    expect((await rejection(reading, Error)).message).to.include("not asked for");
  });

  it("shows a fresh task while the block it was opened in has too few on top of it", async () => {
    const state = await readTask(provider, there.opened, { confirmations: 1_000 });
    expect(state).to.include({ block: 0, current: 0 });
  });

  /** Answers as a node that has no block after `block`, and says so as nodes do: by null, and by fewer events. */
  function lagsAt(block: number) {
    const last = `0x${block.toString(16)}`;
    return async ({ requests, answer }: Exchange) => {
      const answers = requests.map(async ({ id, method, params }) => {
        const [what] = params as [unknown];
        if (method === "eth_getLogs") {
          const { fromBlock, toBlock, ...filter } = what as { fromBlock: string; toBlock: string };
          if (Number(fromBlock) > block) return { id, result: [] };
          const to = Number(toBlock) > block ? last : toBlock;
          return { id, result: await chain().rpc(method, { ...filter, fromBlock, toBlock: to }) };
        }
        if (what !== "latest" && Number(what) > block) return { id, result: null };
        return { id, result: await chain().rpc(method, what === "latest" ? last : what, ...params.slice(1)) };
      });
      const all = await Promise.all(answers);
      answer(all.length === 1 ? all[0] : all);
    };
  }
});
