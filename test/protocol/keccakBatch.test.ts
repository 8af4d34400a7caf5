import { expect } from "chai";
import { concat, keccak256, toBeHex } from "ethers";
import { CHUNK_BYTES, HASH_BYTES } from "../../trainer/protocol/chunkShape.ts";
import {
  BATCH_CHUNKS,
  chunkArea,
  hashArea,
  hashLeaves,
  hashNodes,
  placeLanes,
} from "../../trainer/protocol/keccakBatch.ts";
import { lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { randomBytes, randomLanes, seededRandom } from "../support/seededRandom.ts";
import { hex } from "../vectors/reference.ts";

describe("keccakBatch", () => {
  const random = seededRandom("keccakBatch");

  it("hashes leaves with their indices, a whole batch or any part of it", () => {
    const chunks = randomBytes(random, chunkArea.length);
    chunkArea.set(chunks);
    for (const [count, first] of [
      [1, 7],
      [2, 2 ** 32 - 2],
      [3, 0x00ff_fffe],
      [BATCH_CHUNKS, 0x89ab_cdf0],
    ] as const) {
      hashLeaves(count, first);
      for (let i = 0; i < count; i++) {
        const chunk = chunks.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
        expect(hashAt(i), `leaf ${first + i}`).to.equal(keccak256(concat(["0x00", toBeHex(first + i, 4), chunk])));
      }
    }
  });

  it("hashes leaves of extreme bytes", () => {
    for (const byte of [0, 0xff, 0x80, 0x01]) {
      chunkArea.fill(byte);
      hashLeaves(1, 2 ** 32 - 1);
      expect(hashAt(0)).to.equal(keccak256(concat(["0x00ffffffff", chunkArea.subarray(0, CHUNK_BYTES)])));
    }
  });

  it("hashes nodes over their children, and leaves the chunks alone", () => {
    const chunks = chunkArea.fill(3).slice();
    for (const count of [BATCH_CHUNKS / 2, 3, 1]) {
      const children = randomBytes(random, hashArea.length);
      hashArea.set(children);
      hashNodes(count);
      for (let i = 0; i < count; i++) {
        const pair = children.subarray(2 * i * HASH_BYTES, 2 * (i + 1) * HASH_BYTES);
        expect(hashAt(i), `node ${i} of ${count}`).to.equal(keccak256(concat(["0x01", pair])));
      }
    }
    expect(chunkArea).to.deep.equal(chunks);
  });

  it("places lanes as big-endian bytes, up to a batch of them", () => {
    for (const length of [0, 1, 2, 3, 5, 32, chunkArea.length / 4]) {
      const lanes = randomLanes(random, length);
      const placed = placeLanes(lanes);
      expect(placed, `${length} lanes`).to.deep.equal(lanesToBytes(lanes));
      expect(chunkArea.subarray(0, 4 * length)).to.deep.equal(placed);
    }
    expect(() => placeLanes(new Int32Array(chunkArea.length / 4 + 1))).to.throw(RangeError);
  });

  function hashAt(place: number): string {
    return hex(hashArea.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES));
  }
});
