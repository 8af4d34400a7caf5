// A wallet for tests: announces itself in the page by EIP-6963, answers by EIP-1193, and signs with keys of this process.
import { JsonRpcProvider, Transaction, toQuantity } from "ethers";
import type { TypedDataDomain, TypedDataField, Wallet } from "ethers";
import type { Page } from "playwright-core";

export interface TestWallet {
  readonly accounts: readonly Wallet[];
  /** What it was asked for, oldest first. */
  readonly asked: readonly Asked[];
  /** Its owner says no to the next request that needs a yes. */
  rejectNext(): void;
  /** Does this, once, before the next transaction is sent. */
  beforeNext(act: () => Promise<unknown>): void;
  /** Its owner chooses another account. */
  switchAccount(index: number): Promise<void>;
  /** Its owner chooses another chain. */
  switchChain(chainId: bigint): Promise<void>;
  close(): void;
}

export interface Asked {
  readonly method: string;
  readonly params: readonly unknown[];
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

interface TypedData {
  readonly domain: TypedDataDomain;
  readonly types: Record<string, TypedDataField[]>;
  readonly message: Record<string, unknown>;
}

/** The page's window, as far as the wallet knows it. */
interface WalletWindow extends EventTarget {
  askWallet(method: string, params: readonly unknown[]): Promise<Answer>;
  tellPage(event: string, value: unknown): void;
}

class Refusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const GAS = 2_000_000n;
const NEEDS_A_YES = new Set(["eth_requestAccounts", "eth_sendTransaction", "eth_signTypedData_v4"]);

/** @param options.knows Chains that it can switch to before one is added: the one it is on at first need not be among them. */
export async function addTestWallet(
  page: Page,
  options: {
    readonly url: string;
    readonly chainId: bigint;
    readonly accounts: readonly Wallet[];
    readonly knows?: readonly bigint[];
  },
): Promise<TestWallet> {
  const provider = new JsonRpcProvider(options.url, options.chainId, { staticNetwork: true, cacheTimeout: -1 });
  const asked: Asked[] = [];
  const known = new Set(options.knows);
  let { chainId } = options;
  let current = 0;
  let rejects = false;
  let before: (() => Promise<unknown>) | undefined;
  const account = () => options.accounts[current]!;

  async function answer(method: string, params: readonly unknown[]): Promise<unknown> {
    if (NEEDS_A_YES.has(method) && rejects) {
      rejects = false;
      throw new Refusal(4_001, "User rejected the request.");
    }
    switch (method) {
      case "eth_requestAccounts":
      case "eth_accounts":
        return [account().address.toLowerCase()];
      case "eth_chainId":
        return toQuantity(chainId);
      case "wallet_switchEthereumChain": {
        const wanted = BigInt((params[0] as { chainId: string }).chainId);
        if (!known.has(wanted)) throw new Refusal(4_902, "Unrecognized chain ID.");
        return tell.chain(wanted);
      }
      case "wallet_addEthereumChain":
        known.add(BigInt((params[0] as { chainId: string }).chainId));
        return null;
      case "eth_sendTransaction": {
        const request = params[0] as { from: string; to: string; data: string; chainId: string };
        if (chainId !== options.chainId || BigInt(request.chainId) !== chainId)
          throw new Refusal(4_100, "On another chain.");
        if (request.from !== account().address) throw new Refusal(4_100, "The account is not lent.");
        const act = before;
        before = undefined;
        await act?.();
        const nonce = await provider.getTransactionCount(request.from, "pending");
        // Limits given, so that it is sent although it will fail; of that the node of the tests complains at once.
        const signer = account().connect(provider);
        const filled = await signer.populateTransaction({ to: request.to, data: request.data, nonce, gasLimit: GAS });
        const signed = await signer.signTransaction(filled);
        await provider.send("eth_sendRawTransaction", [signed]).catch(() => undefined);
        return Transaction.from(signed).hash;
      }
      case "eth_signTypedData_v4": {
        const { domain, types, message } = JSON.parse(String(params[1])) as TypedData;
        const { EIP712Domain: _, ...own } = types;
        return account().signTypedData(domain, own, message);
      }
      default:
        throw new Refusal(4_200, `Unsupported: ${method}`);
    }
  }

  await page.exposeFunction("askWallet", async (method: string, params: readonly unknown[]): Promise<Answer> => {
    asked.push({ method, params });
    try {
      return { result: await answer(method, params) };
    } catch (error) {
      const { code = -32_603, message } = error as Error & { code?: unknown };
      return { error: { code: typeof code === "number" ? code : -32_603, message } };
    }
  });
  await page.addInitScript(announce);

  const emit = (event: string, value: unknown) =>
    page.evaluate(([name, told]) => (globalThis as unknown as WalletWindow).tellPage(name, told), [
      event,
      value,
    ] as const);
  const tell = {
    async chain(wanted: bigint): Promise<null> {
      chainId = wanted;
      await emit("chainChanged", toQuantity(wanted));
      return null;
    },
  };
  return {
    accounts: options.accounts,
    asked,
    rejectNext: () => void (rejects = true),
    beforeNext: (act) => void (before = act),
    async switchAccount(index) {
      current = index;
      await emit("accountsChanged", [account().address.toLowerCase()]);
    },
    async switchChain(wanted) {
      known.add(wanted);
      await tell.chain(wanted);
    },
    close: () => provider.destroy(),
  };
}

/** Runs in the page. */
function announce(): void {
  type Listener = (value: unknown) => void;
  const listeners = new Map<string, Set<Listener>>();
  const own = globalThis as unknown as WalletWindow;
  own.tellPage = (event, value) => listeners.get(event)?.forEach((listener) => listener(value));
  const provider = {
    async request({ method, params = [] }: { method: string; params?: readonly unknown[] }) {
      const { result, error } = await own.askWallet(method, params);
      if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
      return result;
    },
    on(event: string, listener: Listener) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    removeListener(event: string, listener: Listener) {
      listeners.get(event)?.delete(listener);
    },
  };
  const info = {
    uuid: "350670db-19fa-4704-a166-e52e178b59d2",
    name: "Test wallet <b>1</b>",
    icon: "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='teal'/%3E%3C/svg%3E",
    rdns: "org.example.testwallet",
  };
  const say = () =>
    own.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  own.addEventListener("eip6963:requestProvider", say);
  say();
}
