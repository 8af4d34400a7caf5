import { expect } from "chai";
import type { ContentId } from "../../trainer/storage/contentId.ts";
import type { ContentStore } from "../../trainer/storage/contentStore.ts";
import { openKuboStore } from "../../trainer/storage/kuboStore.ts";
import { ContentNotFound, ContentTooLarge, StoreStopped } from "../../trainer/storage/storageErrors.ts";
import { startFakeKubo } from "./fakeKubo.ts";
import { all, bytesOf, failure, MIB, Scene, seeded, someBytes } from "./fixtures.ts";
import { hasKubo, startKubo } from "./realKubo.ts";

const generous = { maxBytes: 16 * MIB, timeoutMs: 8_000 };

const kinds: Record<string, (scene: Scene) => Promise<ContentStore>> = {
  "the embedded node": (scene) => scene.store(),
  "a Kubo daemon's API": async (scene) => {
    const fake = await startFakeKubo();
    scene.atEnd(() => fake.stop());
    return openKuboStore({ url: fake.url });
  },
  ...(hasKubo()
    ? { "a real Kubo daemon": async (scene: Scene) => openKuboStore({ url: (await startKubo(scene)).rpc }) }
    : {}),
};

describe(seeded("ContentStore"), () => {
  let scene: Scene;
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.end());

  it("gives the same bytes the same id in every store, however they are cut", async () => {
    const content = someBytes(2 * MIB + 3);
    const ids = new Set<ContentId>();
    for (const open of Object.values(kinds)) {
      const store = await open(scene);
      ids.add(await store.put(content));
      ids.add(await store.put(inPieces(content, 70_001)));
    }
    expect(ids.size).to.equal(1);
  });

  for (const [name, open] of Object.entries(kinds)) {
    describe(name, () => {
      let store: ContentStore;
      beforeEach(async () => {
        store = await open(scene);
        scene.atEnd(() => store.stop());
      });

      for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 17]) {
        it(`gives back ${size} bytes`, async () => {
          const content = someBytes(size);
          const id = await store.put(content);
          let fetched = 0;
          const read = await bytesOf(store.get(id, { ...generous, onFetched: (bytes) => (fetched += bytes) }));
          expect(read.equals(content)).to.equal(true);
          expect(fetched).to.equal(0);
        });
      }

      it("pins what is put, and lets go of it", async () => {
        const id = await store.put(someBytes(10));
        expect(await all(store.pinned())).to.include(id);
        await store.unpin(id);
        await store.unpin(id);
        expect(await all(store.pinned())).not.to.include(id);
      });

      it("refuses to pin what it does not hold", async () => {
        const id = await (await scene.store()).put(someBytes(10));
        expect(await store.holds(id)).to.equal(false);
        expect(await failure(store.pin(id))).to.be.instanceOf(ContentNotFound);
      });

      it("refuses content larger than allowed", async () => {
        const id = await store.put(someBytes(MIB));
        const read = store.get(id, { maxBytes: MIB - 1, timeoutMs: 8_000 });
        expect(await failure(bytesOf(read))).to.be.instanceOf(ContentTooLarge);
      });

      it("reports content that nobody has as not found, in time", async () => {
        const id = await (await scene.store()).put(someBytes(10));
        const began = performance.now();
        const error = await failure(bytesOf(store.get(id, { maxBytes: 10, timeoutMs: 1_000 })));
        expect(error).to.be.instanceOf(ContentNotFound);
        expect(performance.now() - began).to.be.lessThan(3_000);
      });

      it("stops putting when aborted, and keeps no pin", async () => {
        const caller = new AbortController();
        const reason = new Error("enough");
        async function* endless(): AsyncGenerator<Uint8Array> {
          for (let piece = 0; ; piece++) {
            if (piece === 3) caller.abort(reason);
            yield someBytes(MIB);
          }
        }
        expect(await failure(store.put(endless(), { signal: caller.signal }))).to.equal(reason);
        expect(await all(store.pinned())).to.have.length(0);
      });

      it("names where it can be reached", async () => {
        for (const address of await store.addresses()) expect(address).to.match(/\/p2p\/[A-Za-z0-9]+$/);
      });

      it("refuses use after stop", async () => {
        const id = await store.put(someBytes(1));
        await store.stop();
        await store.stop();
        expect(await failure(store.put(someBytes(1)))).to.be.instanceOf(StoreStopped);
        expect(await failure(bytesOf(store.get(id, generous)))).to.be.instanceOf(StoreStopped);
      });
    });
  }
});

async function* inPieces(content: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}
