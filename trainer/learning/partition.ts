/**
 * Deals the rows of one data set to several trainers, for experiments: evenly (IID), or unlike each other in the ways that
 * the literature tries (Li et al. 2022, https://arxiv.org/abs/2102.02079, surveys them): in their mix of classes by
 * Dirichlet shares, by shards or by a number of classes each, and in their sizes. The same seed gives the same parts; each
 * is in ascending order.
 */
import { createRandom } from "./random.ts";
import type { Random } from "./random.ts";

/** How unequal the parts' sizes are. */
export type QuantitySkew =
  /** Shares from a symmetric Dirichlet distribution: the smaller alpha, the more unequal. */
  | { readonly kind: "dirichlet"; readonly alpha: number }
  /** Sizes whose logarithms are normal with this standard deviation; 0 is even. */
  | { readonly kind: "logNormal"; readonly deviation: number }
  /** The k-th largest part is k^-exponent as large as the largest; 0 is even. */
  | { readonly kind: "zipf"; readonly exponent: number };

/**
 * Rows 0 to `rows` - 1 in random parts whose sizes differ by one at most.
 * @throws RangeError if there are fewer rows than parts.
 */
export function partitionIid(rows: number, parts: number, seed: number | string): Uint32Array[] {
  assertEnough(rows, parts, 1);
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  createRandom(`${seed}/partition`).shuffle(order);
  return evenly(order, parts).map((part) => part.slice().sort());
}

export interface QuantityOptions {
  readonly parts: number;
  readonly skew: QuantitySkew;
  readonly seed: number | string;
  /** Every part gets at least so many rows, if need be from the largest part; 1 unless given. */
  readonly minRows?: number;
}

/**
 * Rows 0 to `rows` - 1 in random parts of unequal sizes, otherwise alike.
 * @throws RangeError if the skew is none or there are fewer than `parts * minRows` rows.
 */
export function partitionQuantity(rows: number, options: QuantityOptions): Uint32Array[] {
  const { parts, skew, seed, minRows = 1 } = options;
  assertEnough(rows, parts, minRows);
  const random = createRandom(`${seed}/partition`);
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  random.shuffle(order);
  const dealt = Array.from({ length: parts }, (): number[] => []);
  dealByShares(order, quantityShares(parts, skew, seed), dealt);
  return filledUp(dealt, minRows, random);
}

/**
 * The share of all rows that each part is to get; they add up to 1.
 * @throws RangeError if the skew is none.
 */
export function quantityShares(parts: number, skew: QuantitySkew, seed: number | string): number[] {
  const random = createRandom(`${seed}/quantities`);
  switch (skew.kind) {
    case "dirichlet":
      return drawDirichlet(random, skew.alpha, parts);
    case "logNormal":
      assertNotNegative("The deviation", skew.deviation);
      return toShares(Array.from({ length: parts }, () => skew.deviation * random.normal()));
    case "zipf": {
      assertNotNegative("The exponent", skew.exponent);
      const ranks = Uint32Array.from({ length: parts }, (_, rank) => rank);
      random.shuffle(ranks);
      return toShares(Array.from(ranks, (rank) => -skew.exponent * Math.log(rank + 1)));
    }
  }
}

export interface DirichletOptions {
  readonly parts: number;
  /** Concentration, above 0: 100 is nearly IID, 0.5 the usual test of a federation, 0.1 extreme. */
  readonly alpha: number;
  readonly seed: number | string;
  /** Every part gets at least so many rows, if need be from the largest part; 1 unless given. */
  readonly minRows?: number;
  /** How large the parts are to be beside each other, such as `quantityShares`; alike unless given. */
  readonly shares?: readonly number[];
}

/**
 * Class by class the parts' shares are drawn from a symmetric Dirichlet distribution (Hsu et al. 2019,
 * https://arxiv.org/abs/1909.06335, in the form of Yurochkin et al. 2019 that deals out every row): a large alpha is
 * nearly IID, a small one leaves each class to one or two parts, and sizes differ too.
 * @throws RangeError if alpha is not positive or there are fewer than `parts * minRows` rows.
 */
export function partitionDirichlet(labels: Int32Array, options: DirichletOptions): Uint32Array[] {
  const { parts, alpha, seed, minRows = 1, shares } = options;
  assertEnough(labels.length, parts, minRows);
  if (shares !== undefined && (shares.length !== parts || shares.some((share) => !(share > 0)))) {
    throw new RangeError(`Give a positive share for each of the ${parts} parts, or none.`);
  }
  const random = createRandom(`${seed}/partition`);
  const dealt = Array.from({ length: parts }, (): number[] => []);
  for (const rows of rowsByClass(labels).values()) {
    random.shuffle(rows);
    const drawn = drawDirichlet(random, alpha, parts);
    const wanted = shares === undefined ? drawn : toShares(drawn.map((share, i) => Math.log(share * (shares[i] ?? 1))));
    dealByShares(rows, wanted, dealt);
  }
  return filledUp(dealt, minRows, random);
}

export interface ShardOptions {
  readonly parts: number;
  /** 2 unless given. */
  readonly shardsEach?: number;
  readonly seed: number | string;
}

/**
 * The pathological case of McMahan et al. 2017 (https://arxiv.org/abs/1602.05629): rows sorted by class are cut into
 * shards of one size, and each part gets some of them, two unless told otherwise: examples of two classes mostly.
 * @throws RangeError if there are fewer rows than shards.
 */
