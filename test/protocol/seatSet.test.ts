import { expect } from "chai";
import { seatBits, seatsIn } from "../../trainer/protocol/seatSet.ts";
import { seededRandom } from "../support/seededRandom.ts";

describe("A set of seats", () => {
  it("has a bit for each seat", () => {
    expect(seatBits([])).to.equal(0n);
    expect(seatBits([3, 0])).to.equal(0b1001n);
    expect(seatsIn(1n << 255n)).to.deep.equal([255]);
  });

  it("comes back from its word, ascending and each seat once", () => {
    const random = seededRandom("sets");
    for (let trial = 0; trial < 100; trial++) {
      const seats = Array.from({ length: random.below(40) }, () => random.below(256));
      expect(seatsIn(seatBits(seats))).to.deep.equal([...new Set(seats)].sort((a, b) => a - b));
    }
  });
});
