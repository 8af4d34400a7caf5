import { expect } from "chai";
import type { JsonRpcSigner } from "ethers";
import { toQuantity } from "ethers";
import { chain as chainInUse, head } from "../../app/chain/node.ts";
import type { Chain } from "../../app/chain/node.ts";
import { Replaced } from "../../app/chain/receipt.ts";
import { rememberSent, rememberedSent } from "../../app/chain/sent.ts";
import { Unfollowed, Unread, followSent, isUnderWay, procedure, putAway } from "../../app/chain/transaction.ts";
import { Refused } from "../../trainer/chain/chainErrors.ts";
import { foedusAt } from "../../trainer/chain/contracts.ts";
import { pause } from "../../trainer/chain/pause.ts";
import { useLocalChain } from "../support/localChain.ts";

const CHAIN = 31_337n;
const UNKNOWN = `0x${"ab".repeat(32)}`;

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
    await until(() => state()?.at === "stuck");
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
    await until(() => state()?.at === "stuck");
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
      expect(state()?.at).to.be.oneOf(["sent", "stuck"]);
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
