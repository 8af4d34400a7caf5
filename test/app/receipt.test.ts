import { expect } from "chai";
import type { JsonRpcSigner } from "ethers";
import { toQuantity } from "ethers";
import type { Chain } from "../../app/chain/node.ts";
import { head, trouble } from "../../app/chain/node.ts";
import { Replaced, receiptOf, untilFinal } from "../../app/chain/receipt.ts";
import type { Sent } from "../../app/chain/sent.ts";
import { effectOf } from "../../app/chain/effect.ts";
import { pause } from "../../trainer/chain/pause.ts";
import { useLocalChain } from "../support/localChain.ts";
import { rejection } from "../support/rejection.ts";

const POLL_MS = 5;

describe("A transaction that is sent", function () {
  this.timeout(20_000);
  const chain = useLocalChain();
  const ended = new AbortController();
  let read: Chain;
  let signer: JsonRpcSigner;
  let failing = 0;
  /** What the node does not answer as it is. */
  let instead: Partial<Record<string, (...args: unknown[]) => unknown>> = {};

  before(async () => {
    const { deployment, provider, url } = chain();
    signer = await chain().account(0);
    const flaky = new Proxy(provider, {
      get(target, name) {
        const value: unknown = instead[String(name)] ?? Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (failing-- > 0) return Promise.reject(new Error("rate limited"));
          return (value as (...given: unknown[]) => unknown).apply(target, args);
        };
      },
    });
    const settings = { rpc: url, foedus: deployment.address };
    read = { ...deployment, provider: flaky, settings, confirmations: 0, pollMs: POLL_MS, signal: ended.signal };
  });
  afterEach(async () => {
    instead = {};
    failing = 0;
    await chain().rpc("evm_setAutomine", true);
    await chain().mine();
  });
  after(() => void (head.value = trouble.value = undefined));

  async function believe(): Promise<void> {
    const block = await chain().provider.getBlock("latest");
    const { number, hash: own, parentHash, timestamp } = block!;
    head.value = { number, hash: own!, parentHash, timestamp };
  }

  async function approval(amount: bigint): Promise<{ to: string; data: string }> {
    const { vault, stakeToken } = chain().deployment;
    return stakeToken.approve.populateTransaction(await vault.getAddress(), amount);
  }

  async function sent(amount = 5n): Promise<Sent> {
    const request = await approval(amount);
    const hash = await signer.sendUncheckedTransaction(request);
    await believe();
    return { account: signer.address, hash, ...request, action: "approve", sentAt: Date.now() };
  }

  /** Its account sends this with the same nonce, at a higher fee. */
  async function sendInstead({ hash }: Sent, amount: bigint): Promise<string> {
    const nonce = (await chain().provider.getTransaction(hash))!.nonce;
    const { to, data } = await approval(amount);
    const request = { from: signer.address, to, data, nonce: toQuantity(nonce), maxFeePerGas: toQuantity(10n ** 12n) };
    const priority = { maxPriorityFeePerGas: toQuantity(10n ** 12n) };
    return (await chain().rpc("eth_sendTransaction", { ...request, ...priority })) as string;
  }

  function followed(of: Sent) {
    const states: string[] = [];
    const nonces: number[] = [];
    const own = new AbortController();
    const receipt = receiptOf(read, of, {
      signal: AbortSignal.any([own.signal, read.signal]),
      onState: (state) => states.push(state),
      onNonce: (nonce) => nonces.push(nonce),
    });
    receipt.catch(() => undefined);
    return { receipt, states, nonces, stop: (reason: Error) => own.abort(reason) };
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await pause(1);
  }

  it("is followed through errors of the node, which are noted", async () => {
    const one = await sent();
    failing = 3;
    expect((await followed(one).receipt).hash).to.equal(one.hash);
    expect(trouble.value?.message).to.equal("rate limited");
  });

  it("is not given up because a node does not know it, is called stuck and unseen after a while, and is found when it comes", async () => {
    await chain().rpc("evm_setAutomine", false);
    const one = await sent();
    instead = { getTransaction: () => Promise.resolve(null) };
    const { receipt, states, nonces } = followed(one);
    await until(() => states.includes("unseen"));
    expect(states[0]).to.equal("sent");
    expect(states).not.to.include("stuck");
    expect(nonces).to.deep.equal([]);
    instead = {};
    await until(() => states.includes("stuck"));
    expect(nonces).to.have.length(1);
    await chain().mine();
    await believe();
    expect((await receipt).hash).to.equal(one.hash);
  });

  it("is replaced when the account's nonce is past it and it has no receipt, and names what replaced it", async () => {
    await chain().rpc("evm_setAutomine", false);
    const one = await sent();
    const { receipt, states, nonces } = followed(one);
    await until(() => states.length > 0);
    const other = await sendInstead(one, 0n);
    await chain().mine();
    expect(nonces).to.have.length(1);
    // Blocks that are not believed yet say nothing.
    const before = states.length;
    await until(() => states.length > before + 2);
    await believe();
    expect((await rejection(receipt, Replaced)).by).to.equal(other);
  });

  it("is the faster one that does the same, also if that came long ago", async () => {
    await chain().rpc("evm_setAutomine", false);
    const one = await sent();
    const nonce = (await chain().provider.getTransaction(one.hash))!.nonce;
    const faster = await sendInstead(one, 5n);
    for (let blocks = 0; blocks < 20; blocks++) await chain().mine();
    await believe();
    expect((await followed({ ...one, nonce }).receipt).hash).to.equal(faster);
  });

  it("has its nonce used, by nothing that is named, where the node has forgotten what took its place", async () => {
    await chain().rpc("evm_setAutomine", false);
    const one = await sent();
    const nonce = (await chain().provider.getTransaction(one.hash))!.nonce;
    await sendInstead(one, 0n);
    for (let blocks = 0; blocks < 3; blocks++) await chain().mine();
    await believe();
    const last = head.value!.number;
    instead = {
      getTransactionCount: (...[account, block]) =>
        block === last
          ? chain().provider.getTransactionCount(String(account), last)
          : Promise.reject(new Error("missing trie node")),
    };
    expect((await rejection(followed({ ...one, nonce }).receipt, Replaced)).by).to.equal(undefined);
  });

  it("is not replaced because the node fails while it is searched what took its place", async () => {
    await chain().rpc("evm_setAutomine", false);
    const one = await sent();
    const nonce = (await chain().provider.getTransaction(one.hash))!.nonce;
    const other = await sendInstead(one, 0n);
    await chain().mine();
    await believe();
    let asked = 0;
    instead = {
      // Whether the nonce is past, and nothing else.
      getTransactionCount: () => (asked++ % 3 === 0 ? Promise.resolve(nonce + 1) : Promise.reject(new Error("down"))),
    };
    const { receipt } = followed({ ...one, nonce });
    await until(() => asked > 30);
    instead = {};
    expect((await rejection(receipt, Replaced)).by).to.equal(other);
  });

  it("is followed no more when its owner wants it, also while the node is silent", async () => {
    const one = await sent();
    instead = { getTransactionReceipt: () => new Promise(() => undefined) };
    const { receipt, stop } = followed(one);
    await pause(2 * POLL_MS);
    const reason = new RangeError("enough");
    stop(reason);
    expect(await rejection(receipt, RangeError)).to.equal(reason);
  });

  it("tells no number any more that comes after it is followed no more", async () => {
    await chain().rpc("evm_setAutomine", false);
    const one = await sent();
    const { promise: shown, resolve: show } = Promise.withResolvers<unknown>();
    let isAsked = false;
    instead = { getTransaction: () => ((isAsked = true), shown) };
    const { receipt, nonces, stop } = followed(one);
    await until(() => isAsked);
    stop(new RangeError("enough"));
    await rejection(receipt, RangeError);
    show({ nonce: 7 });
    await pause(2 * POLL_MS);
    expect(nonces).to.deep.equal([]);
  });

  it("is final when the node says so of its block, and not before", async () => {
    const one = await sent();
    const receipt = await followed(one).receipt;
    const { blockNumber } = receipt;
    let finalized: number | undefined;
    let asked = 0;
    instead = {
      getBlock: () => {
        asked++;
        return finalized === undefined
          ? Promise.reject(new Error("unknown block"))
          : Promise.resolve({ number: finalized });
      },
    };
    let isFinal = false;
    const final = untilFinal(read, receipt, read.signal).then((is) => (isFinal = is));
    await until(() => asked > 2);
    finalized = blockNumber - 1;
    await until(() => asked > 5);
    expect(isFinal).to.equal(false);
    finalized = blockNumber;
    expect(await final).to.equal(true);
  });

  for (const [where, now] of Object.entries({
    "no block": null,
    "another block": { blockHash: `0x${"cd".repeat(32)}` },
  }))
    it(`is not final when the chain has it in ${where} any more`, async () => {
      const receipt = await followed(await sent()).receipt;
      instead = { getTransactionReceipt: () => Promise.resolve(now && { ...now, blockNumber: receipt.blockNumber }) };
      expect(await untilFinal(read, receipt, read.signal)).to.equal(false);
    });

  it("is told of without balances where the node gives none of that block", async () => {
    const receipt = await followed(await sent()).receipt;
    const token = await chain().deployment.stakeToken.getAddress();
    const act = { kind: "approve", to: token, token, spender: "vault", amount: 5n } as const;
    expect((await effectOf(read, act, signer.address, receipt)).balance).to.have.keys("before", "after");
    failing = 99;
    const { balance, block } = await effectOf(read, act, signer.address, receipt);
    expect([balance, block]).to.deep.equal([undefined, receipt.blockNumber]);
  });

  it("is followed no more when other settings are chosen", async () => {
    const one = await sent();
    head.value = undefined;
    const { receipt, states } = followed(one);
    await until(() => states.length > 0);
    ended.abort();
    await rejection(receipt, Error);
  });
});
