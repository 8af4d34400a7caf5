/** An amount of a token, with the symbol that the token gives itself. */
import { tokenAt } from "../../../trainer/chain/contracts.ts";
import { unitOf } from "../../../trainer/chain/tokenUnit.ts";
import type { Unit } from "../../../trainer/chain/tokenUnit.ts";
import { signal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { chain } from "../../chain/node.ts";
import type { Chain } from "../../chain/node.ts";
import { number, words } from "../../words/words.ts";

type KnownUnit = Unit | "unreadable" | undefined;

const units = new WeakMap<Chain, Map<string, Signal<KnownUnit>>>();
/** After which a token that has not said how it counts is asked again. */
const ASK_AGAIN_MS = 10_000;

/** How a token counts; undefined until that is known, for nothing may be typed or agreed to by a guess. */
export function unitOfToken(token: string): Unit | undefined {
  const unit = askedUnit(token);
  return unit === "unreadable" ? undefined : unit;
}

/**
 * Writes amounts of a token whole: in smallest units where the token does not say how it counts.
 * @returns undefined until that is known.
 */
export function amountText(token: string): ((wei: bigint) => string) | undefined {
  const unit = askedUnit(token);
  if (unit === "unreadable") return (wei) => words.value.page.smallestUnits(number(wei));
  return unit?.text;
}

function askedUnit(token: string): KnownUnit {
  const read = chain.value;
  if (read === undefined) return undefined;
  const known = units.get(read) ?? new Map<string, Signal<KnownUnit>>();
  units.set(read, known);
  const unit = known.get(token) ?? signal<KnownUnit>(undefined);
  if (!known.has(token)) {
    known.set(token, unit);
    unitOf(tokenAt(token, read.provider)).then(
      (found) => (unit.value = found),
      () => {
        unit.value = "unreadable";
        setTimeout(() => {
          known.delete(token);
          unit.value = undefined; // whoever still shows it asks again
        }, ASK_AGAIN_MS);
      },
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
  const w = words.value.page;
  const unit = askedUnit(token);
  // A sentence may be broken into lines, an amount not.
  const look = props.text === undefined ? "amount" : "amount sentence";
  if (unit === undefined) {
    return (
      <span class={look} title={w.unknownAmount}>
        …
      </span>
    );
  }
  if (unit === "unreadable") {
    return (
      <span class={look} title={w.noUnit}>
        {text(w.smallestUnits(number(wei)))}
      </span>
    );
  }
  return (
    <span class={look} title={unit.text(wei)}>
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
