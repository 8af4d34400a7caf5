/**
 * A gateway over HTTP to what a store holds, for browsers: GET /ipfs/CID gives a whole file, and with ?format=raw one block,
 * which a reader can check against its CID (https://specs.ipfs.tech/http-gateways/trustless-gateway/). It only reads, asks no
 * peer, and gives out what the store has found sound. Any page may read it: content is public, and its name is its hash.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { CID } from "multiformats/cid";
import { cidToContentId, DAG_PB, RAW, SHA2_256 } from "./contentId.ts";
import type { ContentStore } from "./contentStore.ts";

export interface Gateway {
  /** Without a slash at its end: "http://127.0.0.1:8480". */
  readonly url: string;
  close(): Promise<void>;
}

/** The address cannot be served at. */
export class GatewayUnavailable extends Error {
  override readonly name = "GatewayUnavailable";
}

const RAW_TYPE = "application/vnd.ipld.raw";
/** The largest model with its moments has less. */
const MAX_FILE_BYTES = 2 ** 28;
const READ_MS = 60_000;
const MAX_CONNECTIONS = 64;
const MAX_CID_CHARACTERS = 100;
const FOREVER = "public, max-age=29030400, immutable";
/** Of every answer; a page on the web may ask for this machine's gateway, too (private network access). */
const HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, HEAD",
  "access-control-allow-private-network": "true",
  "access-control-expose-headers": "Content-Length",
  "x-content-type-options": "nosniff",
};

/** @throws GatewayUnavailable if the port is taken, or the host is none of this machine's. */
export async function serveGateway(
  store: Pick<ContentStore, "get" | "holds" | "block">,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Gateway> {
  const server = createServer((request, response) => {
    request.resume(); // no request has a body
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    answer(store, request, response, gone.signal).catch(() => {
      // The store has stopped, or the content ended early: the reader sees a cut answer and no false one.
      if (response.headersSent) response.destroy();
      else refuse(response, 500, "This cannot be read now.");
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.requestTimeout = server.headersTimeout = 10_000;
  server.timeout = READ_MS; // who asks and does not read keeps no place
  await new Promise<void>((resolve, reject) => {
    // Later errors, such as too many open files, end one connection and not the process.
    server.on("error", (error: NodeJS.ErrnoException) => {
      reject(new GatewayUnavailable(`No gateway can be served at ${host}:${port} (${error.code}). Give another port.`));
    });
    server.listen(port, host, resolve);
  });
  // Served or not, the process ends when its work is done.
  server.unref();
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  store: Pick<ContentStore, "get" | "holds" | "block">,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const asked = askedFor(request.url ?? "");
  const isHead = request.method === "HEAD";
  if (request.method === "OPTIONS") response.writeHead(204, HEADERS).end();
  else if (request.method !== "GET" && !isHead) refuse(response, 405, "Only GET.");
  else if (asked === undefined) refuse(response, 400, "Ask for /ipfs/CID, with ?format=raw for one block.");
  else if (asked.isRaw || request.headers.accept === RAW_TYPE) await giveBlock(asked.cid);
  else if (asked.cid.code === DAG_PB) await giveFile(asked.cid);
  else refuse(response, 400, "Files have dag-pb roots: for one block add ?format=raw.");

  async function giveBlock(cid: CID): Promise<void> {
    const bytes = await store.block(cid, { signal });
    if (bytes === undefined) {
      refuse(response, 404, "That block is not here.");
      return;
    }
    response.writeHead(200, { ...headersOf(cid, RAW_TYPE), "content-length": bytes.length });
    response.end(isHead ? undefined : bytes);
  }

  async function giveFile(cid: CID): Promise<void> {
    const id = cidToContentId(cid);
    if (!(await store.holds(id, { signal }))) {
      refuse(response, 404, "That content is not here.");
      return;
    }
    response.writeHead(200, headersOf(cid, "application/octet-stream"));
    if (!isHead) {
      for await (const part of store.get(id, { maxBytes: MAX_FILE_BYTES, timeoutMs: READ_MS, signal })) {
        if (!response.write(part)) await once(response, "drain", { signal });
      }
    }
    response.end();
  }
}

function askedFor(url: string): { readonly cid: CID; readonly isRaw: boolean } | undefined {
  const [, text, query] = /^\/ipfs\/(\w+)\/?(?:\?(.*))?$/.exec(url) ?? [];
  if (text === undefined || text.length > MAX_CID_CHARACTERS) return undefined;
  const format = new URLSearchParams(query).get("format");
  if (format !== null && format !== "raw") return undefined;
  try {
    const cid = CID.parse(text);
    const isKnown = (cid.code === DAG_PB || cid.code === RAW) && cid.multihash.code === SHA2_256;
    return isKnown ? { cid, isRaw: format === "raw" } : undefined;
  } catch {
    return undefined;
  }
}

/** Its bytes never change, and are never shown as a page. */
function headersOf(cid: CID, type: string): Record<string, string> {
  return {
    ...HEADERS,
    "content-type": type,
    "content-disposition": "attachment",
    "cache-control": FOREVER,
    etag: `"${cid.toString()}${type === RAW_TYPE ? ".raw" : ""}"`,
    vary: "accept",
  };
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { ...HEADERS, "content-type": "text/plain; charset=utf-8" }).end(`${why}\n`);
}
