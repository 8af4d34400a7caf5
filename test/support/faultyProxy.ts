// An HTTP proxy in front of a node that misbehaves as a test says: for what goes wrong between a bot and its chain.
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface RpcRequest {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** One request on its way to the node. A batch comes as several requests. */
export interface Exchange {
  readonly requests: readonly RpcRequest[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** What the node answers, by the order of requests; it is asked once. */
  forward(): Promise<Record<string, unknown>[]>;
  readonly response: ServerResponse;
  /** Ends the connection without an answer; true, for it is handled. */
  drop(): true;
  /** Answers in JSON; true, for it is handled. */
  answer(body: unknown, status?: number): true;
}

/** Handles an exchange, or leaves it alone by returning false. */
export type Fault = (exchange: Exchange) => unknown;

export interface FaultyProxy {
  readonly url: string;
  /** Every method that came, in order. */
  readonly methods: string[];
  /** What happens to exchanges from now on; none by default. */
  fault: Fault;
  close(): Promise<void>;
}

export const noFault: Fault = () => false;

/** Starts a proxy in front of a node's address. */
export async function aProxyOf(node: string): Promise<FaultyProxy> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const parsed = JSON.parse(body) as RpcRequest | RpcRequest[];
      const requests = Array.isArray(parsed) ? parsed : [parsed];
      proxy.methods.push(...requests.map(({ method }) => method));
      const answer = (content: unknown, status = 200): true => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
        return true;
      };
      let answers: Promise<Record<string, unknown>[]> | undefined;
      const forward = () => (answers ??= ask(node, requests));
      const drop = (): true => {
        request.socket.destroy();
        return true;
      };
      const handled = await proxy.fault({ requests, headers: request.headers, forward, response, drop, answer });
      if (handled === false) answer(Array.isArray(parsed) ? await forward() : (await forward())[0]);
    })().catch(() => request.socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    methods: [],
    fault: noFault,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}

async function ask(node: string, requests: readonly RpcRequest[]): Promise<Record<string, unknown>[]> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(node, { method: "POST", headers, body: JSON.stringify(requests) });
  const answers = (await response.json()) as Record<string, unknown>[];
  return requests.map(({ id }) => answers.find((answer) => answer["id"] === id) ?? {});
}
