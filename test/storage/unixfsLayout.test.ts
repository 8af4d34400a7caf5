import { createHash } from "node:crypto";
import { expect } from "chai";
import { CID } from "multiformats/cid";
import { cidToContentId, contentIdToCid } from "../../trainer/storage/contentId.ts";
import { isBlockOf } from "../../trainer/storage/blockHash.ts";
import { CHUNK_BYTES, LINKS_PER_NODE, writeContent } from "../../trainer/storage/unixfsLayout.ts";
import { failure } from "./fixtures.ts";

async function blocksOf(content: Uint8Array | AsyncIterable<Uint8Array>) {
  const blocks: { cid: CID; bytes: Uint8Array }[] = [];
  const id = await writeContent(content, async (cid, bytes) => void blocks.push({ cid, bytes }));
  return { id, blocks };
}

describe("UnixFS layout", () => {
  it("puts a dag-pb root over the raw leaf that ipfs add makes of hello world", async () => {
    const { id, blocks } = await blocksOf(Buffer.from("hello world\n"));
    // echo hello world | ipfs add --cid-version 1
    const leaf = CID.parse("bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4");
    const link = Buffer.concat([Buffer.from("0a24", "hex"), leaf.bytes, Buffer.from("1200180c", "hex")]);
    const root = Buffer.concat([
      Buffer.of(0x12, link.length),
      link,
      Buffer.from("0a0608021" + "80c200c", "hex"), // a file of 12 bytes in one block of 12
    ]);
    expect(id).to.equal(`0x${createHash("sha256").update(root).digest("hex")}`);
    expect(blocks.map(({ cid }) => cid.toString())).to.deep.equal([leaf.toString(), contentIdToCid(id).toString()]);
  });

  it("writes leaves before the root, each hashing to its CID", async () => {
    const { id, blocks } = await blocksOf(Buffer.alloc(3 * CHUNK_BYTES + 1, "ab"));
    expect(blocks.at(-1)!.cid.equals(contentIdToCid(id))).to.equal(true);
    for (const { cid, bytes } of blocks) expect(isBlockOf(cid, bytes)).to.equal(true);
    expect(Math.max(...blocks.map(({ bytes }) => bytes.length))).to.equal(CHUNK_BYTES);
  });

  it("gives ids that are dag-pb roots whatever the size", async () => {
    for (const size of [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1]) {
      const { id } = await blocksOf(Buffer.alloc(size));
      expect(cidToContentId(contentIdToCid(id))).to.equal(id);
    }
  });

  it("is the profile it says", () => {
    expect([CHUNK_BYTES, LINKS_PER_NODE]).to.deep.equal([1_048_576, 1024]);
  });

  it("ends with the caller's reason", async () => {
    const reason = new Error("enough");
    const put = async (): Promise<void> => {};
    expect(await failure(writeContent(Buffer.alloc(1), put, AbortSignal.abort(reason)))).to.equal(reason);
  });

  it("passes on what a full disk says", async () => {
    const full = new Error("ENOSPC: no space left on device");
    expect(await failure(writeContent(Buffer.alloc(1), () => Promise.reject(full)))).to.equal(full);
  });
});
