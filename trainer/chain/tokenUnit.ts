/** Amounts of a token as people write them: "12.5 FDS". */
import { formatUnits, parseUnits } from "ethers";
import type { FoedusToken } from "./contracts.ts";

export interface Unit {
  readonly symbol: string;
  readonly decimals: number;
  /** The amount as a number: "12.5". */
  number(wei: bigint): string;
  /** The amount in words: "12.5 FDS". */
  text(wei: bigint): string;
}

/** More digits than any token has; what says it has more would only break what is written with them. */
const MOST_DECIMALS = 36;

/** @throws RangeError if the token says that it has absurdly many digits, or what its calls fail with. */
export async function unitOf(token: FoedusToken): Promise<Unit> {
  const [symbol, decimals] = await Promise.all([token.symbol(), token.decimals()]);
  if (decimals > MOST_DECIMALS) throw new RangeError(`This token says it has ${decimals} digits after the point.`);
  const printable = symbol.replace(/[^\x20-\x7e]/g, "?").slice(0, 12); // a token names itself
  return unit(printable, Number(decimals));
}

/** Of a token that does not say how it is written. */
export const SMALLEST_UNITS: Unit = unit("smallest units", 0);

function unit(symbol: string, decimals: number): Unit {
  const number = (wei: bigint) => formatUnits(wei, decimals).replace(/\.0$/, "");
  return { symbol, decimals, number, text: (wei) => `${number(wei)} ${symbol}` };
}

/** Reads an amount of tokens as people write it ("12.5"); undefined if it is no positive amount of this token. */
export function readAmount(text: string, { decimals }: Pick<Unit, "decimals">): bigint | undefined {
  const isAmount = /^\d{1,30}(\.\d+)?$/.test(text) && (text.split(".")[1]?.length ?? 0) <= decimals;
  return (isAmount ? parseUnits(text, decimals) : 0n) || undefined;
}
