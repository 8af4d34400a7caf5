import { expect } from "chai";
import { createChainClock } from "../../trainer/chain/chainClock.ts";

/** A clock whose wall and steady time the test sets. */
function aClock(confirmations: number, wall: number) {
  const at = { wall, steady: 0 };
  const clock = createChainClock(
    confirmations,
    () => at.wall,
    () => at.steady,
  );
  const passes = (seconds: number) => {
    at.wall += seconds;
    at.steady += seconds;
  };
  return { clock, passes };
}

describe("The chain's clock", () => {
  it("goes on from the last block, also where the chain is not at the wall's time", () => {
    for (const wall of [1_000, 990, 1_010, 99_000]) {
      const { clock, passes } = aClock(0, wall);
      clock.seen(1_000);
      passes(5);
      expect(clock.now(), `wall ${wall}`).to.equal(1_005);
      clock.seen(1_000);
      expect(clock.now(), "the same block is no news").to.equal(1_005);
      clock.seen(1_012);
      expect(clock.now()).to.equal(1_012);
    }
  });

  it("is the wall's where blocks are old when they count, unless the two are far apart", () => {
    const { clock, passes } = aClock(2, 1_030);
    clock.seen(1_000);
    expect(clock.now()).to.equal(1_030);
    passes(4);
    expect(clock.now()).to.equal(1_034);
    for (const wall of [500, 50_000]) {
      const far = aClock(2, wall);
      far.clock.seen(1_000);
      expect(far.clock.now(), `wall ${wall}`).to.equal(1_000);
    }
  });

  it("shows 0 before any block", () => {
    expect(aClock(0, 1_000).clock.now()).to.equal(0);
  });
});
