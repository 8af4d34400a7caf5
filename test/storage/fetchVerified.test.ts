import { expect } from "chai";
import type { ContentId } from "../../trainer/storage/contentId.ts";
import type { ContentStore, GetOptions } from "../../trainer/storage/contentStore.ts";
import { fetchBytes, fetchStream, type Transfer } from "../../trainer/storage/fetchVerified.ts";
import {
  ContentMalformed,
  ContentMismatch,
  ContentNotFound,
  ContentTooLarge,
  ReadTookTooLong,
  StoreUnreachable,
} from "../../trainer/storage/storageErrors.ts";
import { bytesOf, failure, MIB, Scene, seeded, someBytes } from "./fixtures.ts";

const ID: ContentId = `0x${"ab".repeat(32)}`;
const patient = { timeoutMs: 5_000, backOffMs: 1 };

/** A store that serves `content` in pieces of ten, failing as told: each attempt's script is pieces, then an error. */
function scripted(content: Uint8Array, script: { pieces: number; error: Error }[]) {
  const attempts: GetOptions[] = [];
  const get = async function* (_id: ContentId, options: GetOptions): AsyncGenerator<Uint8Array> {
    const act = script[attempts.length];
    attempts.push(options);
    for (let piece = 0; piece * 10 < content.length; piece++) {
      if (piece === act?.pieces) throw act.error;
      options.onFetched?.(10);
      yield content.subarray(piece * 10, piece * 10 + 10);
    }
    if (act !== undefined) throw act.error;
  };
  return { store: { get } as Partial<ContentStore> as ContentStore, attempts };
}

const absent = new ContentNotFound(ID, "nobody has it.");

describe(seeded("fetchVerified"), () => {
  it("returns exactly the expected bytes and what they cost", async () => {
    const content = someBytes(35);
    const { store } = scripted(content, []);
    const fetched = await fetchBytes(store, ID, { ...patient, expectedBytes: 35 });
    expect(Buffer.from(fetched.bytes).equals(content)).to.equal(true);
    expect(fetched).to.include({ fetchedBytes: 40, fetchedBlocks: 4, attempts: 1 });
  });

  it("tries again over the next provider, and says so in the attempts", async () => {
    const content = someBytes(30);
    const { store, attempts } = scripted(content, [
      { pieces: 0, error: absent },
      { pieces: 0, error: new StoreUnreachable("http://127.0.0.1:5001", "ECONNREFUSED") },
    ]);
    const providers = ["a", "b", "c"];
    const fetched = await fetchBytes(store, ID, { ...patient, providers, maxBytes: 100 });
    expect(fetched.attempts).to.equal(3);
    expect(attempts.map(({ providers }) => providers?.join(""))).to.deep.equal(["abc", "bca", "cab"]);
  });

  it("gives no byte twice when an attempt dies in the middle", async () => {
    const content = someBytes(100);
    const { store } = scripted(content, [
      { pieces: 3, error: absent },
      { pieces: 1, error: absent },
      { pieces: 7, error: absent },
    ]);
    const transfer: Transfer = { fetchedBytes: 0, fetchedBlocks: 0, attempts: 0 };
    const read = await bytesOf(fetchStream(store, ID, { ...patient, maxBytes: 100 }, transfer));
    expect(read.equals(content)).to.equal(true);
    expect(transfer.attempts).to.equal(4);
  });

  for (const error of [new ContentTooLarge(ID, 10, 5), new ContentMalformed(ID, "it is a directory")]) {
    it(`does not try ${error.name} again`, async () => {
      const { store, attempts } = scripted(someBytes(30), [{ pieces: 1, error }]);
      expect(await failure(fetchBytes(store, ID, { ...patient, maxBytes: 100 }))).to.equal(error);
      expect(attempts).to.have.length(1);
    });
  }

  it("refuses content shorter than promised", async () => {
    const { store } = scripted(someBytes(30), []);
    const error = await failure(fetchBytes(store, ID, { ...patient, expectedBytes: 31 }));
    expect(error).to.be.instanceOf(ContentMismatch);
    expect(error.message).to.include("30 bytes, 31 were promised");
  });

  it("fails with the last attempt's error when the time is up", async () => {
    const store = {
      get: scripted(
        someBytes(10),
        Array.from({ length: 10_000 }, () => ({ pieces: 0, error: absent })),
      ).store.get,
    };
    const began = performance.now();
    const error = await failure(
      fetchBytes(store as ContentStore, ID, { timeoutMs: 300, backOffMs: 10, maxBytes: 100 }),
    );
    expect(error).to.be.instanceOf(ContentNotFound);
    expect(performance.now() - began).to.be.within(100, 2_000);
  });

  it("does not fail with the rest of the time having been too short, if the attempt before says more", async () => {
    const cutShort = { pieces: 0, error: new ReadTookTooLong(ID, 1) };
    const { store } = scripted(someBytes(10), [
      { pieces: 0, error: absent },
      ...Array<typeof cutShort>(9_999).fill(cutShort),
    ]);
    const error = await failure(fetchBytes(store, ID, { timeoutMs: 100, backOffMs: 10, maxBytes: 100 }));
    expect(error.message).to.equal(absent.message);
  });

  it("ends with the caller's reason, also between attempts", async () => {
    const caller = new AbortController();
    const reason = new Error("enough");
    const { store } = scripted(someBytes(10), [{ pieces: 0, error: absent }]);
    const fetching = failure(
      fetchBytes(store, ID, { timeoutMs: 60_000, backOffMs: 30_000, maxBytes: 100, signal: caller.signal }),
    );
    setImmediate(() => caller.abort(reason));
    expect(await fetching).to.equal(reason);
  });

  it("waits for a provider that comes later, and fetches only what it lacks", async () => {
    const scene = new Scene();
    try {
      const [giver, taker] = [await scene.store(), await scene.store()];
      const content = someBytes(3 * MIB);
      const id = await (await scene.store()).put(content);
      const providers = await giver.addresses();
      const fetching = fetchBytes(taker, id, { timeoutMs: 10_000, expectedBytes: content.length, providers });
      await giver.put(content);
      const { bytes, fetchedBlocks } = await fetching;
      expect(Buffer.from(bytes).equals(content)).to.equal(true);
      expect(fetchedBlocks).to.equal(4);
    } finally {
      await scene.end();
    }
  });
});
