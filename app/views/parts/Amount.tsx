/** An amount of a token, with the symbol that the token gives itself. */
import { tokenAt } from "../../../trainer/chain/contracts.ts";
import { unitOf } from "../../../trainer/chain/tokenUnit.ts";
import type { Unit } from "../../../trainer/chain/tokenUnit.ts";
import { signal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { chain } from "../../chain/node.ts";
import type { Chain } from "../../chain/node.ts";
import { number } from "../../words/words.ts";

const units = new WeakMap<Chain, Map<string, Signal<Unit | undefined>>>();

/** How a token counts; undefined until that is known. */
export function unitOfToken(token: string): Unit | undefined {
  const read = chain.value;
  if (read === undefined) return undefined;
  const known = units.get(read) ?? new Map<string, Signal<Unit | undefined>>();
  units.set(read, known);
  const unit = known.get(token) ?? signal<Unit | undefined>(undefined);
  if (!known.has(token)) {
    known.set(token, unit);
    unitOf(tokenAt(token, read.provider)).then(
      (found) => (unit.value = found),
      // What tells no unit is shown in its smallest.
      () => (unit.value = { symbol: "?", decimals: 0, number: String, text: String }),
    );
  }
  return unit.value;
}

/** Digits behind the point; the whole amount is a pointer away. */
const DIGITS = 4;

export function Amount(props: {
  readonly wei: bigint;
  readonly token: string;
  readonly text?: (amount: string) => string;
}) {
  const { wei, token, text = String } = props;
  const unit = unitOfToken(token);
  if (unit === undefined) return <span class="amount">…</span>;
  return (
    <span class="amount" title={unit.text(wei)}>
      {text(`${rounded(wei, unit.decimals)} ${unit.symbol}`)}
    </span>
  );
}

/** To the nearest of the digits that are shown, in whole numbers; as the language writes it. */
function rounded(wei: bigint, decimals: number): string {
  const dropped = 10n ** BigInt(Math.max(0, decimals - DIGITS));
  const kept = decimals - Math.max(0, decimals - DIGITS);
  const units = (wei + dropped / 2n) / dropped;
  const whole = units / 10n ** BigInt(kept);
  const rest = (units % 10n ** BigInt(kept)).toString().padStart(kept, "0").replace(/0+$/, "");
  return rest === "" ? number(whole) : `${number(whole)}${decimalPoint()}${rest}`;
}

function decimalPoint(): string {
  return number(0.5).replace(/\d/g, "");
}
