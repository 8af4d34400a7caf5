import { expect } from "chai";
import { normClipping } from "../../../trainer/learning/strategies/normClipping.ts";
import type { SeatedRound } from "../../../trainer/learning/strategies/strategy.ts";
import { quantise } from "../../../trainer/protocol/quantise.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { aTaskWith } from "./aTask.ts";
import { updatesOf } from "./someUpdates.ts";

const ROUND: SeatedRound = { declaredRows: [10], seat: 0, staleness: 0 };

describe("NormClipping", () => {
  const random = seededRandom("deltas");

  it("scales a delta as the paper, by 1 / max(1, |delta| / M)", () => {
    const { local } = normClipping.plan({ norm: 2.5 }, aTaskWith());
    expect(local?.scale?.(Float32Array.of(3, 4), ROUND)).to.equal(0.5);
    expect(local?.scale?.(Float32Array.of(0.3, 0.4), ROUND)).to.equal(1);
    expect(local?.scale?.(new Float32Array(2), ROUND)).to.equal(1);
  });

  it("counts every update that was scaled so, and none that is a little longer", async () => {
    for (const fractionBits of [4, 12, 20]) {
      const norm = 0.5 + random.uniform();
      const { local, select } = normClipping.plan({ norm }, aTaskWith({ fractionBits }));
      const deltas = Array.from({ length: 20 }, () => Float32Array.from({ length: 300 }, () => random.normal()));
      const sent = (delta: Float32Array, factor: number) =>
        quantise(
          delta.map((moved) => factor * moved),
          { fractionBits, clip: 4 },
        );
      const clipped = deltas.map((delta) => sent(delta, local!.scale!(delta, ROUND)));
      expect(await select?.(updatesOf(clipped))).to.have.length(20);
      const slack = Math.sqrt(300) / 2 ** fractionBits;
      const longer = deltas.map((delta) => sent(delta, local!.scale!(delta, ROUND) * ((norm + slack) / norm) * 1.001));
      if (fractionBits > 4) expect(await select?.(updatesOf(longer))).to.deep.equal([]);
    }
  });

  it("is not fooled by the largest lanes", async () => {
    const { select } = normClipping.plan({ norm: 1 }, aTaskWith());
    const updates = updatesOf([[2 ** 20], [-(2 ** 20)], [-(2 ** 31)], [2 ** 31 - 1]]);
    expect(await select?.(updates)).to.deep.equal([0, 1]);
  });
});
