import { expect } from "chai";
import {
  MAX_DEPTH,
  chunkDepth,
  chunkProof,
  chunkRoot,
  chunkTree,
  createRootStream,
  verifyChunk,
} from "../../trainer/protocol/chunkTree.ts";
import { lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { randomBytes, randomLanes, seededRandom } from "../support/seededRandom.ts";
import {
  hex,
  referenceLeaf,
  referenceNode,
  referenceProof,
  referenceRoot,
  referenceTree,
} from "../vectors/reference.ts";

describe("chunkTree: chunkDepth", () => {
  it("is the power of two that holds all chunks", () => {
    const depths = [1, 32, 33, 64, 65, 128, 129, 2 ** 37 - 31, 2 ** 37].map(chunkDepth);
    expect(depths).to.deep.equal([0, 0, 1, 1, 2, 2, 3, MAX_DEPTH, MAX_DEPTH]);
  });

  it("refuses what is no number of lanes", () => {
    for (const lanes of [0, -1, 1.5, NaN, 2 ** 37 + 1]) {
      expect(() => chunkDepth(lanes)).to.throw(RangeError, "has no chunk tree");
    }
  });
});

describe("chunkTree: chunkRoot", () => {
  it("agrees with the reference at every length around the chunk borders", () => {
    const lanes = randomLanes(seededRandom("every length"), 300);
    for (let length = 1; length <= lanes.length; length++) {
      const vector = lanes.subarray(0, length);
      expect(chunkRoot(vector), `${length} lanes`).to.equal(referenceRoot(vector));
    }
  });

  it("agrees with the reference on vectors of several batches, whatever their padding", () => {
    const random = seededRandom("several batches");
    // A batch is 16,384 lanes. One more than four of them leaves padding of one and of two batches.
    const lengths = [16_384, 16_385, 32_768, 32_769, 65_537, ...Array.from({ length: 4 }, () => random.below(100_000))];
    const lanes = randomLanes(random, 100_000);
    for (const length of lengths.map((length) => Math.max(1, length))) {
      const vector = lanes.subarray(0, length);
      const root = referenceRoot(vector);
      expect(chunkRoot(vector), `${length} lanes`).to.equal(root);
      expect(chunkRoot(lanesToBytes(vector)), `${length} lanes as bytes`).to.equal(root);
    }
  });

  it("is the same from lanes, from bytes, and from bytes anywhere in a buffer", () => {
    const lanes = randomLanes(seededRandom("lanes and bytes"), 111);
    const bytes = lanesToBytes(lanes);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(chunkRoot(bytes)).to.equal(chunkRoot(lanes));
    expect(chunkRoot(shifted.subarray(3))).to.equal(chunkRoot(lanes));
    expect(chunkRoot(Buffer.from(bytes))).to.equal(chunkRoot(lanes));
  });

  it("pads with zeros to a power of two of chunks", () => {
    const lanes = randomLanes(seededRandom("padding"), 70);
    const padded = new Int32Array(128);
    padded.set(lanes);
    const larger = new Int32Array(256);
    larger.set(lanes);
    expect(chunkRoot(lanes)).to.equal(chunkRoot(padded));
    expect(chunkRoot(lanes)).to.not.equal(chunkRoot(larger));
  });

  it("changes with any lane and with the order of chunks", () => {
    const lanes = randomLanes(seededRandom("any lane"), 100);
    const root = chunkRoot(lanes);
    for (let i = 0; i < lanes.length; i++) {
      const other = lanes.slice();
      other[i]! ^= 1;
      expect(chunkRoot(other), `lane ${i}`).to.not.equal(root);
    }
    const alike = new Int32Array(64).fill(7, 0, 32);
    expect(chunkRoot(alike)).to.not.equal(chunkRoot(alike.toReversed()));
  });

  it("refuses an empty vector and bytes that are not whole lanes", () => {
    expect(() => chunkRoot(new Int32Array(0))).to.throw(RangeError, "0 lanes has no chunk tree");
    expect(() => chunkRoot(new Uint8Array(5))).to.throw(RangeError, "5 bytes are not whole lanes");
  });
});

describe("chunkTree: createRootStream", () => {
  it("gives the root of the bytes however they are cut", () => {
    const random = seededRandom("cuts");
    for (const lanes of [1, 40, 500, 16_384, 16_400, 40_000]) {
      const bytes = randomBytes(random, 4 * lanes);
      for (const longest of [bytes.length, 65_536, 65_537, 1 + random.below(70_000), 100]) {
        const stream = createRootStream(lanes);
        for (let at = 0; at < bytes.length;) {
          const end = at + (longest === 65_536 ? longest : 1 + random.below(longest));
          stream.push(bytes.subarray(at, end));
          at = end;
        }
        expect(stream.finish(), `${lanes} lanes in pieces of up to ${longest} bytes`).to.equal(chunkRoot(bytes));
      }
    }
  });

  it("keeps two vectors that arrive in turns apart", () => {
    const random = seededRandom("in turns");
    const vectors = [randomBytes(random, 80_000), randomBytes(random, 80_000)];
    const streams = vectors.map((vector) => createRootStream(vector.length / 4));
    for (let at = 0; at < 80_000; at += 1000) {
      streams.forEach((stream, i) => stream.push(vectors[i]!.subarray(at, at + 1000)));
    }
    expect(streams.map((stream) => stream.finish())).to.deep.equal(vectors.map(chunkRoot));
  });

  it("keeps no hold of the segments", () => {
    const bytes = randomBytes(seededRandom("overwritten"), 800);
    const stream = createRootStream(200);
    const segment = new Uint8Array(8);
    for (let at = 0; at < bytes.length; at += 8) {
      segment.set(bytes.subarray(at, at + 8));
      stream.push(segment);
      segment.fill(0xff);
    }
    expect(stream.finish()).to.equal(chunkRoot(bytes));
  });

  it("gives the same root when asked again", () => {
    const stream = createRootStream(40);
    stream.push(new Uint8Array(160));
    expect(stream.finish()).to.equal(chunkRoot(new Int32Array(40)));
    expect(stream.finish()).to.equal(chunkRoot(new Int32Array(40)));
  });

  it("refuses bytes beyond the vector's end, a root of less than the vector, and no vector", () => {
    const stream = createRootStream(40);
    stream.push(new Uint8Array(150));
    expect(() => stream.finish()).to.throw(RangeError, "10 bytes of the vector are missing");
    expect(() => stream.push(new Uint8Array(11))).to.throw(RangeError, "1 bytes more than the vector has");
    stream.push(new Uint8Array(10));
    expect(stream.finish()).to.equal(chunkRoot(new Int32Array(40)));
    expect(() => stream.push(new Uint8Array(1))).to.throw(RangeError, "more than the vector has");
    expect(() => createRootStream(0)).to.throw(RangeError, "has no chunk tree");
  });

  it("allocates nothing for a vector that is announced and does not come", () => {
    const before = process.memoryUsage().arrayBuffers;
    const streams = Array.from({ length: 100 }, () => createRootStream(2 ** 37));
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(1e6);
    expect(streams).to.have.length(100);
  });
});

describe("chunkTree: the whole tree", () => {
  it("holds every hash that the reference has", () => {
    const random = seededRandom("whole trees");
    for (const length of [1, 33, 500, 16_384, 33_000]) {
      const lanes = randomLanes(random, length);
      const levels = referenceTree(lanes);
      const tree = chunkTree(lanes);
      expect(tree.depth).to.equal(levels.length - 1);
      expect(tree.root).to.equal(chunkRoot(lanes));
      levels.forEach((hashes, level) => {
        const nodes = hashes.map((_, position) => tree.node(level, position));
        expect(nodes, `level ${level} of ${length} lanes`).to.deep.equal(hashes.map(hex));
      });
    }
  });

  it("proves chunks of lanes and of bytes, the last one too", () => {
    const lanes = randomLanes(seededRandom("a large tree"), 40_000);
    const [tree, byteTree] = [chunkTree(lanes), chunkTree(lanesToBytes(lanes))];
    for (const index of [0, 511, 512, 1249, 1250, 2047]) {
      const proof = tree.proof(index);
      expect(verifyChunk(tree.root, tree.depth, proof), `chunk ${index}`).to.equal(true);
      expect(byteTree.proof(index)).to.deep.equal(proof);
    }
    expect(tree.proof(1249)).to.deep.equal(referenceProof(lanes, 1249));
  });

  it("refuses what lies outside", () => {
    const tree = chunkTree(new Int32Array(100));
    for (const [level, position] of [
      [0, 4],
      [1, 2],
      [2, 1],
      [3, 0],
      [-1, 0],
      [0, -1],
      [0.5, 0],
      [0, 0.5],
    ] as const) {
      expect(() => tree.node(level, position), `${level}, ${position}`).to.throw(RangeError, "lies outside the tree");
    }
    for (const index of [-1, 4, 0.5, NaN]) expect(() => tree.proof(index)).to.throw(RangeError, "0 to 3");
    expect(() => chunkTree(new Uint8Array(6))).to.throw(RangeError, "not whole lanes");
  });
});

describe("chunkTree: proofs", () => {
  it("prove every chunk, those of the padding too, as the reference does", () => {
    const random = seededRandom("every chunk");
    for (const length of [1, 32, 33, 64, 65, 200, 500]) {
      const lanes = randomLanes(random, length);
      const depth = chunkDepth(length);
      for (let index = 0; index < 2 ** depth; index++) {
        const proof = chunkProof(lanes, index);
        expect(proof, `chunk ${index} of ${length} lanes`).to.deep.equal(referenceProof(lanes, index));
        expect(chunkProof(lanesToBytes(lanes), index)).to.deep.equal(proof);
        expect(verifyChunk(chunkRoot(lanes), depth, proof)).to.equal(true);
      }
    }
  });

  it("are refused for a chunk outside the tree", () => {
    for (const index of [-1, 4, 0.5, NaN, 2 ** 32]) {
      expect(() => chunkProof(new Int32Array(100), index)).to.throw(RangeError, "its indices are 0 to 3");
    }
  });

  it("reach the last of 2^32 chunks", () => {
    const chunk = new Uint8Array(128).fill(5);
    for (const index of [2 ** 32 - 1, 2 ** 31, 2 ** 31 - 1, 0xaaaaaaaa]) {
      const siblings = Array.from({ length: 32 }, (_, level) => referenceLeaf(level, chunk));
      const root = siblings.reduce(
        (hash, sibling, level) =>
          Math.floor(index / 2 ** level) % 2 === 1 ? referenceNode(sibling, hash) : referenceNode(hash, sibling),
        referenceLeaf(index, chunk),
      );
      const proof = siblings.map(hex);
      expect(verifyChunk(hex(root), 32, { index, chunk, proof })).to.equal(true);
      expect(verifyChunk(hex(root), 32, { index: index - 1, chunk, proof })).to.equal(false);
    }
  });
});

describe("chunkTree: verifyChunk accepts nothing but the chunk at its place", () => {
  const lanes = Int32Array.from({ length: 230 }, (_, i) => i * 0x01010101);
  const depth = 3;
  const root = chunkRoot(lanes);
  const good = chunkProof(lanes, 5);
  const verify = (change: Partial<typeof good>) => verifyChunk(root, depth, { ...good, ...change });

  it("accepts it", () => {
    expect(verify({})).to.equal(true);
    expect(verifyChunk(root.toUpperCase().replace("0X", "0x"), depth, good)).to.equal(true);
  });

  it("rejects it at any other index", () => {
    for (const index of [0, 1, 2, 3, 4, 6, 7]) expect(verify({ index }), `index ${index}`).to.equal(false);
    for (const index of [8, 5 + 8, -3, 5.5, NaN, 5 + 2 ** 32]) expect(verify({ index })).to.equal(false);
  });

  it("rejects a change in any byte of the chunk", () => {
    for (let i = 0; i < 128; i++) {
      const chunk = good.chunk.slice();
      chunk[i]! ^= 0x80;
      expect(verify({ chunk }), `byte ${i}`).to.equal(false);
    }
  });

  it("rejects a change in any hash of the proof, and hashes in another order", () => {
    for (let level = 0; level < depth; level++) {
      const proof = [...good.proof];
      proof[level] = proof[level]!.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
      expect(verify({ proof }), `level ${level}`).to.equal(false);
    }
    expect(verify({ proof: good.proof.toReversed() })).to.equal(false);
  });

  it("rejects a proof that is too short or too long", () => {
    expect(verify({ proof: good.proof.slice(0, -1) })).to.equal(false);
    expect(verify({ proof: good.proof.slice(1) })).to.equal(false);
    expect(verify({ proof: [...good.proof, good.proof[0]!] })).to.equal(false);
    expect(verify({ proof: [] })).to.equal(false);
    for (const other of [0, 2, 4, 32]) expect(verifyChunk(root, other, good), `depth ${other}`).to.equal(false);
  });

  it("rejects a chunk that is too short or too long", () => {
    for (const length of [0, 127]) expect(verify({ chunk: good.chunk.slice(0, length) })).to.equal(false);
    expect(verify({ chunk: new Uint8Array([...good.chunk, 0]) })).to.equal(false);
  });

  it("rejects a node that stands in for a leaf", () => {
    // A tree one level lower whose leaves are this tree's nodes: without domain bytes it would have the same root.
    const nodes = referenceTree(lanes)[1]!;
    const fake = Buffer.concat([nodes[2]!, Buffer.alloc(96)]);
    expect(verifyChunk(root, depth - 1, { index: 2, chunk: fake, proof: good.proof.slice(1) })).to.equal(false);
    expect(verifyChunk(root, depth - 1, { index: 2, chunk: good.chunk, proof: good.proof.slice(1) })).to.equal(false);
  });

  it("rejects a leaf and its sibling in each other's place", () => {
    const sibling = chunkProof(lanes, 4);
    expect(verify({ chunk: sibling.chunk })).to.equal(false);
    expect(verify({ chunk: sibling.chunk, proof: sibling.proof })).to.equal(false);
  });

  it("rejects whatever is malformed, without throwing", () => {
    for (const sibling of ["", "0x", "0x12", `0x${"g".repeat(64)}`, good.proof[0]!.slice(2), `${good.proof[0]!}\n`]) {
      expect(verify({ proof: [sibling, ...good.proof.slice(1)] }), JSON.stringify(sibling)).to.equal(false);
    }
    for (const wrong of [-1, 33, 1.5, NaN, Infinity]) expect(verifyChunk(root, wrong, good)).to.equal(false);
    for (const wrong of ["", "0x", root.slice(0, -1), `${root}0`])
      expect(verifyChunk(wrong, depth, good)).to.equal(false);
  });
});
