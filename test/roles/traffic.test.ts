import { expect } from "chai";
import { createTraffic } from "../../trainer/roles/traffic.ts";
import type { ContentId } from "../../trainer/storage/contentId.ts";
import { ContentNotFound } from "../../trainer/storage/storageErrors.ts";
import { memoryStore } from "./memoryStore.ts";
import { rejection } from "../support/rejection.ts";

describe("traffic", () => {
  const request = { timeoutMs: 50, from: [], signal: new AbortController().signal };

  it("keeps what it has fetched, so that others find it here too", async () => {
    const store = memoryStore();
    const kept: ContentId[] = [];
    const id = await store.put(new Uint8Array([1, 2, 3]));
    const traffic = createTraffic(store, async (fetched) => void kept.push(fetched));
    expect(await traffic.fetch(id, { ...request, maxBytes: 3 })).to.deep.equal(new Uint8Array([1, 2, 3]));
    expect(kept).to.deep.equal([id]);
  });

  it("keeps nothing that did not come whole", async () => {
    const kept: ContentId[] = [];
    const traffic = createTraffic(memoryStore(), async (fetched) => void kept.push(fetched));
    const absent: ContentId = `0x${"11".repeat(32)}`;
    await rejection(traffic.fetch(absent, { ...request, maxBytes: 3 }), ContentNotFound);
    expect(kept).to.deep.equal([]);
    expect(traffic.received()).to.equal(0);
  });
});
