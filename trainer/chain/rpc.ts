/**
 * The JSON-RPC endpoint. A lost connection is retried with back-off and said so; a bot waits for as long as its signal
 * lets it, a command for a few seconds.
 */
import { JsonRpcProvider, Network } from "ethers";
import type { JsonRpcPayload, JsonRpcResult } from "ethers";
import pRetry, { AbortError } from "p-retry";
import { RpcUnreachable, WrongNetwork } from "./chainErrors.ts";

export interface RpcOptions {
  readonly url: string;
  /** Refuse any other chain. */
  readonly chainId?: bigint;
  /** How often a lost connection is tried again; Infinity for bots. */
  readonly retries: number;
  readonly signal?: AbortSignal;
  /** Told of every failure that will be tried again. */
  readonly onTrouble?: (message: string) => void;
}

const ANSWER_TIMEOUT_MS = 20_000;
const LONGEST_PAUSE_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Connects and checks which chain answers.
 * @throws RpcUnreachable, WrongNetwork; an abort rejects with the signal's reason.
 */
export async function connectRpc(options: RpcOptions): Promise<JsonRpcProvider> {
  if (!/^https?:\/\//.test(options.url)) {
    throw new RpcUnreachable(`${shown(options.url)} is no RPC address. Give one like http://127.0.0.1:8545 with --rpc.`);
  }
  const [reply] = await exchange(options, { id: 1, jsonrpc: "2.0", method: "eth_chainId", params: [] });
  const answer: unknown = reply !== undefined && "result" in reply ? reply.result : undefined;
  if (typeof answer !== "string" || !/^0x[0-9a-f]{1,16}$/i.test(answer)) {
    throw new RpcUnreachable(`${shown(options.url)} answers, but not like an Ethereum node. Check --rpc.`);
  }
  const chainId = BigInt(answer);
  if (options.chainId !== undefined && options.chainId !== chainId) {
    throw new WrongNetwork(
      `${shown(options.url)} is chain ${chainId}, not ${options.chainId}. Give the right one with --rpc.`,
    );
  }
  return new RetryingProvider(options, Network.from(chainId));
}

class RetryingProvider extends JsonRpcProvider {
  readonly #options: RpcOptions;

  constructor(options: RpcOptions, network: Network) {
    super(options.url, network, { staticNetwork: network, cacheTimeout: -1 });
    this.#options = options;
  }

  override _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answers> {
    return exchange(this.#options, payload);
  }
}

// As ethers types it; an answer may also be an error, which ethers looks for itself.
type Answers = JsonRpcResult[];

async function exchange(options: RpcOptions, payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answers> {
  const { retries, signal, onTrouble, url } = options;
  try {
    return await pRetry(() => ask(options, payload), {
      retries: retries === Infinity ? Number.MAX_SAFE_INTEGER : retries,
      minTimeout: 250,
      maxTimeout: LONGEST_PAUSE_MS,
      randomize: true,
      ...(signal === undefined ? {} : { signal }),
      onFailedAttempt: ({ error, retriesLeft, retryDelay }) => {
        if (retriesLeft === 0) return;
        const pause = (retryDelay / 1000).toFixed(1);
        onTrouble?.(`${shown(url)} does not answer (${error.message}). Trying again in ${pause} s.`);
      },
    });
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (error instanceof RpcUnreachable) throw error;
    throw new RpcUnreachable(
      `${shown(url)} does not answer: ${error instanceof Error ? error.message : String(error)}. ` +
        "Start the node, or give another one with --rpc.",
      { cause: error },
    );
  }
}

async function ask({ url, signal }: RpcOptions, payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answers> {
  const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(payload),
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  }).catch((error: unknown) => {
    // fetch hides the reason (ECONNREFUSED and the like) one level down.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const { code, message } = cause as { code?: string; message?: string };
    throw new Error(code ?? message ?? "no connection");
  });
  if (response.status === 429 || response.status >= 500) throw new Error(`HTTP ${response.status}`);
  const body = await boundedText(response);
  if (!response.ok) throw notANode(url, `answers HTTP ${response.status}`);
  try {
    const answer = JSON.parse(body) as JsonRpcResult | Answers;
    return Array.isArray(answer) ? answer : [answer];
  } catch {
    throw notANode(url, "does not answer in JSON");
  }
}

function notANode(url: string, what: string): AbortError {
  return new AbortError(new RpcUnreachable(`${shown(url)} ${what}. Check --rpc.`));
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes as Uint8Array, { stream: true });
    if (text.length > MAX_ANSWER_BYTES) throw notANode(response.url, "answers at too great length");
  }
  return text + decoder.decode();
}

// An endpoint's address may carry an API key in its path or query: only the host is shown.
function shown(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : JSON.stringify(url.slice(0, 80));
}
