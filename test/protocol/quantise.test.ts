import { expect } from "chai";
import {
  INT32_MAX,
  INT32_MIN,
  LaneOverflowError,
  NotFiniteError,
  dequantise,
  laneBound,
  quantise,
  weigh,
} from "../../trainer/protocol/quantise.ts";
import { seededRandom } from "../support/seededRandom.ts";
import { referenceQuantise } from "../vectors/reference.ts";

const DELTA = { fractionBits: 20, clip: 1 };
const STEP = 2 ** -20;

describe("quantise: quantise", () => {
  it("takes halves away from zero", () => {
    const values = Float32Array.of(0.5, -0.5, 1.5, -1.5, 2.5, -2.5).map((x) => x * STEP);
    expect([...quantise(values, DELTA)]).to.deep.equal([1, -1, 2, -2, 3, -3]);
  });

  it("takes everything else to the nearest lane", () => {
    const values = Float32Array.of(0.49, -0.49, 0.51, -0.51, 7, -7).map((x) => x * STEP);
    expect([...quantise(values, DELTA)]).to.deep.equal([0, 0, 1, -1, 7, -7]);
  });

  it("clamps to plus and minus clip", () => {
    const lanes = quantise(Float32Array.of(1, -1, 1.01, -1.01, 3e38, -3e38), DELTA);
    expect([...lanes]).to.deep.equal([2 ** 20, -(2 ** 20), 2 ** 20, -(2 ** 20), 2 ** 20, -(2 ** 20)]);
  });

  it("rounds a clip that is no whole number of steps, halves up", () => {
    expect([...quantise(Float32Array.of(9, -9), { fractionBits: 1, clip: 0.75 })]).to.deep.equal([2, -2]);
  });

  it("saturates at the int32 range when the clip is its end", () => {
    const lanes = quantise(Float32Array.of(2048, -2048, 9999, -9999), { fractionBits: 20, clip: 2048 });
    expect([...lanes]).to.deep.equal([INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN]);
  });

  for (const value of [NaN, Infinity, -Infinity]) {
    it(`refuses ${value}, names its place and says what to do`, () => {
      expect(() => quantise(Float32Array.of(0, 0.5, value, NaN), DELTA))
        .to.throw(NotFiniteError, `Value 2 is ${value}. Training has diverged: lower the learning rate`)
        .with.property("index", 2);
    });
  }

  it("is odd: a value and its negative have opposite lanes", () => {
    const random = seededRandom("odd");
    const values = Float32Array.from({ length: 10_000 }, () => random.normal() * 10 ** (random.below(12) - 10));
    const mirrored = quantise(
      values.map((x) => -x),
      DELTA,
    );
    expect([...quantise(values, DELTA)]).to.deep.equal([...mirrored].map((lane) => 0 - lane));
  });

  it("is exact on any float32", () => {
    const random = seededRandom("exact");
    for (const [fractionBits, clip] of [
      [1, 0.5],
      [20, 1],
      [20, 2048],
      [30, 2],
      [8, 2 ** 23],
    ] as const) {
      const bits = Uint32Array.from({ length: 4000 }, (_, i) =>
        // Half of them anywhere, half of them near the size of a lane, where rounding matters.
        i % 2 === 0
          ? random.uint32()
          : new Uint32Array(Float32Array.of((random.normal() * 8) / 2 ** fractionBits).buffer)[0]!,
      );
      const values = new Float32Array(bits.buffer).map((x) => (Number.isFinite(x) ? x : 0));
      expect([...quantise(values, { fractionBits, clip })], `f ${fractionBits}, c ${clip}`).to.deep.equal([
        ...referenceQuantise(values, fractionBits, clip),
      ]);
    }
  });

  it("loses at most half a step on the way there and back", () => {
    const random = seededRandom("there and back");
    const values = Float32Array.from({ length: 10_000 }, () => 2 * random.uniform() - 1);
    const back = dequantise(quantise(values, DELTA), 20);
    for (const [i, value] of values.entries()) expect(Math.abs(back[i]! - value)).to.be.at.most(STEP / 2);
  });

  it("refuses fraction bits and clips that make no lane", () => {
    const none = new Float32Array(0);
    for (const fractionBits of [0, 31, 1.5, -1, NaN]) {
      expect(() => quantise(none, { fractionBits, clip: 1 })).to.throw(RangeError, "an integer from 1 to 30");
    }
    for (const clip of [0, -1, NaN, Infinity]) {
      expect(() => quantise(none, { fractionBits: 20, clip })).to.throw(RangeError, "must be a positive number");
    }
    expect(() => quantise(none, { fractionBits: 20, clip: 2049 })).to.throw(RangeError, "Use a clip up to 2048");
    expect(() => quantise(none, { fractionBits: 1, clip: 0.1 })).to.throw(RangeError, "leaves only zero");
  });
});

describe("quantise: laneBound", () => {
  it("is clip times 2^fractionBits, rounded", () => {
    expect(laneBound(DELTA)).to.equal(2 ** 20);
    expect(laneBound({ fractionBits: 20, clip: 2048 })).to.equal(2 ** 31);
    expect(laneBound({ fractionBits: 1, clip: 0.25 })).to.equal(1);
  });
});

describe("quantise: dequantise", () => {
  it("divides by 2^fractionBits", () => {
    expect([...dequantise(Int32Array.of(1, -3, INT32_MIN), 1)]).to.deep.equal([0.5, -1.5, -(2 ** 30)]);
  });

  it("refuses fraction bits out of range", () => {
    expect(() => dequantise(new Int32Array(1), 31)).to.throw(RangeError, "an integer from 1 to 30");
  });
});

describe("quantise: weigh", () => {
  it("multiplies every lane, up to the ends of the range", () => {
    const weighted = weigh(Int32Array.of(3, -3, 0, 69273666, -(2 ** 26)), 31);
    expect([...weighted]).to.deep.equal([93, -93, 0, 2147483646, -2080374784]);
    expect([...weigh(Int32Array.of(1, -1), INT32_MAX)]).to.deep.equal([INT32_MAX, -INT32_MAX]);
    expect([...weigh(Int32Array.of(-(2 ** 30)), 2)]).to.deep.equal([INT32_MIN]);
  });

  it("leaves the delta as it was", () => {
    const delta = Int32Array.of(5);
    weigh(delta, 3);
    expect([...delta]).to.deep.equal([5]);
  });

  it("refuses the first lane that would overflow, at either end", () => {
    expect(() => weigh(Int32Array.of(1, 2 ** 30, INT32_MAX), 2))
      .to.throw(LaneOverflowError, "Lane 1: 1073741824 times weight 2 does not fit in 32 bits. Use a smaller clip")
      .with.property("index", 1);
    expect(() => weigh(Int32Array.of(-(2 ** 30) - 1), 2)).to.throw(LaneOverflowError);
    expect(() => weigh(Int32Array.of(INT32_MIN), INT32_MAX)).to.throw(LaneOverflowError);
  });

  it("refuses a weight that is no count", () => {
    for (const weight of [0, -1, 1.5, NaN, 2 ** 31]) {
      expect(() => weigh(Int32Array.of(1), weight)).to.throw(RangeError, "an integer from 1 to 2147483647");
    }
  });
});
