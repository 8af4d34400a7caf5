import { expect } from "chai";
import { lanesProduct, largestLane, squaredDistances } from "../../../trainer/learning/strategies/lanesProduct.ts";
import { randomLanes, seededRandom } from "../../support/seededRandom.ts";
import { rejection } from "../rejection.ts";

const [LEAST, MOST] = [-(2 ** 31), 2 ** 31 - 1];

function byBigInt(a: Int32Array, b: Int32Array): bigint {
  return a.reduce((sum, lane, i) => sum + BigInt(lane) * BigInt(b[i]!), 0n);
}

describe("lanesProduct", () => {
  const random = seededRandom("lanes");

  it("is exact for any lanes", () => {
    for (const length of [0, 1, 63, 64, 65, 5_000]) {
      const [a, b] = [randomLanes(random, length), randomLanes(random, length)];
      const largest = largestLane(a) * largestLane(b);
      expect(lanesProduct(a, b)).to.equal(byBigInt(a, b));
      expect(lanesProduct(a, b, largest)).to.equal(byBigInt(a, b));
    }
  });

  it("is exact for lanes of every size, whichever way it goes", () => {
    for (let bits = 1; bits <= 31; bits++) {
      const lane = () => (random.uint32() % 2 ** bits) - 2 ** (bits - 1);
      const [a, b] = [1, 2].map(() => Int32Array.from({ length: 5_000 }, lane));
      expect(lanesProduct(a!, b!, largestLane(a!) * largestLane(b!)), `${bits} bits`).to.equal(byBigInt(a!, b!));
    }
  });

  for (const [x, y] of [
    [LEAST, LEAST],
    [LEAST, MOST],
    [MOST, MOST],
    [-1, LEAST],
    [2 ** 26 - 1, 2 ** 21 - 1],
  ] as const) {
    it(`does not lose a unit of ${x} times ${y} in more lanes than a block has`, () => {
      const length = 2 ** 20 + 3;
      const [a, b] = [new Int32Array(length).fill(x), new Int32Array(length).fill(y)];
      const exact = BigInt(length) * BigInt(x) * BigInt(y);
      expect(lanesProduct(a, b)).to.equal(exact);
      expect(lanesProduct(a, b, largestLane(a) * largestLane(b))).to.equal(exact);
    });
  }

  it("does not lose one in as many lanes as a model of four million parameters has", () => {
    const lanes = new Int32Array(2 ** 22 + 3).fill(MOST);
    expect(lanesProduct(lanes, lanes)).to.equal(BigInt(lanes.length) * BigInt(MOST) ** 2n);
  });

  it("refuses vectors of different lengths", () => {
    expect(() => lanesProduct(new Int32Array(3), new Int32Array(4))).to.throw(RangeError, "3 and 4 lanes");
  });
});

describe("squaredDistances", () => {
  const random = seededRandom("distances");

  it("are exact between all, and the same from either side", async () => {
    const vectors = Array.from({ length: 5 }, () => randomLanes(random, 100));
    const table = await squaredDistances(vectors);
    for (const [i, a] of vectors.entries()) {
      for (const [j, b] of vectors.entries()) {
        const exact = a.reduce((sum, lane, at) => sum + (BigInt(lane) - BigInt(b[at]!)) ** 2n, 0n);
        expect(table[i]![j]).to.equal(exact);
      }
    }
  });

  it("let the event loop run, and stop when told to", async () => {
    const stop = new AbortController();
    setImmediate(() => stop.abort(new Error("the round is over")));
    const vectors = Array.from({ length: 20 }, () => new Int32Array(500_000).fill(MOST));
    const started = performance.now();
    const error = await rejection(squaredDistances(vectors, stop.signal));
    expect(error.message).to.equal("the round is over");
    expect(performance.now() - started).to.be.lessThan(1_000);
  });
});
