/**
 * A Kubo daemon's RPC API, with its failures told apart: no answer, a refusal, the caller's abort.
 *
 * https://docs.ipfs.tech/reference/kubo/rpc/
 */
import { create, type KuboRPCClient } from "kubo-rpc-client";
import type { CID } from "multiformats/cid";
import { StoreUnreachable } from "./storageErrors.ts";
import { MAX_BLOCK_BYTES } from "./unixfsRead.ts";

export interface KuboRpc {
  /** The daemon's address as a message may show it: without user and password. */
  shown: string;
  ipfs: KuboRPCClient;
  /** Runs one call; a daemon that does not answer becomes StoreUnreachable. */
  call<T>(work: (ipfs: KuboRPCClient) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /**
   * One block as the daemon gives it, not verified, at most MAX_BLOCK_BYTES; undefined if the daemon refuses or has it
   * not. `local`: without asking its peers.
   */
  readBlock(cid: CID, options: { local: boolean; signal: AbortSignal }): Promise<Uint8Array | undefined>;
}

/** Connects to nothing yet. Throws StoreUnreachable if `url` is not one. User and password in it become a header. */
export function kuboRpc(url: string): KuboRpc {
  const { base, shown, headers } = parseApiUrl(url);
  const ipfs = create({ url: base, headers });

  async function call<T>(work: (ipfs: KuboRPCClient) => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work(ipfs);
    } catch (error) {
      signal?.throwIfAborted();
      if (isHttpError(error)) throw error;
      throw new StoreUnreachable(shown, reasonOf(error), { cause: error });
    }
  }

  return {
    shown,
    ipfs,
    call,
    // The client library reads a reply whole, however long it is; a block is read here, bounded.
    async readBlock(cid, { local, signal }) {
      const address = new URL(`${base.href}/block/get`);
      address.searchParams.set("arg", cid.toString());
      if (local) address.searchParams.set("offline", "true");
      try {
        const reply = await fetch(address, { method: "POST", headers, signal });
        if (reply.status === 500) {
          await reply.body?.cancel(); // what it could not do, it says with 500
          return undefined;
        }
        if (!reply.ok) throw new StoreUnreachable(shown, `it answers with HTTP status ${reply.status}`);
        return await readBounded(reply);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof StoreUnreachable) throw error;
        throw new StoreUnreachable(shown, reasonOf(error), { cause: error });
      }
    },
  };
}

async function readBounded(reply: Response): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = reply.body;
  if (body === null) return new Uint8Array();
  for await (const part of body) {
    bytes += part.length;
    if (bytes > MAX_BLOCK_BYTES) return undefined; // leaving the loop cancels the rest
    parts.push(part);
  }
  return Buffer.concat(parts, bytes);
}

function parseApiUrl(url: string): { base: URL; shown: string; headers: Record<string, string> } {
  let base: URL;
  try {
    base = new URL(url);
  } catch {
    throw new StoreUnreachable(
      url.replace(/\/\/.*@/, "//").slice(0, 200),
      "that is not a URL like http://127.0.0.1:5001",
    );
  }
  const headers: Record<string, string> = {};
  if (base.username !== "" || base.password !== "") {
    const secret = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
    headers["authorization"] = `Basic ${Buffer.from(secret).toString("base64")}`;
    base.username = "";
    base.password = "";
  }
  const shown = base.origin;
  if (base.pathname === "/") base.pathname = "/api/v0";
  return { base, shown, headers };
}

function isHttpError(error: unknown): boolean {
  return error instanceof Error && error.name === "HTTPError";
}

export const NOT_IPFS = "it answers, but not as an IPFS node does";

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return NOT_IPFS;
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return error instanceof Error ? error.message.slice(0, 200) : "no answer";
}
