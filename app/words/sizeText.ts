/** A number of bytes with the unit that makes it short: 12 B, 4.8 kB, 1.2 MB. */
import { number } from "./words.ts";

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function sizeText(bytes: number): string {
  const whole = Math.max(0, bytes);
  let step = whole < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(whole) / 3));
  // What is rounded up to a thousand has the next unit.
  if (step < UNITS.length - 1 && Number((whole / 1_000 ** step).toFixed(step === 0 ? 0 : 1)) >= 1_000) step++;
  return `${number(whole / 1_000 ** step, step === 0 ? 0 : 1)} ${UNITS[step]}`;
}
