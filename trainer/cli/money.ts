/** Amounts of a token as people write them: "12.5 FDS". */
import { formatUnits, parseUnits } from "ethers";
import { InvalidArgumentError } from "commander";
import type { FoedusToken } from "../chain/contracts.ts";

export interface Unit {
  readonly symbol: string;
  readonly decimals: number;
  /** The amount in words. */
  text(wei: bigint): string;
}

export async function unitOf(token: FoedusToken): Promise<Unit> {
  const [symbol, decimals] = await Promise.all([token.symbol(), token.decimals()]);
  const printable = symbol.replace(/[^\x20-\x7e]/g, "?").slice(0, 12); // a token names itself
  return {
    symbol: printable,
    decimals: Number(decimals),
    text: (wei) => `${formatUnits(wei, decimals).replace(/\.0$/, "")} ${printable}`,
  };
}

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
