import { createHash } from "node:crypto";
import { encode as encodeDagPb } from "@ipld/dag-pb";
import { expect } from "chai";
import { UnixFS } from "ipfs-unixfs";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import { cidToContentId, DAG_PB, RAW, SHA2_256, type ContentId } from "../../trainer/storage/contentId.ts";
import { ContentMalformed, ContentTooLarge } from "../../trainer/storage/storageErrors.ts";
import { writeContent } from "../../trainer/storage/unixfsLayout.ts";
import { readContent } from "../../trainer/storage/unixfsRead.ts";
import { bytesOf, failure, MIB, seeded, someBytes } from "./fixtures.ts";

/** Builds DAGs as an attacker would: any sizes, any links, but blocks that hash to their names. */
class Forge {
  readonly blocks = new Map<string, Uint8Array>();
  reads = 0;

  add(code: number, bytes: Uint8Array): CID {
    const cid = CID.createV1(code, createDigest(SHA2_256, createHash("sha256").update(bytes).digest()));
    this.blocks.set(cid.toString(), bytes);
    return cid;
  }

  leaf(bytes: Uint8Array): CID {
    return this.add(RAW, bytes);
  }

  node(links: { cid: CID; size: number | bigint }[], data?: Uint8Array): CID {
    const entry = new UnixFS({ type: "file", ...(data ? { data } : {}) });
    for (const { size } of links) entry.addBlockSize(BigInt(size));
    return this.add(
      DAG_PB,
      encodeDagPb({ Data: entry.marshal(), Links: links.map(({ cid }) => ({ Hash: cid, Name: "", Tsize: 0 })) }),
    );
  }

  read(root: CID | ContentId, maxBytes = 16 * MIB, signal = new AbortController().signal): AsyncIterable<Uint8Array> {
    const id = typeof root === "string" ? root : cidToContentId(root);
    const readBlock = async (cid: CID): Promise<Uint8Array> => {
      this.reads++;
      return this.blocks.get(cid.toString())!;
    };
    return readContent(id, readBlock, { maxBytes, blocksAhead: 4, signal });
  }
}

describe(seeded("UnixFS reader"), () => {
  let forge: Forge;
  beforeEach(() => (forge = new Forge()));

  it("reads back what was written, in order", async () => {
    const content = someBytes(5 * MIB + 1);
    const id = await writeContent(content, async (cid, bytes) => void forge.blocks.set(cid.toString(), bytes));
    expect((await bytesOf(forge.read(id))).equals(content)).to.equal(true);
  });

  it("reads other layouts: nested, unbalanced, data in the root", async () => {
    const [a, b, c] = [someBytes(3), someBytes(5), someBytes(7)];
    const inner = forge.node([
      { cid: forge.leaf(a), size: 3 },
      { cid: forge.leaf(b), size: 5 },
    ]);
    const root = forge.node([
      { cid: inner, size: 8 },
      { cid: forge.leaf(c), size: 7 },
    ]);
    expect((await bytesOf(forge.read(root))).equals(Buffer.concat([a, b, c]))).to.equal(true);
    expect((await bytesOf(forge.read(forge.node([], a)))).equals(a)).to.equal(true);
  });

  it("refuses a declared size above the limit from the root alone", async () => {
    const root = forge.node([{ cid: forge.leaf(someBytes(1)), size: 2n ** 52n }]);
    expect(await failure(bytesOf(forge.read(root)))).to.be.instanceOf(ContentTooLarge);
    expect(forge.reads).to.equal(1);
  });

  const malformed: Record<string, () => CID> = {
    "a leaf longer than its parent says": () => forge.node([{ cid: forge.leaf(someBytes(100)), size: 10 }]),
    "a leaf shorter than its parent says": () => forge.node([{ cid: forge.leaf(someBytes(10)), size: 100 }]),
    "a node that holds more than its parent says": () =>
      forge.node([{ cid: forge.node([{ cid: forge.leaf(someBytes(100)), size: 100 }]), size: 10 }]),
    "an empty child": () => forge.node([{ cid: forge.leaf(Buffer.alloc(0)), size: 0 }]),
    "a size that no number can hold": () => forge.node([{ cid: forge.leaf(someBytes(1)), size: 2n ** 63n }]),
    "links and data in one node": () => forge.node([{ cid: forge.leaf(someBytes(1)), size: 1 }], someBytes(1)),
    "more links than sizes": () => {
      const link = { Hash: forge.leaf(someBytes(1)), Name: "", Tsize: 0 };
      return forge.add(DAG_PB, encodeDagPb({ Data: new UnixFS({ type: "file" }).marshal(), Links: [link] }));
    },
    "a directory": () =>
      forge.add(DAG_PB, encodeDagPb({ Data: new UnixFS({ type: "directory" }).marshal(), Links: [] })),
    "bytes that are no dag-pb": () => forge.add(DAG_PB, someBytes(50)),
    "a link with a codec that has no place in a file": () =>
      forge.node([{ cid: CID.createV1(0x71, forge.leaf(someBytes(1)).multihash), size: 1 }]),
    "a link with the identity hash": () =>
      forge.node([{ cid: CID.createV1(RAW, createDigest(0, someBytes(5))), size: 5 }]),
    "a chain too deep": () => {
      let cid = forge.leaf(someBytes(9));
      for (let depth = 0; depth < 10; depth++) cid = forge.node([{ cid, size: 9 }]);
      return cid;
    },
    "many one-byte leaves": () => {
      const cid = forge.leaf(someBytes(1));
      return forge.node(Array.from({ length: 9_000 }, () => ({ cid, size: 1 })));
    },
  };
  for (const [name, build] of Object.entries(malformed)) {
    it(`refuses ${name}`, async () => {
      const error = await failure(bytesOf(forge.read(build())));
      // A size that wraps may also show as one that is too large; both are refusals before a byte is given.
      if (name.includes("no number")) expect(["ContentMalformed", "ContentTooLarge"]).to.include(error.name);
      else expect(error).to.be.instanceOf(ContentMalformed);
    });
  }

  it("is not led into endless work by shared subtrees that claim little", async () => {
    // 64 links to the same node, six levels: 64^6 leaves from a few small blocks.
    let cid = forge.leaf(someBytes(1));
    for (let level = 0; level < 6; level++) cid = forge.node(Array.from({ length: 64 }, () => ({ cid, size: 1 })));
    expect(["ContentMalformed", "ContentTooLarge"]).to.include((await failure(bytesOf(forge.read(cid)))).name);
    expect(forge.reads).to.be.lessThan(10_000);
  });

  it("counts shared subtrees each time against the limit", async () => {
    let cid = forge.leaf(someBytes(MIB));
    let size = MIB;
    for (let level = 0; level < 4; level++) {
      cid = forge.node(Array.from({ length: 64 }, () => ({ cid, size })));
      size *= 64;
    }
    expect(await failure(bytesOf(forge.read(cid)))).to.be.instanceOf(ContentTooLarge);
    expect(forge.reads).to.equal(1);
  });

  it("stops reading ahead when the reader leaves", async () => {
    const content = someBytes(12 * MIB);
    const id = await writeContent(content, async (cid, bytes) => void forge.blocks.set(cid.toString(), bytes));
    for await (const _part of forge.read(id)) break;
    expect(forge.reads).to.be.at.most(1 + 4 + 1);
  });

  it("ends with the signal's reason", async () => {
    const reason = new Error("enough");
    const root = forge.node([{ cid: forge.leaf(someBytes(1)), size: 1 }]);
    expect(await failure(bytesOf(forge.read(root, MIB, AbortSignal.abort(reason))))).to.equal(reason);
  });
});
