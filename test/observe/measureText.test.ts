import { expect } from "chai";
import {
  decimalPlacesNeeded,
  formatBytes,
  formatEstimate,
  formatPercent,
  formatScore,
  formatSeconds,
  formatTokenAmount,
  groupDigits,
  scoreText,
} from "../../trainer/observe/measureText.ts";

describe("measureText", () => {
  it("parts thousands", () => {
    expect([0, 999, 1000, 1234567].map((value) => groupDigits(value, " "))).to.deep.equal([
      "0",
      "999",
      "1 000",
      "1 234 567",
    ]);
    expect(groupDigits(1000)).to.equal("1\u202f000");
  });

  const separator = " ";
  const amounts: [string, number, object, string][] = [
    ["0", 18, {}, "0"],
    ["1500000000000000000", 18, {}, "1.5"],
    ["1", 18, {}, "0.000000000000000001"],
    ["1", 18, { places: 2 }, "<0.01"],
    ["1", 18, { places: 0 }, "<1"],
    ["1999999999999999999", 18, { places: 2 }, "1.99"],
    ["2000000000000000001", 18, { places: 2 }, "2"],
    ["1234567000000000000000000", 18, { minPlaces: 2 }, "1 234 567.00"],
    ["1050", 3, { minPlaces: 3 }, "1.050"],
    ["42", 0, { places: 2, minPlaces: 2 }, "42"],
    ["-1500", 3, {}, "−1.5"],
    [(2n ** 256n - 1n).toString(), 0, { separator: "" }, (2n ** 256n - 1n).toString()],
  ];
  for (const [units, decimals, options, text] of amounts) {
    it(`writes ${units} with ${decimals} decimals ${JSON.stringify(options)} as ${text}`, () => {
      expect(formatTokenAmount(units, decimals, { separator, ...options })).to.equal(text);
    });
  }

  it("finds how many decimal places a column needs", () => {
    expect(decimalPlacesNeeded(["1000", "1050", "0"], 3)).to.equal(2);
    expect(decimalPlacesNeeded([], 3)).to.equal(0);
  });

  it("writes bytes in decimal units without ever showing 1000 of one", () => {
    const texts = [0, 999, 999.6, 1000, 12_345, 999_499, 999_600, 10_212_400, 5e15, 5e18].map(formatBytes);
    expect(texts).to.deep.equal([
      "0 B",
      "999 B",
      "1.00 kB",
      "1.00 kB",
      "12.3 kB",
      "999 kB",
      "1.00 MB",
      "10.2 MB",
      "5.00 PB",
      "5000 PB",
    ]);
  });

  it("writes seconds as people read them", () => {
    expect([0, 0.421, 9.996, 59.94, 59.96, 185, 3599.6, 7620].map(formatSeconds)).to.deep.equal([
      "0.00 s",
      "0.42 s",
      "10.0 s",
      "59.9 s",
      "1 min 00 s",
      "3 min 05 s",
      "1 h 00 min",
      "2 h 07 min",
    ]);
    expect([0, 2.1, 59.6, 100, 3580, 4800].map(formatEstimate)).to.deep.equal([
      "0 s",
      "3 s",
      "1 min",
      "2 min",
      "1 h 00 min",
      "1 h 20 min",
    ]);
  });

  it("shows scores as their measure is spoken of, and none where there is none", () => {
    expect(scoreText(0.97344, { name: "accuracy" })).to.equal("accuracy 97.34%");
    expect(scoreText(0.99349, { name: "AUC" })).to.equal("AUC 0.993");
    expect(scoreText(-0.25, { name: "R²" })).to.equal("R² −0.250");
    const inDays = { name: "MAE", unit: "days" };
    expect([0.91249, 12.04, 1234.5].map((score) => scoreText(score, inDays))).to.deep.equal([
      "MAE 0.912 days",
      "MAE 12.0 days",
      "MAE 1\u202f235 days",
    ]);
    for (const none of [null, NaN, Infinity]) expect(formatScore(none, inDays)).to.equal("–");
  });

  it("keeps 100% for all of it", () => {
    expect([0, 0.999, 0.9999, 1].map((fraction) => formatPercent(fraction))).to.deep.equal([
      "0%",
      "99%",
      "99%",
      "100%",
    ]);
    expect([0.97344, 0.99999, 1].map((fraction) => formatPercent(fraction, 2))).to.deep.equal([
      "97.34%",
      "99.99%",
      "100.00%",
    ]);
  });
});
