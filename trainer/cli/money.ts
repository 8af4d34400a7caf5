/** Amounts of a token as they are given on the command line. */
import { InvalidArgumentError } from "commander";
import { readAmount } from "../chain/tokenUnit.ts";
import type { Unit } from "../chain/tokenUnit.ts";

/** Reads an amount of tokens. @throws InvalidArgumentError if it is no positive amount. */
export function parseAmount(text: string, unit: Unit): bigint {
  const wei = readAmount(text, unit);
  if (wei === undefined) {
    throw new InvalidArgumentError(
      `${JSON.stringify(text.slice(0, 40))} is no amount of ${unit.symbol}. Write it like 12.5.`,
    );
  }
  return wei;
}
