import { expect } from "chai";
import { differingSiblings, firstDifference } from "../../trainer/protocol/chunkDifference.ts";
import { chunkTree } from "../../trainer/protocol/chunkTree.ts";
import { lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { randomLanes, seededRandom } from "../support/seededRandom.ts";

describe("chunkDifference: firstDifference", () => {
  const lanes = randomLanes(seededRandom("differences"), 1000);

  it("is the chunk of the first lane that differs, in lanes, bytes and both", () => {
    for (const lane of [0, 31, 32, 500, 999]) {
      const other = lanes.slice();
      other[lane]! ^= 1;
      other[999]! ^= 2;
      const chunk = Math.floor(lane / 32);
      expect(firstDifference(lanes, other), `lane ${lane}`).to.equal(chunk);
      expect(firstDifference(lanesToBytes(lanes), lanesToBytes(other))).to.equal(chunk);
      expect(firstDifference(lanes, lanesToBytes(other))).to.equal(chunk);
      expect(firstDifference(lanesToBytes(lanes), other)).to.equal(chunk);
    }
  });

  it("is undefined for equal vectors", () => {
    expect(firstDifference(lanes, lanes.slice())).to.equal(undefined);
    expect(firstDifference(lanes, lanesToBytes(lanes))).to.equal(undefined);
  });

  it("refuses vectors of different lengths", () => {
    expect(() => firstDifference(lanes, lanes.subarray(1))).to.throw(RangeError, "of different models");
    expect(() => firstDifference(lanes, lanesToBytes(lanes).subarray(4))).to.throw(RangeError, "of different models");
  });
});

describe("chunkDifference: differingSiblings", () => {
  const lanes = randomLanes(seededRandom("siblings"), 250); // eight chunks
  const tree = chunkTree(lanes);

  it("is where the other tree's wrong chunks lie, for every set of them and every proof", () => {
    for (let wrong = 0; wrong < 2 ** 8; wrong++) {
      const isWrong = (chunk: number) => Math.floor(wrong / 2 ** chunk) % 2 === 1;
      const other = chunkTree(lanes.map((lane, i) => (i % 32 === 5 && isWrong(Math.floor(i / 32)) ? lane ^ 1 : lane)));
      for (let index = 0; index < 8; index++) {
        const expected = [0, 1, 2]
          .map((level) => ({ level, position: Math.floor(index / 2 ** level) ^ 1 }))
          .filter(({ level, position }) =>
            Array.from({ length: 2 ** level }, (_, i) => position * 2 ** level + i).some(isWrong),
          );
        const found = differingSiblings(tree, other.proof(index));
        expect(found, `wrong ${wrong.toString(2)}, proof of ${index}`).to.deep.equal(expected);
      }
    }
  });

  it("does not mind the case of the proof's hashes", () => {
    const { proof, ...rest } = tree.proof(3);
    const upper = proof.map((hash) => hash.toUpperCase().replace("0X", "0x"));
    expect(differingSiblings(tree, { ...rest, proof: upper })).to.deep.equal([]);
  });

  it("refuses a proof of another depth", () => {
    expect(() => differingSiblings(tree, chunkTree(new Int32Array(100)).proof(1))).to.throw(
      RangeError,
      "A proof of 2 siblings is of another tree than one of 3 levels",
    );
  });
});
