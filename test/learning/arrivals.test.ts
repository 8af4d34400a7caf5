import { expect } from "chai";
import { atOwnPace, inRounds } from "../../trainer/learning/arrivals.ts";
import type { Arrival } from "../../trainer/learning/arrivals.ts";
import { createRandom } from "../../trainer/learning/random.ts";
import { seededRandom } from "../support/seededRandom.ts";

function rounds(arrivals: Generator<Arrival[], never>, count: number): Arrival[][] {
  return Array.from({ length: count }, () => arrivals.next().value);
}

describe("arrivals in rounds", () => {
  it("draw so many different clients each time, everybody now and then", () => {
    const drawn = rounds(inRounds(10, 4, seededRandom("rounds")), 100);
    for (const [i, round] of drawn.entries()) {
      expect(new Set(round.map(({ client }) => client)).size).to.equal(4);
      expect(round.every(({ startedIn }) => startedIn === i + 1)).to.equal(true);
    }
    expect(new Set(drawn.flat().map(({ client }) => client)).size).to.equal(10);
  });

  it("are the same from the same seed", () => {
    expect(rounds(inRounds(10, 4, createRandom(1)), 5)).to.deep.equal(rounds(inRounds(10, 4, createRandom(1)), 5));
  });
});

describe("arrivals at their own pace", () => {
  const random = seededRandom("pace");

  it("fill each round with different clients, some of whom started rounds ago, none too long ago", () => {
    for (const [active, mostStaleness] of [
      [10, 3],
      [4, 100],
      [1, 0],
      [10, 0],
    ] as const) {
      const played = rounds(atOwnPace(10, 4, active, { mostStaleness }, random), 200);
      const staleness = played.flatMap((round, i) => round.map(({ startedIn }) => i + 1 - startedIn));
      for (const round of played) expect(new Set(round.map(({ client }) => client)).size).to.equal(4);
      expect(Math.min(...staleness)).to.be.at.least(0);
      expect(Math.max(...staleness)).to.be.at.most(mostStaleness);
      if (active > 4) expect(Math.max(...staleness)).to.be.at.least(Math.min(1, mostStaleness));
    }
  });

  it("say when there are too few clients", () => {
    expect(() => rounds(atOwnPace(3, 4, 3, { mostStaleness: 9 }, random), 1)).to.throw(RangeError, "3 clients");
  });
});
