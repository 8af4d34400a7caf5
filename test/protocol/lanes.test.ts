import { expect } from "chai";
import { addLanes, bytesToLanes, lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { randomLanes, seededRandom } from "../support/seededRandom.ts";
import { referenceSum } from "../vectors/reference.ts";

const MAX = 0x7fffffff;
const MIN = -0x80000000;

describe("lanes: bytes", () => {
  it("writes two's complement, highest byte first", () => {
    expect([...lanesToBytes(Int32Array.of(1, -1, MIN, 0x01020304))]).to.deep.equal([
      0, 0, 0, 1, 255, 255, 255, 255, 128, 0, 0, 0, 1, 2, 3, 4,
    ]);
  });

  it("reads back what it wrote", () => {
    const lanes = randomLanes(seededRandom("read back"), 1000);
    expect(bytesToLanes(lanesToBytes(lanes))).to.deep.equal(lanes);
  });

  it("reads a view that starts anywhere in its buffer", () => {
    const whole = Uint8Array.of(9, 0, 0, 0, 2, 255, 255, 255, 254, 9);
    expect([...bytesToLanes(whole.subarray(1, 9))]).to.deep.equal([2, -2]);
  });

  it("refuses bytes that are not whole lanes", () => {
    expect(() => bytesToLanes(new Uint8Array(7))).to.throw(RangeError, "7 bytes are not whole lanes of four");
  });
});

describe("lanes: addLanes", () => {
  it("wraps modulo 2^32, in place", () => {
    const sum = Int32Array.of(MAX, MIN, MIN, MAX, -1);
    addLanes(sum, Int32Array.of(1, -1, MIN, MAX, 1));
    expect([...sum]).to.deep.equal([MIN, MAX, 0, -2, 0]);
  });

  it("gives one sum in any order", () => {
    const random = seededRandom("any order");
    const vectors = Array.from({ length: 9 }, () => randomLanes(random, 500));
    const forwards = new Int32Array(500);
    const backwards = new Int32Array(500);
    for (const lanes of vectors) addLanes(forwards, lanes);
    for (const lanes of vectors.toReversed()) addLanes(backwards, lanes);
    expect(forwards).to.deep.equal(referenceSum(vectors));
    expect(backwards).to.deep.equal(forwards);
  });

  it("refuses vectors of different lengths and leaves the sum alone", () => {
    const sum = Int32Array.of(1, 2);
    expect(() => addLanes(sum, Int32Array.of(1, 2, 3))).to.throw(RangeError, "Cannot add 3 lanes to a sum of 2");
    expect([...sum]).to.deep.equal([1, 2]);
  });
});
