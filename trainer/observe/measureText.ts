// Measures as people read them: amounts of tokens, bytes, seconds, gas, shares. Thousands are parted by a thin,
// unbreakable space (U+202F, SI brochure 5.4.4) in pages, by an ordinary one where a column must line up.

export const THIN_SPACE = "\u202f";

/** Digits in threes: 1234567 is "1 234 567". */
export function groupDigits(value: number | bigint, separator = THIN_SPACE): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, separator);
}

/**
 * Token units as decimal text, exactly: ("1500000000000000000", 18) is "1.5". With `places`, cut (not rounded, so that
 * nobody is shown more than there is) to so many decimal places; an amount too small to show is "<0.01". With
 * `minPlaces`, zeros fill a column up to so many.
 */
export function formatTokenAmount(
  units: string | bigint,
  decimals: number,
  {
    places = decimals,
    minPlaces = 0,
    separator = THIN_SPACE,
  }: { places?: number; minPlaces?: number; separator?: string } = {},
): string {
  const value = BigInt(units);
  const magnitude = value < 0n ? -value : value;
  const sign = value < 0n ? "−" : "";
  const one = 10n ** BigInt(decimals);
  const whole = magnitude / one;
  const kept = Math.min(places, decimals);
  const shown = (magnitude % one) / 10n ** BigInt(decimals - kept);
  if (magnitude > 0n && whole === 0n && shown === 0n) {
    return kept === 0 ? `${sign}<1` : `${sign}<0.${"0".repeat(kept - 1)}1`;
  }
  const significant = shown === 0n ? "" : shown.toString().padStart(kept, "0").replace(/0+$/, "");
  const digits = significant.padEnd(Math.min(minPlaces, kept), "0");
  return `${sign}${groupDigits(whole, separator)}${digits === "" ? "" : `.${digits}`}`;
}

/** Decimal places that the amounts of a column need so that none of them is cut: for `minPlaces`. */
export function decimalPlacesNeeded(amounts: readonly (string | bigint)[], decimals: number): number {
  return Math.max(
    0,
    ...amounts.map((units) => formatTokenAmount(units, decimals, { separator: "" }).split(".")[1]?.length ?? 0),
  );
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Bytes in decimal units (1 kB = 1000 B), three significant digits. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be shown as 1000: it belongs to the next unit.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** Seconds as one reads them: "0.42 s", "12.3 s", "3 min 05 s", "2 h 07 min". */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** An estimate, without digits that it does not have: "3 s", "2 min", "1 h 20 min". */
export function formatEstimate(seconds: number): string {
  if (seconds < 59.5) return `${Math.ceil(seconds)} s`;
  if (seconds < 3570) return `${Math.round(seconds / 60)} min`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** A fraction as percent, rounded down at the top so that only all of it is 100%. */
export function formatPercent(fraction: number, digits = 0): string {
  const scale = 10 ** digits;
  const rounded = Math.round(fraction * 100 * scale) / scale;
  const shown = rounded >= 100 && fraction < 1 ? 100 - 1 / scale : rounded;
  return `${shown.toFixed(digits)}%`;
}

/** What a number says of a model: "AUC", or "MAE" in thousand passengers. */
export interface Measured {
  readonly name: string;
  readonly unit?: string | undefined;
}

/** Without its unit: accuracy in percent, what has no unit to three decimals, the rest to three digits; null is "–". */
export function formatScore(score: number | null, { name, unit }: Measured): string {
  if (score === null || !Number.isFinite(score)) return "–";
  if (name === "accuracy") return formatPercent(score, 2);
  if (unit === undefined) return score.toFixed(3).replace("-", "−");
  return Math.abs(score) < 999.5 ? score.toPrecision(3) : groupDigits(Math.round(score));
}

/** "accuracy 97.34%", "AUC 0.993", "MAE 0.912 thousand passengers". */
export function scoreText(score: number | null, measure: Measured): string {
  const unit = measure.unit === undefined ? "" : ` ${measure.unit}`;
  return `${measure.name} ${formatScore(score, measure)}${unit}`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
