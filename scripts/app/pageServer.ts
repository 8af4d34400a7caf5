/** Serves the built page's files, and nothing else, on this machine only. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { SCORES_FILE } from "../demo/running.ts";
import { PAGE_FOLDER } from "./pageBuild.ts";

export interface PageServer {
  /** With a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".wasm": "application/wasm",
};
/** What the page says of itself in its meta tag, and what only a header can say. */
const HEADERS = {
  "content-security-policy": "frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** Where a demonstration's scores are served, while it runs and after. */
export const SCORES_NAME = "scores.json";

/** @param port 0 for any that is free. */
export async function servePage(port: number, folder: string = PAGE_FOLDER): Promise<PageServer> {
  const server = createServer((request, response) => {
    const file = fileNamed(request.url ?? "/");
    if (file === undefined) {
      response.writeHead(400, HEADERS).end("This is no address of a file.\n");
      return;
    }
    readFile(file === `/${SCORES_NAME}` ? SCORES_FILE : join(folder, file)).then(
      (bytes) => {
        const type = TYPES[extname(file)] ?? "application/octet-stream";
        // Names under assets/ change with their content.
        const cache = file.startsWith("/assets/") ? "max-age=31536000, immutable" : "no-cache";
        response.writeHead(200, { ...HEADERS, "content-type": type, "cache-control": cache }).end(bytes);
      },
      () => response.writeHead(404, HEADERS).end("There is no such file.\n"),
    );
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The file that a request asks for, beginning with a slash and within the folder; undefined if it is no address at all. */
function fileNamed(asked: string): string | undefined {
  try {
    const path = normalize(decodeURIComponent(new URL(`http://page${asked}`).pathname));
    return path.endsWith("/") ? `${path}index.html` : path;
  } catch {
    return undefined;
  }
}

/** The page's address with the settings that it shall read by. */
export function pageLink(url: string, settings: Readonly<Record<string, string>>): string {
  return `${url}#/tasks?${new URLSearchParams(settings).toString()}`;
}
