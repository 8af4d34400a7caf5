import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { contentIdToCid } from "../../trainer/storage/contentId.ts";
import type { ContentStore } from "../../trainer/storage/contentStore.ts";
import { openKuboStore } from "../../trainer/storage/kuboStore.ts";
import { ContentNotFound, StoreUnreachable } from "../../trainer/storage/storageErrors.ts";
import { startFakeKubo, type FakeKubo } from "./fakeKubo.ts";
import { bytesOf, failure, MIB, Scene, seeded, someBytes } from "./fixtures.ts";

const generous = { maxBytes: 16 * MIB, timeoutMs: 5_000 };
const somebody = "/ip4/127.0.0.1/tcp/4002/p2p/12D3KooWJbwLBufwd71VcHCmxbLwF9F8FarhgBTBEmd7wmEAJgeC";

describe(seeded("KuboStore"), () => {
  let scene: Scene;
  let daemon: FakeKubo;
  let store: ContentStore;
  beforeEach(async () => {
    scene = new Scene();
    daemon = await startFakeKubo();
    scene.atEnd(() => daemon.stop());
    store = await openKuboStore({ url: daemon.url });
    scene.atEnd(() => store.stop());
  });
  afterEach(() => scene.end());

  it("has the daemon connect to the usable providers and counts what came from them", async () => {
    const content = someBytes(2 * MIB);
    const id = await store.put(content);
    for (const [cid, block] of daemon.blocks) daemon.peers.set(cid, block);
    daemon.blocks.clear();
    let blocks = 0;
    const providers = ["garbage", "/dnsaddr/example.invalid", somebody];
    const read = await bytesOf(store.get(id, { ...generous, providers, onFetched: () => blocks++ }));
    expect(read.equals(content)).to.equal(true);
    expect(blocks).to.equal(3);
    expect(daemon.connected).to.deep.equal([somebody]);
  });

  it("gives out no byte of a block that does not hash to its name", async () => {
    const id = await store.put(someBytes(2 * MIB));
    const root = contentIdToCid(id).toString();
    const rootBlock = daemon.blocks.get(root)!;
    daemon.lie = (block) => (block === rootBlock ? block : Buffer.concat([block.subarray(1), Buffer.of(0)]));
    let given = 0;
    const error = await failure(
      (async () => {
        for await (const part of store.get(id, generous)) given += part.length;
      })(),
    );
    expect(error).to.be.instanceOf(ContentNotFound);
    expect(given).to.equal(0);
    expect(await store.holds(id)).to.equal(false);
  });

  it("reads no more of a block than a block can have", async () => {
    const id = await store.put(someBytes(10));
    daemon.endless = true;
    expect(await failure(bytesOf(store.get(id, generous)))).to.be.instanceOf(ContentNotFound);
    expect(daemon.taken).to.be.lessThan(32 * MIB); // two reads of 2 MiB, and what sockets hold
  });

  it("gives up on a daemon that stalls when the time is over", async () => {
    const id = await store.put(someBytes(10));
    daemon.stalls = true;
    const error = await failure(bytesOf(store.get(id, { maxBytes: 10, timeoutMs: 300 })));
    expect(error).to.be.instanceOf(ContentNotFound);
    expect(error.message).to.include("longer than 0.3 s");
  });

  it("says so when the daemon goes away", async () => {
    const id = await store.put(someBytes(10));
    await daemon.stop();
    scene.atEnd(async () => (daemon = await startFakeKubo())); // beforeEach's ending stops one
    for (const act of [
      () => bytesOf(store.get(id, generous)),
      () => store.put(someBytes(10)),
      () => store.holds(id),
      () => store.pin(id),
      () => store.unpin(id),
      () => store.addresses(),
    ]) {
      const error = await failure(act());
      expect(error).to.be.instanceOf(StoreUnreachable);
      expect(error.message).to.include("ipfs daemon").and.to.include(daemon.url);
    }
  });

  it("cannot be opened where nobody answers, where no IPFS node does, or at no URL", async () => {
    const web = createServer((_, reply) => reply.end("<html>")).listen(0, "127.0.0.1");
    await once(web, "listening");
    scene.atEnd(async () => web.close());
    const other = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    const cases: [string, string][] = [
      [await closedUrl(), "ECONNREFUSED"],
      [other, "not as an IPFS node"],
      ["5001", "not a URL"],
    ];
    for (const [url, why] of cases) {
      const error = await failure(openKuboStore({ url }));
      expect(error).to.be.instanceOf(StoreUnreachable);
      expect(error.message).to.include(why).and.to.include("--ipfs");
    }
  });

  it("sends user and password as a header and shows them to nobody", async () => {
    await openKuboStore({ url: daemon.url.replace("//", "//ann:s3cret@") });
    expect(daemon.authorizations.at(-1)).to.equal(`Basic ${Buffer.from("ann:s3cret").toString("base64")}`);
    const error = await failure(openKuboStore({ url: (await closedUrl()).replace("//", "//ann:s3cret@") }));
    expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.to.include("s3cret");
  });

  it("opens no store for a caller that has gone", async () => {
    const reason = new Error("gone");
    expect(await failure(openKuboStore({ url: daemon.url, signal: AbortSignal.abort(reason) }))).to.equal(reason);
  });
});

/** Where something answered a moment ago and nothing does now. */
async function closedUrl(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}
