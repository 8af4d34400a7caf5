import { expect } from "chai";
import { SumCouldOverflowError, checkNoOverflow } from "../../trainer/protocol/overflow.ts";
import type { SumLimits } from "../../trainer/protocol/overflow.ts";

const SEALED = { cohorts: 0, trim: 0 };
const DEFAULTS: SumLimits = { maxTrainers: 64, ...SEALED, maxWeight: 31, clip: 1, fractionBits: 20 };

describe("overflow: checkNoOverflow", () => {
  it("passes the defaults", () => {
    expect(() => checkNoOverflow(DEFAULTS)).to.not.throw();
  });

  it("refuses a sum of exactly 2^31 and passes one lane less", () => {
    expect(() => checkNoOverflow({ ...DEFAULTS, maxWeight: 32 })).to.throw(SumCouldOverflowError);
    expect(() => checkNoOverflow({ ...DEFAULTS, maxTrainers: 1, maxWeight: 1, clip: 2, fractionBits: 30 })).to.throw(
      SumCouldOverflowError,
    );
    expect(() =>
      checkNoOverflow({ ...DEFAULTS, maxTrainers: 1, maxWeight: 2 ** 31 - 1, clip: 0.5, fractionBits: 1 }),
    ).to.not.throw();
    expect(() =>
      checkNoOverflow({ ...DEFAULTS, maxTrainers: 1, maxWeight: 2 ** 31, clip: 0.5, fractionBits: 1 }),
    ).to.throw(SumCouldOverflowError);
  });

  it("names, for each number, the largest that fits", () => {
    const limits = { ...DEFAULTS, maxWeight: 100 };
    const suggested = suggestionsFor(limits);
    expect(Object.keys(suggested)).to.deep.equal(["maxTrainers", "maxWeight", "clip", "fractionBits"]);
    const step = { maxTrainers: 1, maxWeight: 1, clip: 2 ** -20, fractionBits: 1 };
    for (const [name, value] of Object.entries(suggested) as [keyof typeof step, number][]) {
      expect(() => checkNoOverflow({ ...limits, [name]: value }), name).to.not.throw();
      expect(() => checkNoOverflow({ ...limits, [name]: value + step[name] }), name).to.throw(SumCouldOverflowError);
    }
  });

  it("suggests nothing that would be refused", () => {
    for (const limits of [
      { ...DEFAULTS, maxTrainers: 2 ** 20, maxWeight: 2 ** 20 },
      { ...DEFAULTS, maxTrainers: 2 ** 16, maxWeight: 2 ** 15, clip: 0.001 },
      { ...DEFAULTS, maxTrainers: 1, maxWeight: 2 ** 20, clip: 2048 },
      { ...DEFAULTS, maxTrainers: 9, cohorts: 3, trim: 1, maxWeight: 2 ** 20 },
    ]) {
      for (const [name, value] of Object.entries(suggestionsFor(limits))) {
        expect(() => checkNoOverflow({ ...limits, [name]: value }), name).to.not.throw();
      }
    }
  });

  it("says so when no single number helps", () => {
    const limits = { ...DEFAULTS, maxTrainers: 2 ** 31, maxWeight: 2 ** 31 };
    expect(() => checkNoOverflow(limits)).to.throw(SumCouldOverflowError, "Lower several of them.");
  });

  it("counts all cohorts' updates where their sums are added, and names a number of trainers that they can share", () => {
    const limits = { ...DEFAULTS, cohorts: 3, maxTrainers: 96, maxWeight: 100 };
    expect(() => checkNoOverflow({ ...limits, maxWeight: 21 })).to.not.throw();
    expect(() => checkNoOverflow({ ...limits, maxWeight: 22 })).to.throw(SumCouldOverflowError);
    expect(suggestionsFor(limits).maxTrainers, "20 would fit").to.equal(18);
  });

  it("counts one cohort's updates where their means are compared", () => {
    const limits = { ...DEFAULTS, cohorts: 3, trim: 1, maxTrainers: 96, maxWeight: 100 };
    expect(() => checkNoOverflow({ ...limits, maxWeight: 63 })).to.not.throw();
    expect(() => checkNoOverflow({ ...limits, maxWeight: 64 })).to.throw(SumCouldOverflowError);
    const suggested = suggestionsFor(limits);
    expect(suggested).to.deep.include({ maxTrainers: 60, maxWeight: 63 });
    expect(() => checkNoOverflow({ ...limits, clip: suggested.clip! })).to.not.throw();
    expect(() => checkNoOverflow({ ...limits, clip: suggested.clip! + 2 ** -20 })).to.throw(SumCouldOverflowError);
  });

  it("counts the means, where there are more of them than a cohort has units of data", () => {
    const limits = { maxTrainers: 24, cohorts: 8, trim: 3, maxWeight: 1, fractionBits: 20 };
    expect(() => checkNoOverflow({ ...limits, clip: 256 - 2 ** -20 })).to.not.throw();
    expect(suggestionsFor({ ...limits, clip: 256 }), "fewer or lighter trainers do not help").to.deep.equal({
      ...{ clip: 256 - 2 ** -20, fractionBits: 19 },
    });
  });

  it("refuses what is no count and no lane", () => {
    for (const count of [0, -1, 1.5, NaN, Infinity]) {
      expect(() => checkNoOverflow({ ...DEFAULTS, maxTrainers: count })).to.throw(RangeError, "maxTrainers");
      expect(() => checkNoOverflow({ ...DEFAULTS, maxWeight: count })).to.throw(RangeError, "maxWeight");
    }
    expect(() => checkNoOverflow({ ...DEFAULTS, clip: 0 })).to.throw(RangeError, "Clip is 0");
    expect(() => checkNoOverflow({ ...DEFAULTS, fractionBits: 31 })).to.throw(RangeError, "Fraction bits are 31");
  });
});

/** Reads "name value" pairs out of the error's last sentence. */
function suggestionsFor(limits: SumLimits): Partial<SumLimits> {
  try {
    checkNoOverflow(limits);
  } catch (error) {
    if (!(error instanceof SumCouldOverflowError)) throw error;
    const [, list = ""] = error.message.split("would fit: ");
    const pairs = [...list.matchAll(/(\w+) ([\d.e-]*\d)/g)];
    return Object.fromEntries(pairs.map(([, name, value]) => [name, Number(value)])) as Partial<SumLimits>;
  }
  throw new Error("These limits fit");
}
