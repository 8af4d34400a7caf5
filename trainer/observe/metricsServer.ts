// Serves metrics over HTTP to who scrapes them: GET /metrics, and nothing else. On loopback unless another host is named.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics.ts";

export interface Endpoint {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface MetricsServer {
  /** Where to scrape: "http://127.0.0.1:9464/metrics". */
  readonly url: string;
  close(): Promise<void>;
}

/** The address cannot be served at. */
export class MetricsUnavailable extends Error {
  override readonly name = "MetricsUnavailable";
}

const REQUEST_MS = 10_000;

/** @throws MetricsUnavailable if the port is taken, or the host is none of this machine's. */
export async function serveMetrics(
  metrics: Pick<Metrics, "text" | "contentType">,
  { host, port }: Endpoint,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    // A scrape has no body.
    request.resume();
    const path = request.url?.split("?", 1)[0];
    const answer = (status: number, type: string, text: string): void => {
      response.writeHead(status, { "content-type": type, "x-content-type-options": "nosniff" });
      response.end(request.method === "HEAD" ? undefined : text);
    };
    if (isLoopback(host) && !isLoopback(hostIn(request.headers.host))) {
      // A page of another site that has had its name resolved to this machine.
      answer(403, "text/plain", "Ask by this machine's own name.\n");
    } else if (path !== "/metrics") answer(404, "text/plain", "There is /metrics only.\n");
    else if (request.method !== "GET" && request.method !== "HEAD") answer(405, "text/plain", "Only GET.\n");
    else {
      metrics.text().then(
        (text) => answer(200, metrics.contentType, text),
        () => answer(500, "text/plain", "The metrics cannot be read.\n"),
      );
    }
  });
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  await new Promise<void>((resolve, reject) => {
    // Later errors, such as too many open files, end one connection and not the process.
    server.on("error", (error: NodeJS.ErrnoException) => reject(new MetricsUnavailable(why(error, host, port))));
    server.listen(port, host, resolve);
  });
  // Served or not, the process ends when its work is done.
  server.unref();
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${taken}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Without the port. */
function hostIn(header = ""): string {
  return header.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function isLoopback(host: string): boolean {
  return ["127.0.0.1", "localhost", "::1"].includes(host);
}

function why({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === "EADDRINUSE") return `Port ${port} is taken at ${host}. Give another one with --metrics.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return `${host} is no address of this machine. Give --metrics a port alone, or 0.0.0.0:${port} for all of them.`;
  }
  return `Metrics cannot be served at ${host}:${port}: ${message}`;
}
