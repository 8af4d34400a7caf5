/**
 * Deals the rows of one data set to several trainers, for experiments: evenly (IID), or with a different mix of classes
 * for each (non-IID). The latter draws, class by class, the parts' shares from a symmetric Dirichlet distribution (Hsu
 * et al. 2019, https://arxiv.org/abs/1909.06335, in the form of Yurochkin et al. 2019 that deals out every row): a
 * large alpha is nearly IID, a small one leaves each class to one or two parts, and sizes differ too.
 */
import { createRandom } from "./random.ts";
import type { Random } from "./random.ts";

export interface DirichletOptions {
  readonly parts: number;
  /** Concentration, above 0: 100 is nearly IID, 0.5 the usual test of a federation, 0.1 extreme. */
  readonly alpha: number;
  readonly seed: number | string;
  /** Every part gets at least so many rows, if need be from the largest part; 1 unless given. */
  readonly minRows?: number;
}

/**
 * Rows 0 to `rows` - 1 in random parts whose sizes differ by one at most; each part in ascending order.
 * @throws RangeError if there are fewer rows than parts.
 */
export function partitionIid(rows: number, parts: number, seed: number | string): Uint32Array[] {
  assertEnough(rows, parts, 1);
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  createRandom(`${seed}/partition`).shuffle(order);
  return Array.from({ length: parts }, (_, part) =>
    order.slice(Math.floor((part * rows) / parts), Math.floor(((part + 1) * rows) / parts)).sort(),
  );
}

/**
 * Every row of `labels` in exactly one part; each part in ascending order. The same seed gives the same parts.
 * @throws RangeError if alpha is not positive or there are fewer than `parts * minRows` rows.
 */
export function partitionDirichlet(labels: Int32Array, options: DirichletOptions): Uint32Array[] {
  const { parts, alpha, seed, minRows = 1 } = options;
  assertEnough(labels.length, parts, minRows);
  if (!(alpha > 0) || !Number.isFinite(alpha)) throw new RangeError(`Alpha is a positive number, not ${alpha}.`);
  const random = createRandom(`${seed}/partition`);
  const dealt = Array.from({ length: parts }, (): number[] => []);
  for (const rows of rowsByClass(labels)) {
    random.shuffle(rows);
    let share = 0;
    let from = 0;
    drawDirichlet(random, alpha, parts).forEach((proportion, part) => {
      share += proportion;
      // The last part takes the rest: the proportions add up to 1 only nearly.
      const to = part === parts - 1 ? rows.length : Math.min(rows.length, Math.round(share * rows.length));
      for (; from < to; from++) dealt[part]?.push(rows[from] as number); // to <= length
    });
  }
  fillUp(dealt, minRows, random);
  return dealt.map((rows) => Uint32Array.from(rows).sort());
}

/** Moves random rows out of the then largest part until no part is short. */
function fillUp(dealt: number[][], minRows: number, random: Random): void {
  for (const short of dealt) {
    while (short.length < minRows) {
      const largest = dealt.reduce((best, part) => (part.length > best.length ? part : best));
      short.push(...largest.splice(random.below(largest.length), 1));
    }
  }
}

/** In ascending order of the class, so that the result depends on nothing else. */
function rowsByClass(labels: Int32Array): Uint32Array[] {
  const rows = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const known = rows.get(label);
    if (known === undefined) rows.set(label, [row]);
    else known.push(row);
  });
  return [...rows].sort(([a], [b]) => a - b).map(([, ofClass]) => Uint32Array.from(ofClass));
}

/** Gamma variates over their sum, from their logarithms: at a small alpha the variates themselves underflow to 0/0. */
function drawDirichlet(random: Random, alpha: number, parts: number): number[] {
  const logs = Array.from({ length: parts }, () => random.logGamma(alpha));
  const largest = Math.max(...logs);
  const relative = logs.map((log) => Math.exp(log - largest));
  const sum = relative.reduce((total, value) => total + value, 0);
  return relative.map((value) => value / sum);
}

function assertEnough(rows: number, parts: number, minRows: number): void {
  for (const [name, count] of Object.entries({ parts, minRows })) {
    if (!Number.isSafeInteger(count) || count < 1)
      throw new RangeError(`${name} is a whole number from 1, not ${count}.`);
  }
  if (rows < parts * minRows) {
    throw new RangeError(
      `${rows} rows are too few for ${parts} parts of at least ${minRows}. Take fewer parts or a smaller minimum.`,
    );
  }
}
