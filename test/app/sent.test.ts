import { expect } from "chai";
import type { JsonRpcSigner } from "ethers";
import { toQuantity } from "ethers";
import { chain as chainInUse, head } from "../../app/chain/node.ts";
import type { Chain } from "../../app/chain/node.ts";
import { Replaced } from "../../app/chain/receipt.ts";
import { forgetSent, rememberNonce, rememberSent, rememberedSent } from "../../app/chain/sent.ts";
import {
  Declined,
  Elsewhere,
  Unfollowed,
  Unread,
  followSent,
  isUnderWay,
  perform,
  procedure,
  putAway,
} from "../../app/chain/transaction.ts";
import { Refused } from "../../trainer/chain/chainErrors.ts";
import { foedusAt } from "../../trainer/chain/contracts.ts";
import { wallet } from "../../app/chain/wallet.ts";
import { pause } from "../../trainer/chain/pause.ts";
import { useLocalChain } from "../support/localChain.ts";

const CHAIN = 31_337n;
const UNKNOWN = `0x${"ab".repeat(32)}`;

describe("A wallet's act of several steps", function () {
  this.timeout(20_000);
  const local = useLocalChain();
  let read: Chain;
  let finalAsked = 0;
  const ends = new AbortController();
  let request: { to: string; data: string };

  before(async () => {
    const { deployment, url } = local();
    const signer = await local().account(0);
    request = await deployment.stakeToken.approve.populateTransaction(await deployment.vault.getAddress(), 5n);
    const settings = { rpc: url, foedus: deployment.address };
    const provider = new Proxy(deployment.provider, {
      get(target, name) {
        // Nothing is final here.
        if (name === "getBlock") return () => Promise.resolve((finalAsked++, null));
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    read = { ...deployment, provider, settings, confirmations: 0, pollMs: 5, signal: ends.signal };
    chainInUse.value = read;
    const mark = { hash: "", parentHash: "", timestamp: 0 };
    const send = async (params: unknown) => {
      const { from, to, data } = (params as [{ from: string; to: string; data: string }])[0];
      const hash: unknown = await local().rpc("eth_sendTransaction", { from, to, data });
      head.value = { number: await local().provider.getBlockNumber(), ...mark };
      return hash;
    };
    const found = {
      ...{ uuid: "1", name: "Test", rdns: "org.example" },
      provider: { request: ({ params }: { readonly method: string; readonly params?: unknown }) => send(params) },
    };
    wallet.value = { found, account: signer.address, chainId: deployment.chainId };
  });
  afterEach(putAway);
  after(() => {
    ends.abort();
    chainInUse.value = head.value = wallet.value = undefined;
  });

  /** The step with this number, when it is explained. */
  async function explained(index: number) {
    for (;;) {
      const state = procedure.value?.steps.value[index]?.state.value;
      if (state?.at === "explained") return state;
      await pause(1);
    }
  }
  const approveTwice = () =>
    perform(async (sender) => {
      await sender.send("approve", request);
      return sender.send("approve", request);
    });

  it("leaves nothing to see when the first one is declined", async () => {
    const over = approveTwice();
    (await explained(0)).answer(false);
    await over;
    expect(procedure.value).to.equal(undefined);
  });

  it("still shows and follows what was sent when a later one is declined, until it is put away", async () => {
    const over = approveTwice();
    (await explained(0)).answer(true);
    (await explained(1)).answer(false);
    await over;
    expect(procedure.value?.outcome.value).to.be.instanceOf(Declined);
    expect(procedure.value?.steps.value[0]?.state.value.at).to.equal("confirmed");
    const before = finalAsked;
    while (finalAsked < before + 2) await pause(1);
    putAway();
    expect(procedure.value).to.equal(undefined);
    const after = finalAsked;
    await pause(50);
    expect(finalAsked).to.be.at.most(after + 1);
  });

  it("names another chain of the wallet, and does not call it its owner's no", async () => {
    const over = approveTwice();
    const { answer } = await explained(0);
    const using = wallet.value!;
    wallet.value = { ...using, chainId: 10n };
    answer(true);
    await over;
    expect(procedure.value?.outcome.value).to.be.instanceOf(Elsewhere);
    wallet.value = using;
  });
});

describe("What was sent before the page was loaded again", function () {
  this.timeout(20_000);
  const local = useLocalChain();
  const kept = new Map<string, string>();
  const storage = Object.getOwnPropertyDescriptor(globalThis, "localStorage");
  const ends = new AbortController();
  let signer: JsonRpcSigner;
  let data: string;
  let to: string;
  /** What the node does not answer as it is. */
  let instead: Partial<Record<string, (...args: never[]) => unknown>> = {};

  before(async () => {
    Object.defineProperty(globalThis, "localStorage", {
      configurable: true,
      value: {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
        removeItem: (key: string) => void kept.delete(key),
      },
    });
    const { deployment, url } = local();
    const provider = new Proxy(deployment.provider, {
      get(target, name) {
        const value: unknown = instead[String(name)] ?? Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    signer = await local().account(0);
    const { stakeToken, vault } = deployment;
    ({ to, data } = await stakeToken.approve.populateTransaction(await vault.getAddress(), 5n));
    const settings = { rpc: url, foedus: deployment.address };
    const foedus = foedusAt(deployment.address, provider);
    const read: Chain = { ...deployment, provider, foedus, settings, confirmations: 0, pollMs: 5, signal: ends.signal };
    await believe();
    chainInUse.value = read;
  });
  afterEach(async () => {
    instead = {};
    procedure.value?.stopFollowing();
    await until(() => procedure.value?.outcome.value !== "under way");
    putAway();
    kept.clear();
    await local().rpc("evm_setAutomine", true);
    await local().mine();
  });
  after(() => {
    ends.abort();
    chainInUse.value = head.value = undefined;
    if (storage === undefined) Reflect.deleteProperty(globalThis, "localStorage");
    else Object.defineProperty(globalThis, "localStorage", storage);
  });

  async function believe(): Promise<void> {
    const block = await local().provider.getBlock("latest");
    const { number, hash, parentHash, timestamp } = block!;
    head.value = { number, hash: hash!, parentHash, timestamp };
  }
  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await pause(1);
  }
  const remembered = (hash: string, sentAt = 0) =>
    rememberSent(CHAIN, { account: signer.address, hash, to, data, action: "approve", sentAt });
  const state = () => procedure.value?.steps.value.at(-1)?.state.value;

  it("is followed although the node does not know it, and is stuck at once if it was sent long ago", async () => {
    remembered(UNKNOWN);
    followSent();
    await until(() => state()?.at === "unseen");
    expect(procedure.value?.steps.value[0]?.act).to.include({ kind: "approve", amount: 5n });
    expect(rememberedSent(CHAIN)?.hash).to.equal(UNKNOWN);
  });

  it("is under way at once, before it is known what it does, and is forgotten when its owner stops that", async () => {
    instead = { call: () => new Promise(() => undefined) };
    remembered(UNKNOWN);
    followSent();
    expect(isUnderWay()).to.equal(true);
    expect(procedure.value).to.include({ earlier: UNKNOWN });
    procedure.value?.stopFollowing();
    await until(() => procedure.value?.outcome.value instanceof Unfollowed);
    expect(rememberedSent(CHAIN)).to.equal(undefined);
  });

  it("is told of, and kept, when the node does not say what it does", async () => {
    let asked = 0;
    instead = { call: () => Promise.reject(new Error(`down ${++asked}`)) };
    remembered(UNKNOWN);
    followSent();
    await until(() => procedure.value?.outcome.value instanceof Unread);
    expect(procedure.value?.outcome.value).to.include({ hash: UNKNOWN });
    expect(asked).to.be.at.least(5);
    expect(rememberedSent(CHAIN)?.hash).to.equal(UNKNOWN);
  });

  it("is told of, and forgotten, when this page has no words for it", async () => {
    remembered(UNKNOWN);
    kept.set(`foedus.sent.${CHAIN}`, kept.get(`foedus.sent.${CHAIN}`)!.replace(data, "0x12345678"));
    followSent();
    await until(() => procedure.value?.outcome.value instanceof Unread);
    expect(rememberedSent(CHAIN)).to.equal(undefined);
  });

  it("is forgotten when its owner stops following it, and only then", async () => {
    remembered(UNKNOWN);
    followSent();
    await until(() => state()?.at === "unseen");
    procedure.value?.stopFollowing();
    await until(() => procedure.value?.outcome.value instanceof Unfollowed);
    expect(rememberedSent(CHAIN)).to.equal(undefined);
  });

  it("keeps its nonce once it is seen, so that after another reload its replacement is told from a node that forgets", async () => {
    await local().rpc("evm_setAutomine", false);
    const hash = await signer.sendUncheckedTransaction({ to, data });
    const { nonce } = (await local().provider.getTransaction(hash))!;
    remembered(hash, Date.now());
    followSent();
    await until(() => rememberedSent(CHAIN)?.nonce === nonce);
    const fee = toQuantity(10n ** 12n);
    const instead = { from: signer.address, to: signer.address, nonce: toQuantity(nonce) };
    await local().rpc("eth_sendTransaction", { ...instead, maxFeePerGas: fee, maxPriorityFeePerGas: fee });
    // Nobody knows the first one any more.
    expect(await local().provider.getTransaction(hash)).to.equal(null);
    expect(procedure.value?.outcome.value).to.equal("under way");
    await local().mine();
    await believe();
    await until(() => procedure.value?.outcome.value instanceof Replaced);
    expect(rememberedSent(CHAIN)).to.equal(undefined);
  });

  it("is confirmed, and final when the chain says so, and then forgotten", async () => {
    const hash = await signer.sendUncheckedTransaction({ to, data });
    await believe();
    remembered(hash, Date.now());
    followSent();
    await until(() => state()?.at === "final");
    expect(state()).to.include({ hash });
    expect(rememberedSent(CHAIN)).to.equal(undefined);
  });

  describe("and the chain takes back", () => {
    let hash: string;

    beforeEach(async () => {
      // Final is nothing here.
      const { provider } = local();
      const getBlock = (tag: "latest" | "finalized") =>
        tag === "finalized" ? Promise.resolve(null) : provider.getBlock(tag);
      hash = await signer.sendUncheckedTransaction({ to, data });
      await believe();
      instead = { getBlock };
      remembered(hash, Date.now());
      followSent();
      await until(() => procedure.value?.outcome.value === "done");
      expect(rememberedSent(CHAIN)).to.equal(undefined);
      instead = { getBlock, getTransactionReceipt: () => Promise.resolve(null) };
      await until(() => procedure.value?.outcome.value === "under way");
    });

    it("is remembered and followed again, until it comes again", async () => {
      expect(rememberedSent(CHAIN)?.hash).to.equal(hash);
      expect(state()?.at).to.be.oneOf(["sent", "stuck", "unseen"]);
      instead = {};
      await until(() => state()?.at === "final");
      expect(procedure.value?.outcome.value).to.equal("done");
      expect(rememberedSent(CHAIN)).to.equal(undefined);
    });

    it("is told to have failed, if it does in the block it comes into then", async () => {
      const receipt = (await local().provider.getTransactionReceipt(hash))!;
      instead = { getTransactionReceipt: () => Promise.resolve(Object.create(receipt, { status: { value: 0 } })) };
      await until(() => state()?.at === "undone");
      expect(state()).to.have.property("error").that.is.instanceOf(Refused);
      expect(rememberedSent(CHAIN)).to.equal(undefined);
    });

    it("is forgotten if its owner wants to hear no more of it", async () => {
      procedure.value?.stopFollowing();
      await until(() => state()?.at === "undone");
      expect(state()).to.have.property("error").that.is.instanceOf(Unfollowed);
      expect(rememberedSent(CHAIN)).to.equal(undefined);
    });

    it("is still remembered if the page is left", async () => {
      procedure.value?.leave();
      await until(() => state()?.at === "undone");
      expect(rememberedSent(CHAIN)?.hash).to.equal(hash);
    });
  });

  it("is left alone by what becomes of another one, as of another window's", () => {
    remembered(UNKNOWN);
    const other = `0x${"cd".repeat(32)}`;
    rememberNonce(CHAIN, other, 7);
    forgetSent(CHAIN, other);
    expect(rememberedSent(CHAIN)).to.include({ hash: UNKNOWN }).and.not.to.have.property("nonce");
    rememberNonce(CHAIN, UNKNOWN, 7);
    expect(rememberedSent(CHAIN)).to.include({ hash: UNKNOWN, nonce: 7 });
    forgetSent(CHAIN, UNKNOWN);
    rememberNonce(CHAIN, UNKNOWN, 8);
    expect(rememberedSent(CHAIN)).to.equal(undefined);
  });

  it("keeps what stood in the contracts for it, and nothing else in its stead", () => {
    remembered(UNKNOWN);
    const whole = rememberedSent(CHAIN)!;
    rememberSent(CHAIN, { ...whole, stood: 2n ** 200n });
    expect(rememberedSent(CHAIN)).to.deep.equal({ ...whole, stood: 2n ** 200n });
    for (const stood of ["-1", "0x10", "1".repeat(79), 5]) {
      kept.set(`foedus.sent.${CHAIN}`, JSON.stringify({ ...whole, stood }));
      expect(rememberedSent(CHAIN)).to.deep.equal(whole);
    }
  });

  it("is not followed if what was kept is not what was written", () => {
    for (const wrong of [{ hash: "0x12" }, { to: "javascript:" }, { data: "0xz" }, { sentAt: "now" }]) {
      const whole = { account: signer.address, hash: UNKNOWN, to, data, action: "approve", sentAt: 0 };
      kept.set(`foedus.sent.${CHAIN}`, JSON.stringify({ ...whole, ...wrong }));
      expect(rememberedSent(CHAIN)).to.equal(undefined);
    }
    followSent();
    expect(procedure.value).to.equal(undefined);
  });
});
