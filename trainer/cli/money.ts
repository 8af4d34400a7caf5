/** Amounts of a token as they are given on the command line. */
import { parseUnits } from "ethers";
import { InvalidArgumentError } from "commander";
import type { Unit } from "../chain/tokenUnit.ts";

/** Reads an amount of tokens. @throws InvalidArgumentError if it is no positive amount. */
export function parseAmount(text: string, { symbol, decimals }: Unit): bigint {
  const valid = /^\d{1,30}(\.\d+)?$/.test(text) && (text.split(".")[1]?.length ?? 0) <= decimals;
  const wei = valid ? parseUnits(text, decimals) : 0n;
  if (wei === 0n) {
    throw new InvalidArgumentError(
      `${JSON.stringify(text.slice(0, 40))} is no amount of ${symbol}. Write it like 12.5.`,
    );
  }
  return wei;
}
