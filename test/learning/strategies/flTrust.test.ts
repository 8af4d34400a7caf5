import { expect } from "chai";
import { flTrust } from "../../../trainer/learning/strategies/flTrust.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { aTaskWith } from "./aTask.ts";
import { updatesOf } from "./someUpdates.ts";

describe("FLTrust", () => {
  const { select, server } = flTrust.plan({ root: "trainer 2", mostTimes: 3 }, aTaskWith());

  it("counts whom the paper trusts, ReLU(cos(g_i, g_0)) > 0, unless much longer than the root's", async () => {
    const random = seededRandom("updates");
    const vectors = Array.from({ length: 40 }, () => {
      const length = 10 ** (1 + 5 * random.uniform());
      return Array.from({ length: 8 }, () => Math.round(length * random.normal()));
    });
    const root = vectors[2]!;
    const expected = vectors.flatMap((vector, seat) => {
      const cosine =
        vector.reduce((sum, lane, i) => sum + lane * root[i]!, 0) / Math.hypot(...vector) / Math.hypot(...root);
      return Math.max(0, cosine) > 0 && Math.hypot(...vector) <= 3 * Math.hypot(...root) ? [seat] : [];
    });
    expect(expected.length).to.be.within(2, 38);
    expect(await select?.(updatesOf(vectors))).to.deep.equal(expected);
  });

  it("decides to the last unit", async () => {
    const updates = updatesOf([
      [3, 0],
      [3, 1],
      [1, 0],
      [0, 5],
      [-1, 9],
      [1, -2],
      [2, 2],
    ]);
    expect(await select?.(updates)).to.deep.equal([0, 2, 5, 6]);
  });

  it("counts nobody in a round without the root, or with a root that did not move", async () => {
    expect(await select?.(updatesOf([[1], [1]]))).to.deep.equal([]);
    expect(await select?.(updatesOf([[1], [1], [0]]))).to.deep.equal([]);
    expect(server).to.deep.equal({ rule: "Uniform" });
  });
});
