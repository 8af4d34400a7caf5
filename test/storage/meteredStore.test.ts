import { expect } from "chai";
import { meteredStore } from "../../trainer/storage/meteredStore.ts";
import { memoryStore } from "../roles/memoryStore.ts";

describe("A metered store", () => {
  it("says what was fetched, to who reads too, and is otherwise the store", async () => {
    const store = memoryStore();
    const received: number[] = [];
    const metered = meteredStore(store, (bytes) => received.push(bytes));
    const id = await metered.put(Buffer.from("content"));
    const heard: number[] = [];
    const parts: Uint8Array[] = [];
    const options = { maxBytes: 100, timeoutMs: 100, onFetched: (bytes: number) => void heard.push(bytes) };
    for await (const part of metered.get(id, options)) parts.push(part);
    expect(Buffer.concat(parts).toString()).to.equal("content");
    expect([received, heard]).to.deep.equal([[7], [7]]);
    expect(await metered.holds(id)).to.equal(true);
  });
});
