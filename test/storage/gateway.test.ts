import { once } from "node:events";
import { expect } from "chai";
import type { CID } from "multiformats/cid";
import { contentIdToCid, contentIdToString } from "../../trainer/storage/contentId.ts";
import type { ContentStore } from "../../trainer/storage/contentStore.ts";
import { GatewayUnavailable, serveGateway } from "../../trainer/storage/gateway.ts";
import type { Gateway } from "../../trainer/storage/gateway.ts";
import { readContent } from "../../trainer/storage/unixfsRead.ts";
import { bytesOf, failure, MIB, Scene, seeded, someBytes } from "./fixtures.ts";

describe(seeded("The gateway"), () => {
  let scene: Scene;
  let store: ContentStore;
  let gateway: Gateway;
  beforeEach(async () => {
    scene = new Scene();
    store = await scene.store();
    gateway = await serveGateway(store, { host: "127.0.0.1", port: 0 });
    scene.atEnd(() => gateway.close());
  });
  afterEach(() => scene.end());
  const ask = (path: string, init?: RequestInit) => fetch(`${gateway.url}${path}`, init);
  const bodyOf = async (path: string) => Buffer.from(await (await ask(path)).arrayBuffer());

  it("gives a file that the store holds, to any page, and never as one", async () => {
    const content = someBytes(2 * MIB + 5);
    const cid = contentIdToString(await store.put(content));
    const reply = await ask(`/ipfs/${cid}`);
    expect(reply.status).to.equal(200);
    expect(reply.headers.get("access-control-allow-origin")).to.equal("*");
    expect(reply.headers.get("content-type")).to.equal("application/octet-stream");
    expect(reply.headers.get("content-disposition")).to.equal("attachment");
    expect(reply.headers.get("x-content-type-options")).to.equal("nosniff");
    expect(Buffer.from(await reply.arrayBuffer()).equals(content)).to.equal(true);
    const head = await ask(`/ipfs/${cid}`, { method: "HEAD" });
    expect([head.status, (await head.arrayBuffer()).byteLength]).to.deep.equal([200, 0]);
  });

  it("gives the file block by block, so that a reader need not trust it", async () => {
    const content = someBytes(3 * MIB + 17);
    const id = await store.put(content);
    const readBlock = (cid: CID) => bodyOf(`/ipfs/${cid.toString()}?format=raw`);
    const options = { maxBytes: 4 * MIB, blocksAhead: 3, signal: new AbortController().signal };
    expect((await bytesOf(readContent(id, readBlock, options))).equals(content)).to.equal(true);
    const accept = "application/vnd.ipld.raw";
    const block = await ask(`/ipfs/${contentIdToString(id)}`, { headers: { accept } });
    expect(block.headers.get("content-type")).to.equal(accept);
    expect((await block.arrayBuffer()).byteLength).to.be.below(1_000);
  });

  it("has nothing that the store does not hold, and asks nobody for it", async () => {
    const elsewhere = await scene.store();
    const cid = contentIdToCid(await elsewhere.put(someBytes(100))).toString();
    expect((await ask(`/ipfs/${cid}`)).status).to.equal(404);
    expect((await ask(`/ipfs/${cid}?format=raw`)).status).to.equal(404);
  });

  it("refuses what is no content of this kind, and every other method", async () => {
    const cid = contentIdToString(await store.put(someBytes(10)));
    for (const path of ["/", "/ipfs/", "/ipfs/..%2f..%2fetc", `/ipns/${cid}`, `/ipfs/${"b".repeat(5_000)}`]) {
      expect((await ask(path)).status, path.slice(0, 40)).to.equal(400);
    }
    expect((await ask(`/ipfs/${cid}?format=car`)).status).to.equal(400);
    expect((await ask(`/ipfs/${cid}`, { method: "POST", body: "x".repeat(100_000) })).status).to.equal(405);
    expect((await ask(`/ipfs/${cid}`, { method: "PUT", body: "x" })).status).to.equal(405);
    expect((await ask(`/ipfs/${cid}`, { method: "OPTIONS" })).status).to.equal(204);
  });

  it("stops looking through what is held when who asked has left", async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const slow: typeof store = {
      ...store,
      holds(_id, options) {
        asked.resolve(options!.signal!);
        return new Promise(() => undefined);
      },
    };
    const slowGateway = await serveGateway(slow, { host: "127.0.0.1", port: 0 });
    scene.atEnd(() => slowGateway.close());
    const cid = contentIdToString(await store.put(someBytes(10)));
    const leaving = new AbortController();
    const reply = failure(fetch(`${slowGateway.url}/ipfs/${cid}`, { signal: leaving.signal }));
    const signal = await asked.promise;
    expect(signal.aborted).to.equal(false);
    leaving.abort();
    await reply;
    if (!signal.aborted) await once(signal, "abort");
  });

  it("says that a port is taken", async () => {
    const taken = { host: "127.0.0.1", port: Number(new URL(gateway.url).port) };
    expect(await failure(serveGateway(store, taken))).to.be.instanceOf(GatewayUnavailable);
  });
});