export function partitionShards(labels: Int32Array, { parts, shardsEach = 2, seed }: ShardOptions): Uint32Array[] {
  assertEnough(labels.length, parts, shardsEach);
  const random = createRandom(`${seed}/partition`);
  const sorted = Uint32Array.from([...rowsByClass(labels).values()].flatMap((rows) => [...rows]));
  const shards = evenly(sorted, parts * shardsEach);
  const order = Uint32Array.from({ length: shards.length }, (_, shard) => shard);
  random.shuffle(order);
  return evenly(order, parts).map((own) =>
    Uint32Array.from([...own].flatMap((shard) => [...(shards[shard] ?? [])])).sort(),
  );
}

export interface ClassesOptions {
  readonly parts: number;
  readonly classesEach: number;
  readonly seed: number | string;
}

/**
 * So many classes for each part, as NIID-Bench (Li et al. 2022) and Flower's baseline of it deal them: part i has class i
 * (modulo their number) and others at random, and the parts that have a class share its rows evenly. The rows of a class
 * that no part has, which needs fewer parts than classes, are left out.
 * @throws RangeError if there are fewer classes than each part is to have, or fewer rows of one than parts that have it.
 */
export function partitionClasses(labels: Int32Array, { parts, classesEach, seed }: ClassesOptions): Uint32Array[] {
  assertEnough(labels.length, parts, 1);
  const classes = [...rowsByClass(labels)];
  if (!Number.isSafeInteger(classesEach) || classesEach < 1 || classesEach > classes.length) {
    throw new RangeError(`Each part can have 1 to ${classes.length} classes, not ${classesEach}.`);
  }
  const random = createRandom(`${seed}/partition`);
  const owners = classes.map((): number[] => []);
  for (let part = 0; part < parts; part++) {
    const others = Uint32Array.from({ length: classes.length - 1 }, (_, i) => (part + 1 + i) % classes.length);
    random.shuffle(others);
    for (const own of [part % classes.length, ...others.subarray(0, classesEach - 1)]) owners[own]?.push(part);
  }
  const dealt = Array.from({ length: parts }, (): number[] => []);
  for (const [i, [label, rows]] of classes.entries()) {
    const sharing = owners[i] ?? [];
    if (rows.length < sharing.length) {
      throw new RangeError(
        `${rows.length} rows of class ${label} are too few for ${sharing.length} parts. Take fewer parts.`,
      );
    }
    random.shuffle(rows);
    evenly(rows, sharing.length).forEach((own, place) => {
      for (const row of own) dealt[sharing[place] as number]?.push(row);
    });
  }
  return dealt.map((rows) => Uint32Array.from(rows).sort());
}

/** Consecutive pieces whose sizes differ by one at most. */
function evenly(items: Uint32Array, pieces: number): Uint32Array[] {
  const start = (piece: number) => Math.floor((piece * items.length) / pieces);
  return Array.from({ length: pieces }, (_, piece) => items.subarray(start(piece), start(piece + 1)));
}

/** Consecutive pieces of these shares, each at the end of its part. */
function dealByShares(rows: Uint32Array, shares: readonly number[], dealt: readonly number[][]): void {
  let share = 0;
  let from = 0;
  shares.forEach((proportion, part) => {
    share += proportion;
    // The last part takes the rest: the proportions add up to 1 only nearly.
    const to = part === shares.length - 1 ? rows.length : Math.min(rows.length, Math.round(share * rows.length));
    for (; from < to; from++) dealt[part]?.push(rows[from] as number); // to <= length
  });
}

/** The parts as they are given out: none short, rows that are missing being random ones of the then largest part. */
function filledUp(dealt: number[][], minRows: number, random: Random): Uint32Array[] {
  for (const short of dealt) {
    while (short.length < minRows) {
      const largest = dealt.reduce((best, part) => (part.length > best.length ? part : best));
      short.push(...largest.splice(random.below(largest.length), 1));
    }
  }
  return dealt.map((rows) => Uint32Array.from(rows).sort());
}

/** The rows of each class, in ascending order of the class, so that the result depends on nothing else. */
export function rowsByClass(labels: Int32Array): Map<number, Uint32Array> {
  const rows = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const known = rows.get(label);
    if (known === undefined) rows.set(label, [row]);
    else known.push(row);
  });
  return new Map([...rows].sort(([a], [b]) => a - b).map(([label, ofClass]) => [label, Uint32Array.from(ofClass)]));
}

/** Gamma variates over their sum, from their logarithms: at a small alpha the variates themselves underflow to 0/0. */
function drawDirichlet(random: Random, alpha: number, parts: number): number[] {
  if (!(alpha > 0) || !Number.isFinite(alpha)) throw new RangeError(`Alpha is a positive number, not ${alpha}.`);
  return toShares(Array.from({ length: parts }, () => random.logGamma(alpha)));
}

/** Numbers over their sum, from their logarithms. */
function toShares(logs: readonly number[]): number[] {
  const largest = Math.max(...logs);
  const relative = logs.map((log) => Math.exp(log - largest));
  const sum = relative.reduce((total, value) => total + value, 0);
  return relative.map((value) => value / sum);
}

function assertNotNegative(what: string, value: number): void {
  if (!(value >= 0) || !Number.isFinite(value)) throw new RangeError(`${what} is a number from 0, not ${value}.`);
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
