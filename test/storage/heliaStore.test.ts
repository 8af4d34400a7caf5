import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import { dirname } from "node:path";
import { expect } from "chai";
import type { ContentStore } from "../../trainer/storage/contentStore.ts";
import {
  ContentCorrupt,
  ContentNotFound,
  ContentTooLarge,
  StoreInUse,
  StoreStopped,
} from "../../trainer/storage/storageErrors.ts";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";
import { all, blockFiles, bytesNamed, bytesOf, failure, MIB, Scene, seeded, someBytes } from "./fixtures.ts";

const generous = { maxBytes: 64 * MIB, timeoutMs: 8_000 };

describe(seeded("HeliaStore"), () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.end());

  async function counted(store: ContentStore, id: `0x${string}`, providers: string[]) {
    let blocks = 0;
    const bytes = await bytesOf(store.get(id, { ...generous, providers, onFetched: () => blocks++ }));
    return { bytes, blocks };
  }

  describe("two nodes", () => {
    it("moves content by bitswap and keeps it", async () => {
      const [giver, taker] = [await scene.store(), await scene.store()];
      const content = someBytes(5 * MIB + 7);
      const id = await giver.put(content);

      const first = await counted(taker, id, await giver.addresses());
      expect(first.bytes.equals(content)).to.equal(true);
      expect(first.blocks).to.equal(7);
      expect(await taker.holds(id)).to.equal(true);
      expect((await counted(taker, id, [])).blocks).to.equal(0);
    });

    it("fetches a block that repeats in the content once", async () => {
      const [giver, taker] = [await scene.store(), await scene.store()];
      const content = Buffer.alloc(12 * MIB);
      const read = await counted(taker, await giver.put(content), await giver.addresses());
      expect(read.bytes.equals(content)).to.equal(true);
      expect(read.blocks).to.equal(2);
    });

    it("passes over malformed, hostile and dead addresses", async () => {
      const [giver, taker] = [await scene.store(), await scene.store()];
      const [good] = await giver.addresses();
      const peer = good!.split("/p2p/")[1];
      const providers = [
        "not a multiaddr",
        "/ip4/127.0.0.1/tcp/1",
        `/ip4/127.0.0.1/tcp/1/p2p/${peer}x`,
        `/dnsaddr/example.invalid/p2p/${peer}`,
        `/unix/${"a/".repeat(10_000)}`,
        undefined as unknown as string,
        ...(await taker.addresses()),
        "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5",
        good!,
        ...Array.from({ length: 5_000 }, (_, port) => `/ip4/127.0.0.1/tcp/${port + 1}/p2p/${peer}`),
      ];
      const content = someBytes(MIB);
      const read = await counted(taker, await giver.put(content), providers);
      expect(read.bytes.equals(content)).to.equal(true);
    });

    it("will not take a provider's address that another peer answers at", async () => {
      const [giver, other, taker] = [await scene.store(), await scene.store(), await scene.store()];
      const id = await giver.put(someBytes(100));
      const [at] = await giver.addresses();
      const [as] = await other.addresses();
      const address = `${at!.split("/p2p/")[0]}/p2p/${as!.split("/p2p/")[1]}`;
      const error = await failure(counted(taker, id, [address]));
      expect(error).to.be.instanceOf(ContentNotFound);
    });

    it("asks a provider again that had it not a moment ago", async () => {
      const [giver, taker] = [await scene.store(), await scene.store()];
      const content = someBytes(2 * MIB);
      const id = await (await scene.store()).put(content);
      const error = await failure(counted(taker, id, await giver.addresses()));
      expect(error).to.be.instanceOf(ContentNotFound);
      expect(error.message).to.include("does not have it");
      await giver.put(content);
      const began = performance.now();
      expect((await counted(taker, id, await giver.addresses())).bytes.equals(content)).to.equal(true);
      expect(performance.now() - began).to.be.lessThan(3_000);
    });

    it("lets two readers take the same content at once", async () => {
      const [giver, taker] = [await scene.store(), await scene.store()];
      const content = someBytes(4 * MIB);
      const id = await giver.put(content);
      const addresses = await giver.addresses();
      const reads = await Promise.all([1, 2, 3].map(() => counted(taker, id, addresses)));
      for (const read of reads) expect(read.bytes.equals(content)).to.equal(true);
    });
  });

  describe("bounds", () => {
    it("refuses content larger than the reader allows, before fetching it", async () => {
      const [giver, taker] = [await scene.store(), await scene.store()];
      const id = await giver.put(someBytes(3 * MIB));
      let blocks = 0;
      const read = taker.get(id, {
        maxBytes: 3 * MIB - 1,
        timeoutMs: 8_000,
        providers: await giver.addresses(),
        onFetched: () => blocks++,
      });
      expect(await failure(bytesOf(read))).to.be.instanceOf(ContentTooLarge);
      expect(blocks).to.equal(1);
    });

    it("says what to do when nobody is named", async () => {
      const id = await (await scene.store()).put(someBytes(10));
      const error = await failure(bytesOf((await scene.store()).get(id, generous)));
      expect(error).to.be.instanceOf(ContentNotFound);
      expect(error.message).to.include("Name a provider that holds it");
    });

    it("leaves a peer that accepts and keeps silent", async () => {
      const sockets = new Set<Socket>();
      const silent = createServer((socket) => void sockets.add(socket)).listen(0, "127.0.0.1");
      await once(silent, "listening");
      scene.atEnd(async () => {
        sockets.forEach((socket) => socket.destroy());
        silent.close();
      });
      const { port } = silent.address() as { port: number };
      const [giver, taker] = [await scene.store(), await scene.store()];
      const id = await giver.put(someBytes(10));
      const [good] = await giver.addresses();
      const mute = `/ip4/127.0.0.1/tcp/${port}/p2p/12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5`;

      const alone = await failure(bytesOf(taker.get(id, { maxBytes: 10, timeoutMs: 500, providers: [mute] })));
      expect(alone).to.be.instanceOf(ContentNotFound);
      const read = await bytesOf(taker.get(id, { maxBytes: 10, timeoutMs: 4_000, providers: [mute, good!] }));
      expect(read).to.have.length(10);
    });

    it("counts the reader's own pauses", async () => {
      const store = await scene.store();
      const id = await store.put(someBytes(20 * MIB));
      const read = store.get(id, { maxBytes: 64 * MIB, timeoutMs: 200 })[Symbol.asyncIterator]();
      await read.next();
      await new Promise((resolve) => setTimeout(resolve, 250)); // the pause itself is the case
      const error = await failure(
        (async () => {
          while (!(await read.next()).done);
        })(),
      );
      expect(error.message).to.include("longer than 0.2 s");
    });

    it("ends with the caller's reason when aborted, and goes on at once afterwards", async () => {
      const [giver, taker] = [await scene.store(), await scene.store()];
      const content = someBytes(8 * MIB);
      const id = await giver.put(content);
      const providers = await giver.addresses();
      const caller = new AbortController();
      const reason = new Error("enough");
      const read = taker.get(id, {
        ...generous,
        providers,
        signal: caller.signal,
        onFetched: () => caller.abort(reason), // the rest is on its way now
      });
      expect(await failure(bytesOf(read))).to.equal(reason);
      const began = performance.now();
      expect((await counted(taker, id, providers)).bytes.equals(content)).to.equal(true);
      expect(performance.now() - began).to.be.lessThan(3_000);
    });

    it("does not begin when aborted before", async () => {
      const folder = await scene.folder();
      const reason = new Error("not today");
      const signal = AbortSignal.abort(reason);
      expect(await failure(openHeliaStore({ folder, signal }))).to.equal(reason);
      const store = await scene.store(folder);
      expect(await failure(store.put(someBytes(10), { signal }))).to.equal(reason);
      const id = await store.put(someBytes(10));
      expect(await failure(bytesOf(store.get(id, { ...generous, signal })))).to.equal(reason);
    });
  });

  describe("a provider dies half-way", () => {
    const size = 8 * MIB;

    it("goes on with the next provider and fetches no block twice", async () => {
      const doomed = await scene.process("heritage", size);
      const [heir, taker] = [await scene.store(), await scene.store()];
      const content = bytesNamed("heritage", size);
      expect(await heir.put(content)).to.equal(doomed.id);
      let blocks = 0;
      const parts: Uint8Array[] = [];
      const read = taker.get(doomed.id, {
        ...generous,
        timeoutMs: 20_000,
        providers: [...doomed.addresses, ...(await heir.addresses())],
        onFetched: () => blocks++,
      });
      for await (const part of read) {
        if (parts.length === 0) await doomed.kill();
        parts.push(part);
      }
      expect(Buffer.concat(parts).equals(content)).to.equal(true);
      expect(blocks).to.equal(9);
    });

    it("fetches only the rest when asked again", async () => {
      const doomed = await scene.process("rest", size);
      const taker = await scene.store();
      let before = 0;
      const broken = taker.get(doomed.id, { ...generous, providers: doomed.addresses, onFetched: () => before++ });
      const error = await failure(
        (async () => {
          for await (const _part of broken) await doomed.kill();
        })(),
      );
      expect(error).to.be.instanceOf(ContentNotFound);
      expect(before).to.be.within(2, 8);
      const heir = await scene.store();
      await heir.put(bytesNamed("rest", size));
      const { blocks } = await counted(taker, doomed.id, await heir.addresses());
      expect(blocks).to.equal(9 - before);
    });
  });

  describe("damage on disk", () => {
    const damages: Record<string, (file: string) => Promise<void>> = {
      "a flipped bit": async (file) => {
        const bytes = await readFile(file);
        bytes[Math.floor(bytes.length / 2)]! ^= 1;
        await writeFile(file, bytes);
      },
      "a truncated block": async (file) => truncate(file, Math.floor((await stat(file)).size / 2)),
      "an empty block": (file) => truncate(file, 0),
      "a block grown out of bounds": (file) => truncate(file, 5 * 2 ** 30), // sparse: no reader may load it
    };

    for (const [name, damage] of Object.entries(damages)) {
      it(`notices ${name} and fetches it again`, async () => {
        const folder = await scene.folder();
        const [giver, keeper] = [await scene.store(), await scene.store(folder)];
        const content = someBytes(2 * MIB + 5);
        const id = await giver.put(content);
        await counted(keeper, id, await giver.addresses());
        const files = await blockFiles(folder);
        expect(files).to.have.length(4);
        for (const file of files) await damage(file);

        expect(await keeper.holds(id)).to.equal(false);
        const read = await counted(keeper, id, await giver.addresses());
        expect(read.bytes.equals(content)).to.equal(true);
        expect(read.blocks).to.equal(4);
        expect(await keeper.holds(id)).to.equal(true);
      });
    }

    it("names the block, the folder and the way out when nobody can replace it", async () => {
      const folder = await scene.folder();
      const store = await scene.store(folder);
      const content = someBytes(100);
      const id = await store.put(content);
      for (const file of await blockFiles(folder)) await truncate(file, 0);
      const error = await failure(bytesOf(store.get(id, generous)));
      expect(error).to.be.instanceOf(ContentCorrupt);
      expect(error.message).to.include(folder).and.to.include("put the original once more");

      expect(await store.put(content)).to.equal(id);
      expect((await bytesOf(store.get(id, generous))).equals(content)).to.equal(true);
    });

    it("is mended by putting the original, even if nothing was read meanwhile", async () => {
      const folder = await scene.folder();
      const store = await scene.store(folder);
      const content = someBytes(100);
      const id = await store.put(content);
      for (const file of await blockFiles(folder)) await truncate(file, 3);
      await store.put(content);
      expect(await store.holds(id)).to.equal(true);
    });

    it("is not passed on: the reader turns to a sound provider", async () => {
      const folder = await scene.folder();
      const [damaged, sound, taker] = [await scene.store(folder), await scene.store(), await scene.store()];
      const content = someBytes(MIB);
      const id = await damaged.put(content);
      await sound.put(content);
      for (const file of await blockFiles(folder)) await damages["a flipped bit"]!(file);
      const providers = [...(await damaged.addresses()), ...(await sound.addresses())];
      const began = performance.now();
      expect((await counted(taker, id, providers)).bytes.equals(content)).to.equal(true);
      expect(performance.now() - began).to.be.lessThan(2_000);
    });
  });

  describe("its folder", () => {
    it("belongs to one process at a time, and passes on, peer id and all, when that is killed", async () => {
      const folder = await scene.folder();
      const other = await scene.process("killed", 2 * MIB, folder);
      expect(await failure(openHeliaStore({ folder }))).to.be.instanceOf(StoreInUse);
      await other.kill();
      const store = await scene.store(folder);
      expect(await store.holds(other.id)).to.equal(true);
      expect((await store.addresses())[0]!.split("/p2p/")[1]).to.equal(other.addresses[0]!.split("/p2p/")[1]);
      expect(await failure(openHeliaStore({ folder }))).to.be.instanceOf(StoreInUse);
    });

    it("keeps peer id, content and pins over a restart, and nobody else may read its key", async () => {
      const folder = dirname(await scene.folder()) + `/foedus-storage-own-${process.pid}`;
      scene.atEnd(async () => (await import("node:fs/promises")).rm(folder, { recursive: true, force: true }));
      const before = await scene.store(folder);
      expect((await stat(folder)).mode & 0o077).to.equal(0);
      const id = await before.put(someBytes(MIB + 1));
      const [address] = await before.addresses();
      await before.stop();

      const after = await scene.store(folder);
      expect((await after.addresses())[0]!.split("/p2p/")[1]).to.equal(address!.split("/p2p/")[1]);
      expect(await after.holds(id)).to.equal(true);
      expect(await all(after.pinned())).to.deep.equal([id]);
    });

    it("loses unpinned content, but no block that pinned content shares", async () => {
      const folder = await scene.folder();
      const store = await scene.store(folder);
      const shared = someBytes(MIB);
      const kept = await store.put(Buffer.concat([shared, someBytes(10)]));
      const files = (await blockFiles(folder)).length;
      const dropped = await store.put(Buffer.concat([shared, someBytes(MIB)]));
      await store.unpin(dropped);
      expect(await store.holds(dropped)).to.equal(false);
      expect(await store.holds(kept)).to.equal(true);
      expect(await blockFiles(folder)).to.have.length(files);
    });
  });

  describe("stop", () => {
    it("may be called twice, ends reads, and refuses further use", async () => {
      const store = await scene.store();
      const id = await store.put(someBytes(20 * MIB));
      const read = store.get(id, generous)[Symbol.asyncIterator]();
      await read.next();
      await Promise.all([store.stop(), store.stop()]);
      const error = await failure(
        (async () => {
          while (!(await read.next()).done);
        })(),
      );
      expect(error).to.be.instanceOf(StoreStopped);
      expect(await failure(store.put(someBytes(1)))).to.be.instanceOf(StoreStopped);
      expect(await failure(bytesOf(store.get(id, generous)))).to.be.instanceOf(StoreStopped);
      expect(await failure(store.holds(id))).to.be.instanceOf(StoreStopped);
    });
  });
});
