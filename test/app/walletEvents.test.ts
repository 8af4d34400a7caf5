import { expect } from "chai";
import { Wallet } from "ethers";
import { discoverWallets, wallets } from "../../app/chain/discovery.ts";
import type { FoundWallet } from "../../app/chain/discovery.ts";
import { WalletFailed, forgetWallet, useWallet, wallet } from "../../app/chain/wallet.ts";
import { rejection } from "../support/rejection.ts";

type Listener = (value: never) => void;

/** A wallet that says on which chain it is only when it is let. */
function aWallet(chainId: unknown = "0x1") {
  const listeners = new Map<string, Set<Listener>>();
  const asked: string[] = [];
  const { promise: gate, resolve: answer } = Promise.withResolvers<unknown>();
  const account = Wallet.createRandom().address;
  const provider = {
    async request({ method }: { readonly method: string }): Promise<unknown> {
      asked.push(method);
      if (method === "eth_requestAccounts") return [account];
      await gate;
      if (chainId instanceof Error) throw chainId;
      return chainId;
    },
    on(event: string, listener: Listener) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    removeListener(event: string, listener: Listener) {
      listeners.get(event)?.delete(listener);
    },
  };
  const found: FoundWallet = { uuid: account, name: "Test", rdns: "org.example", provider };
  return {
    ...{ found, account, answer },
    tell: (event: string, value: unknown) => listeners.get(event)?.forEach((listener) => listener(value as never)),
    listening: () => [...listeners.values()].reduce((sum, { size }) => sum + size, 0),
    isAskedForChain: () => asked.includes("eth_chainId"),
  };
}

async function askedForChain({ isAskedForChain }: ReturnType<typeof aWallet>): Promise<void> {
  while (!isAskedForChain()) await new Promise((next) => setImmediate(next));
}

describe("A wallet that is being connected", () => {
  afterEach(forgetWallet);

  it("is believed in what it tells before it has answered on which chain it is", async () => {
    const one = aWallet();
    const using = useWallet(one.found);
    await askedForChain(one);
    const other = Wallet.createRandom().address;
    one.tell("chainChanged", "0xa");
    one.tell("accountsChanged", [other.toLowerCase()]);
    one.answer(undefined);
    await using;
    expect(wallet.value).to.include({ account: other, chainId: 10n });
    one.tell("chainChanged", "0x5");
    expect(wallet.value).to.include({ account: other, chainId: 5n });
  });

  it("is not used if it lends no account any more by then", async () => {
    const one = aWallet();
    const using = useWallet(one.found);
    await askedForChain(one);
    one.tell("accountsChanged", []);
    one.answer(undefined);
    await using;
    expect(wallet.value).to.equal(undefined);
    expect(one.listening()).to.equal(0);
  });

  it("leaves the one before in use, and is not listened to, if it cannot answer", async () => {
    const before = aWallet();
    before.answer(undefined);
    await useWallet(before.found);
    const broken = aWallet(new Error("locked\u202e\nup"));
    broken.answer(undefined);
    const { message } = await rejection(useWallet(broken.found), WalletFailed);
    expect(message).to.equal("locked up");
    broken.tell("accountsChanged", [broken.account]);
    expect(wallet.value?.account).to.equal(before.account);
    expect(broken.listening()).to.equal(0);
    before.tell("chainChanged", "0x7");
    expect(wallet.value?.chainId).to.equal(7n);
  });

  it("is left for another one, and what it tells then is nothing any more", async () => {
    const [one, two] = [aWallet(), aWallet("0x2")];
    for (const each of [one, two]) {
      each.answer(undefined);
      await useWallet(each.found);
    }
    one.tell("accountsChanged", []);
    expect(wallet.value).to.include({ account: two.account, chainId: 2n });
    two.tell("accountsChanged", []);
    expect(wallet.value).to.equal(undefined);
  });
});

describe("A wallet that announces itself", () => {
  const own = globalThis as { window?: unknown };
  afterEach(() => delete own.window);

  it("is named on one line, without what reorders text", () => {
    const target = new EventTarget();
    own.window = target;
    discoverWallets();
    const { provider } = aWallet().found;
    const info = { uuid: "1", name: "Good\u202e wallet\n\u0007x", rdns: "org.example" };
    target.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: { info, provider } }));
    expect(wallets.value.map(({ name }) => name)).to.deep.equal(["Good  wallet x"]);
  });
});
