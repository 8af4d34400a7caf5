import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { ContentStore } from "../../trainer/storage/contentStore.ts";
import { openRetention, RetentionUnreadable } from "../../trainer/storage/retention.ts";
import { ContentNotFound } from "../../trainer/storage/storageErrors.ts";
import { all, failure, Scene, seeded, someBytes } from "./fixtures.ts";

describe(seeded("retention"), () => {
  let scene: Scene;
  let folder: string;
  let file: string;
  let store: ContentStore;
  beforeEach(async () => {
    scene = new Scene();
    folder = await scene.folder();
    file = join(folder, "retention.json");
    store = await scene.store(folder);
  });
  afterEach(() => scene.end());

  it("keeps content until its time, and then lets go of it", async () => {
    const retention = await openRetention(store, file);
    const [early, late] = [await store.put(someBytes(10)), await store.put(someBytes(20))];
    await retention.keepUntil(early, 1_000);
    await retention.keepUntil(late, 2_000);
    expect(await retention.letGoOfExpired(999)).to.deep.equal([]);
    expect(await retention.letGoOfExpired(1_000)).to.deep.equal([early]);
    expect(await all(store.pinned())).to.deep.equal([late]);
    expect(await store.holds(early)).to.equal(false);
    expect(retention.keptUntil(early)).to.equal(undefined);
    expect(retention.keptUntil(late)).to.equal(2_000);
  });

  it("keeps what several tasks need until the latest of their times", async () => {
    const retention = await openRetention(store, file);
    const id = await store.put(someBytes(10));
    await Promise.all([1_000, 3_000, 2_000].map((until) => retention.keepUntil(id, until)));
    expect(retention.keptUntil(id)).to.equal(3_000);
  });

  it("remembers over a restart", async () => {
    const id = await store.put(someBytes(10));
    await (await openRetention(store, file)).keepUntil(id, 1_000);
    await store.stop();

    const reopened = await scene.store(folder);
    const retention = await openRetention(reopened, file);
    expect(retention.keptUntil(id)).to.equal(1_000);
    expect(await retention.letGoOfExpired(1_000)).to.deep.equal([id]);
    expect((await openRetention(reopened, file)).keptUntil(id)).to.equal(undefined);
  });

  it("pins what was fetched but not put", async () => {
    const [giver, id] = await (async () => {
      const giver = await scene.store();
      return [giver, await giver.put(someBytes(10))] as const;
    })();
    for await (const _part of store.get(id, { maxBytes: 10, timeoutMs: 5_000, providers: await giver.addresses() }));
    expect(await all(store.pinned())).to.deep.equal([]);
    await (await openRetention(store, file)).keepUntil(id, 1_000);
    expect(await all(store.pinned())).to.deep.equal([id]);
  });

  it("promises nothing about content that is not here", async () => {
    const id = await (await scene.store()).put(someBytes(10));
    const retention = await openRetention(store, file);
    expect(await failure(retention.keepUntil(id, 1_000))).to.be.instanceOf(ContentNotFound);
    expect(retention.keptUntil(id)).to.equal(undefined);
    expect(await readdir(folder)).not.to.include("retention.json");
  });

  it("takes whole seconds only", async () => {
    const retention = await openRetention(store, file);
    const id = await store.put(someBytes(10));
    for (const wrong of [-1, 1.5, Number.NaN, 2 ** 53]) {
      expect(await failure(retention.keepUntil(id, wrong))).to.be.instanceOf(RangeError);
    }
  });

  it("is a file that people can read, never half written", async () => {
    const retention = await openRetention(store, file);
    const ids = await Promise.all([1, 2, 3].map((size) => store.put(someBytes(size))));
    await Promise.all(ids.map((id, position) => retention.keepUntil(id, position + 1)));
    expect(JSON.parse(await readFile(file, "utf8"))).to.deep.equal(
      Object.fromEntries(ids.map((id, position) => [id, position + 1])),
    );
    expect((await readdir(folder)).filter((name) => name.endsWith(".next"))).to.deep.equal([]);
  });

  for (const damage of ["", "{", "[]", '{"0x12": 3}', `{"0x${"a".repeat(64)}": "soon"}`]) {
    it(`says what to do when the file says ${JSON.stringify(damage.slice(0, 20))}, and unpins nothing`, async () => {
      const id = await store.put(someBytes(10));
      await writeFile(file, damage);
      const error = await failure(openRetention(store, file));
      expect(error).to.be.instanceOf(RetentionUnreadable);
      expect(error.message).to.include(file).and.to.include("Move the file away");
      expect(await all(store.pinned())).to.deep.equal([id]);
    });
  }
});
