/** A length of time in words, in its two largest units: "2 hours, 30 minutes". */
import { language } from "./words.ts";

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

export function duration(seconds: number): string {
  const largest = UNITS.findIndex(([, length]) => seconds >= length);
  const first = largest === -1 ? UNITS.length - 1 : largest;
  let rest = Math.max(0, Math.round(seconds));
  const parts = UNITS.slice(first, first + 2).map(([unit, length]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return { unit, count };
  });
  return parts
    .filter(({ count }, index) => count > 0 || index === 0)
    .map(({ unit, count }) =>
      new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay: "long" }).format(count),
    )
    .join(language.value === "zh" ? "" : ", ");
}
