import { expect } from "chai";
import type { FoedusToken } from "../../trainer/chain/contracts.ts";
import { readAmount, unitOf } from "../../trainer/chain/tokenUnit.ts";
import { rejection } from "../support/rejection.ts";

describe("The unit of a token", () => {
  const token = (decimals: bigint, symbol = "FDS") =>
    ({ symbol: async () => symbol, decimals: async () => decimals }) as unknown as FoedusToken;

  it("writes amounts as the token says, under a name that cannot run on", async () => {
    expect((await unitOf(token(18n))).text(125n * 10n ** 17n)).to.equal("12.5 FDS");
    expect((await unitOf(token(0n, "\u202e".repeat(99)))).text(5n)).to.equal(`5 ${"?".repeat(12)}`);
  });

  it("is none of a token with more digits than can be written", async () => {
    expect((await rejection(unitOf(token(255n)), RangeError)).message).to.include("255 digits");
  });
});

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
