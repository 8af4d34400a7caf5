/** The few endpoints of Kubo's RPC API that the store uses, over blocks in memory. Can lie, stall and forget. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { decode as decodeDagPb } from "@ipld/dag-pb";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import { createHash } from "node:crypto";
import { DAG_PB, RAW, SHA2_256 } from "../../trainer/storage/contentId.ts";

export interface FakeKubo {
  url: string;
  /** By CID. Its own, and those that it gets from peers when not offline. */
  blocks: Map<string, Uint8Array>;
  peers: Map<string, Uint8Array>;
  connected: string[];
  authorizations: (string | undefined)[];
  /** What it hands out in place of a block. */
  lie: ((block: Uint8Array) => Uint8Array) | undefined;
  /** Hands out blocks that never end; counts the bytes that were taken from it. */
  endless: boolean;
  taken: number;
  /** Accepts block/get and never answers. */
  stalls: boolean;
  stop(): Promise<void>;
}

const PEER = "12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5";

export async function startFakeKubo(): Promise<FakeKubo> {
  const pins = new Set<string>();
  const fake: Omit<FakeKubo, "url" | "stop"> = {
    blocks: new Map(),
    peers: new Map(),
    connected: [],
    authorizations: [],
    lie: undefined,
    endless: false,
    taken: 0,
    stalls: false,
  };

  function complete(cid: CID): boolean {
    const block = fake.blocks.get(cid.toString());
    if (block === undefined) return false;
    return cid.code === RAW || decodeDagPb(block).Links.every((link) => complete(link.Hash));
  }

  function pour(reply: ServerResponse): void {
    const more = (): void => {
      let wantsMore = true;
      while (wantsMore && !reply.destroyed) {
        wantsMore = reply.write(Buffer.alloc(64 * 1024));
        fake.taken += 64 * 1024;
      }
    };
    reply.on("drain", more);
    more();
  }

  async function answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const url = new URL(request.url!, "http://fake");
    const arg = url.searchParams.get("arg") ?? "";
    const offline = url.searchParams.get("offline") === "true";
    fake.authorizations.push(request.headers.authorization);
    const json = (value: unknown): void => {
      reply.setHeader("content-type", "application/json").end(`${JSON.stringify(value)}\n`);
    };
    const refuse = (message: string): void => {
      reply.statusCode = 500;
      json({ Message: message, Code: 0, Type: "error" });
    };
    if (request.method !== "POST") return void reply.writeHead(405).end();
    switch (url.pathname) {
      case "/api/v0/id":
        return json({ ID: PEER, PublicKey: "", Addresses: [`/ip4/127.0.0.1/tcp/4001/p2p/${PEER}`], Protocols: [] });
      case "/api/v0/block/get": {
        if (fake.stalls) return;
        if (fake.endless) return pour(reply);
        if (!offline && fake.peers.has(arg)) fake.blocks.set(arg, fake.peers.get(arg)!);
        const block = fake.blocks.get(arg);
        if (block === undefined) return refuse(`ipld: could not find ${arg}`);
        return void reply.end(fake.lie?.(block) ?? block);
      }
      case "/api/v0/block/put": {
        const bytes = await filePart(request);
        const codec = url.searchParams.get("cid-codec") === "raw" ? RAW : DAG_PB;
        const cid = CID.createV1(codec, createDigest(SHA2_256, createHash("sha256").update(bytes).digest()));
        fake.blocks.set(cid.toString(), bytes);
        return json({ Key: cid.toString(), Size: bytes.length });
      }
      case "/api/v0/pin/add":
        if (!complete(CID.parse(arg))) return refuse("block was not found locally (offline)");
        pins.add(arg);
        return json({ Pins: [arg] });
      case "/api/v0/pin/rm":
        if (!pins.delete(arg)) return refuse("not pinned or pinned indirectly");
        return json({ Pins: [arg] });
      case "/api/v0/pin/ls":
        reply.setHeader("content-type", "application/json");
        for (const pin of pins) reply.write(`${JSON.stringify({ Cid: pin, Type: "recursive" })}\n`);
        return void reply.end();
      case "/api/v0/swarm/connect":
        fake.connected.push(arg);
        return json({ Strings: [`connect ${PEER} success`] });
      default:
        return void reply.writeHead(404).end();
    }
  }

  const server = createServer((request, reply) => void answer(request, reply)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(fake, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}

/** The one file in a multipart body. */
async function filePart(request: IncomingMessage): Promise<Uint8Array> {
  const headers = new Headers({ "content-type": request.headers["content-type"]! });
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part as Uint8Array);
  const form = await new Response(Buffer.concat(parts), { headers }).formData();
  for (const value of form.values()) if (typeof value !== "string") return new Uint8Array(await value.arrayBuffer());
  throw new Error("no file in the body");
}
