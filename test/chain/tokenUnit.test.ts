import { expect } from "chai";
import { readAmount } from "../../trainer/chain/tokenUnit.ts";

describe("Amounts as people write them", () => {
  it("are read to the last digit of the token", () => {
    expect(readAmount("12.5", { decimals: 18 })).to.equal(125n * 10n ** 17n);
    expect(readAmount("0.000001", { decimals: 6 })).to.equal(1n);
    expect(readAmount("7", { decimals: 0 })).to.equal(7n);
  });

  it("are none when they are not positive, finer than the token, or written in another way", () => {
    for (const text of [
      "",
      "0",
      "0.0",
      "-1",
      "+1",
      "1e3",
      "1,5",
      "1.",
      ".5",
      " 1",
      "0x10",
      "1".repeat(31),
      "0.0000001",
    ]) {
      expect(readAmount(text, { decimals: 6 }), JSON.stringify(text)).to.equal(undefined);
    }
  });
});
