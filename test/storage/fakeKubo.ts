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

  function getBlock(cid: string, offline: boolean, reply: ServerResponse): void {
    if (fake.stalls) return;
    if (fake.endless) {
      pour(reply);
      return;
    }
    if (!offline && fake.peers.has(cid)) fake.blocks.set(cid, fake.peers.get(cid)!);
    const block = fake.blocks.get(cid);
    if (block === undefined) throw new Refusal(`ipld: could not find ${cid}`);
    reply.end(fake.lie?.(block) ?? block);
  }

  function putBlock(bytes: Uint8Array, codec: string | null): unknown {
    const digest = createDigest(SHA2_256, createHash("sha256").update(bytes).digest());
    const cid = CID.createV1(codec === "raw" ? RAW : DAG_PB, digest);
    fake.blocks.set(cid.toString(), bytes);
    return { Key: cid.toString(), Size: bytes.length };
  }

  function addPin(cid: string): unknown {
    if (!complete(CID.parse(cid))) throw new Refusal("block was not found locally (offline)");
    pins.add(cid);
    return { Pins: [cid] };
  }

  function removePin(cid: string): unknown {
    if (!pins.delete(cid)) throw new Refusal("not pinned or pinned indirectly");
    return { Pins: [cid] };
  }

  function connect(address: string): unknown {
    fake.connected.push(address);
    return { Strings: [`connect ${PEER} success`] };
  }

  async function answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const url = new URL(request.url!, "http://fake");
    const arg = url.searchParams.get("arg") ?? "";
    fake.authorizations.push(request.headers.authorization);
    const say = (...values: unknown[]): void => {
      const lines = values.map((value) => `${JSON.stringify(value)}\n`).join("");
      reply.setHeader("content-type", "application/json").end(lines);
    };
    try {
      switch (request.method === "POST" ? url.pathname : "") {
        case "/api/v0/id":
          say({ ID: PEER, PublicKey: "", Addresses: [`/ip4/127.0.0.1/tcp/4001/p2p/${PEER}`], Protocols: [] });
          break;
        case "/api/v0/block/get":
          getBlock(arg, url.searchParams.get("offline") === "true", reply);
          break;
        case "/api/v0/block/put":
          say(putBlock(await filePart(request), url.searchParams.get("cid-codec")));
          break;
        case "/api/v0/pin/add":
          say(addPin(arg));
          break;
        case "/api/v0/pin/rm":
          say(removePin(arg));
          break;
        case "/api/v0/pin/ls":
          say(...[...pins].map((Cid) => ({ Cid, Type: "recursive" })));
          break;
        case "/api/v0/swarm/connect":
          say(connect(arg));
          break;
        default:
          reply.writeHead(404).end();
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reply.statusCode = 500;
      say({ Message: error.message, Code: 0, Type: "error" });
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

/** What Kubo answers with status 500. */
class Refusal extends Error {}

/** The one file in a multipart body: between the first empty line and the closing boundary. */
async function filePart(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part as Uint8Array);
  const body = Buffer.concat(parts);
  const boundary = /boundary="?([^";]+)/.exec(request.headers["content-type"] ?? "")?.[1];
  if (boundary === undefined) throw new Error("the body is not multipart");
  return body.subarray(body.indexOf("\r\n\r\n") + 4, body.lastIndexOf(`\r\n--${boundary}--`));
}
