/**
 * The JSON-RPC endpoint. A lost connection is retried with back-off and said so; a bot waits for as long as its signal
 * lets it, a command for a few seconds.
 */
import { JsonRpcProvider, Network } from "ethers";
import type { JsonRpcError, JsonRpcPayload, JsonRpcResult } from "ethers";
import pRetry, { AbortError } from "p-retry";
import { asError } from "../protocol/asError.ts";
import { boundedText } from "./boundedBody.ts";
import { AnswerTooLong, RpcUnreachable, WrongNetwork } from "./chainErrors.ts";

export interface RpcOptions {
  readonly url: string;
  /** Refuse any other chain. */
  readonly chainId?: bigint;
  /** How often a lost connection is tried again; Infinity for bots. */
  readonly retries: number;
  /** How long to wait for one answer; 20 s unless given. */
  readonly answerTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Told of every failure that will be tried again. */
  readonly onTrouble?: (message: string) => void;
}

/** Requests of the same moment go together; waiting longer for more would put as much in front of every answer. */
const BATCH_MS = 1;
const ANSWER_TIMEOUT_MS = 20_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** Too many requests, and what a proxy says when it does not reach the node behind it. */
const TRY_LATER = new Set([429, 502, 503, 504]);

/**
 * Connects and checks which chain answers.
 * @throws RpcUnreachable, WrongNetwork; an abort rejects with the signal's reason.
 */
export async function connectRpc(options: RpcOptions): Promise<JsonRpcProvider> {
  const link: Link = { ...endpointOf(options.url), options, proven: false };
  const [reply] = await exchange(link, { id: 1, jsonrpc: "2.0", method: "eth_chainId", params: [] });
  const answer: unknown = reply !== undefined && "result" in reply ? reply.result : undefined;
  if (typeof answer !== "string" || !/^0x[0-9a-f]{1,16}$/i.test(answer)) {
    throw new RpcUnreachable(`${link.host} answers, but not like an Ethereum node. Check --rpc.`);
  }
  const chainId = BigInt(answer);
  if (options.chainId !== undefined && options.chainId !== chainId) {
    throw new WrongNetwork(`${link.host} is chain ${chainId}, not ${options.chainId}. Give the right one with --rpc.`);
  }
  return new RetryingProvider({ ...link, proven: true }, Network.from(chainId));
}

/** An endpoint and how to treat it. */
interface Link {
  readonly url: string;
  /** What may be shown of it: path, query and user often hold an API key. */
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly options: RpcOptions;
  /** It has answered as a node does, so what looks otherwise is trouble that passes. */
  readonly proven: boolean;
}

class RetryingProvider extends JsonRpcProvider {
  readonly #link: Link;

  constructor(link: Link, network: Network) {
    super(link.url, network, { staticNetwork: network, cacheTimeout: -1, batchStallTime: BATCH_MS });
    this.#link = link;
  }

  override _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    // ethers looks for errors among the results itself, whatever it says they are.
    return exchange(this.#link, payload) as Promise<JsonRpcResult[]>;
  }
}

type Answer = JsonRpcResult | JsonRpcError;

/** What answers is no Ethereum node. */
class NotANode extends Error {}

async function exchange(link: Link, payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answer[]> {
  const { host, proven } = link;
  const { retries, signal, onTrouble } = link.options;
  try {
    return await pRetry(() => (proven ? ask(link, payload) : ask(link, payload).catch(lastWord)), {
      retries,
      minTimeout: FIRST_PAUSE_MS,
      maxTimeout: LONGEST_PAUSE_MS,
      randomize: true,
      ...(signal === undefined ? {} : { signal }),
      onFailedAttempt: ({ error, retriesLeft, retryDelay }) => {
        if (retriesLeft === 0) return;
        onTrouble?.(`${host} ${error.message}. Trying again in ${(retryDelay / 1000).toFixed(1)} s.`);
      },
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof AnswerTooLong) throw error;
    const what = asError(error).message;
    const advice = error instanceof NotANode ? "Check --rpc." : "Start the node, or give another one with --rpc.";
    throw new RpcUnreachable(`${host} ${what}. ${advice}`, { cause: error });
  }
}

function lastWord(error: unknown): never {
  throw error instanceof NotANode ? new AbortError(error) : error;
}

/** One attempt. Fails with a message that goes on after the endpoint's name. */
async function ask(link: Link, payload: JsonRpcPayload | JsonRpcPayload[]): Promise<Answer[]> {
  const { status, body } = await post(link, JSON.stringify(payload));
  const answers = TRY_LATER.has(status) ? undefined : parseAnswers(body);
  if (answers === undefined) {
    if (TRY_LATER.has(status) || status >= 500) throw new Error(`does not answer: HTTP ${status}`);
    throw new NotANode(status >= 400 ? `answers HTTP ${status}` : "does not answer in JSON-RPC");
  }
  const [answer] = answers;
  // A node that takes no batches, or none of this size, says so once for all of them.
  if (
    Array.isArray(payload) &&
    payload.length > 1 &&
    answers.length === 1 &&
    answer !== undefined &&
    "error" in answer
  ) {
    return (await Promise.all(payload.map((one) => ask(link, one)))).flat();
  }
  return answers;
}

/** Posts a body and takes the answer, within its limits of time and size. */
async function post({ url, headers, options }: Link, body: string): Promise<{ status: number; body: string }> {
  const { signal, answerTimeoutMs = ANSWER_TIMEOUT_MS } = options;
  // AbortSignal.any with a signal that lives as long as a bot would keep a little memory for every request.
  const limit = new AbortController();
  const stop = () => limit.abort(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => limit.abort(new Error(`no answer in ${answerTimeoutMs / 1000} s`)), answerTimeoutMs);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
      signal: limit.signal,
    });
    const tooLong = () => new AnswerTooLong(`The node's answer is longer than ${MAX_ANSWER_BYTES} bytes.`);
    return { status: response.status, body: await boundedText(response, MAX_ANSWER_BYTES, tooLong) };
  } catch (error) {
    if (error instanceof AnswerTooLong) throw new AbortError(error);
    const why = reasonOf(limit.signal.aborted ? limit.signal.reason : error);
    throw new Error(`does not answer: ${why}`, { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

// fetch hides the reason (ECONNREFUSED and the like) one level down.
function reasonOf(error: unknown): string {
  const { code, message } = (error instanceof Error && error.cause instanceof Error ? error.cause : error) as {
    code?: unknown;
    message?: string;
  };
  return typeof code === "string" ? code : (message ?? "no connection");
}

function parseAnswers(body: string): Answer[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return undefined;
  }
  const answers: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return answers.every(isAnswer) ? answers : undefined;
}

function isAnswer(value: unknown): value is Answer {
  if (typeof value !== "object" || value === null || !("id" in value)) return false;
  return "result" in value || ("error" in value && typeof value.error === "object" && value.error !== null);
}

function endpointOf(address: string): Pick<Link, "url" | "host" | "headers"> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const shown = url === undefined || url.host === "" ? "What --rpc gives" : `${url.protocol}//${url.host}`;
    throw new RpcUnreachable(`${shown} is no RPC address. Give one like http://127.0.0.1:8545 with --rpc.`);
  }
  const host = url.origin;
  const user = [url.username, url.password].map(decodeURIComponent).join(":");
  if (user === ":") return { url: url.href, host, headers: {} };
  // fetch refuses an address with credentials in it; this is what a browser makes of one.
  url.username = url.password = "";
  return { url: url.href, host, headers: { authorization: `Basic ${toBase64(user)}` } };
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
