// How likely a masked round comes to nothing, shows somebody's update, or is moved by those who cheat, for cohorts of n seats of
// which each vanishes or is corrupt independently of the others. Everybody is drawn into any cohort with the same chance, so
// cohorts are independent, too. Exact binomials, summed by their logarithms.

import { leftByTrim } from "./laneRanks.ts";

/** What a sponsor chooses and expects. */
export interface CohortExpectation {
  readonly cohorts: number;
  /** How many of their means are left out at either end; 0 for the mean of all updates. */
  readonly trim: number;
  /** Of each cohort, all of them taken. */
  readonly seats: number;
  /** Shares that rebuild a secret. */
  readonly threshold: number;
  /** In each cohort. */
  readonly minTrainers: number;
  /** Chance that a seat vanishes before it commits; and that one that has committed vanishes before it has revealed. */
  readonly dropout: { readonly beforeCommit: number; readonly afterCommit: number };
  /** Chance that a seat works with the adversary. */
  readonly corruption: number;
}

export interface CohortOdds {
  /** At least one cohort falls out: too few committed, or too few were left to rebuild the secrets of those who vanished. */
  readonly cohortLost: number;
  /** All do. */
  readonly voidRound: number;
  /** In a cohort as many corrupt seats as rebuild a secret: together they can read every update of it. */
  readonly rebuilt: number;
  /** In a cohort fewer than that, but only one honest seat is in its sum: its update is what is left of it. */
  readonly singledOut: number;
  /** Either, in at least one cohort. */
  readonly exposure: number;
  /** A corrupt seat sits in more cohorts of the sum than trimming makes up for: those can move the model out of the others' range. */
  readonly swayed: number;
}

/**
 * The odds of one round. Corrupt seats vanish when it suits them: for exposure they are there, for void rounds they
 * vanish like others.
 * @throws RangeError naming what is out of range.
 */
export function cohortOdds(expectation: CohortExpectation): CohortOdds {
  const { cohorts, trim, seats, corruption } = expectation;
  check(expectation);
  const falls = fallingOut(expectation);
  const { rebuilt, singledOut } = exposureOf(expectation);
  const isCorrupt = someOf(seats, corruption);
  let swayed = 0;
  for (let summed = 1; summed <= cohorts; summed++) {
    const madeUpFor = (summed - leftByTrim(summed, trim)) / 2;
    swayed += binomial(cohorts, summed, 1 - falls) * moreThan(summed, madeUpFor, isCorrupt);
  }
  return {
    cohortLost: someOf(cohorts, falls),
    voidRound: falls ** cohorts,
    rebuilt: someOf(cohorts, rebuilt),
    singledOut: someOf(cohorts, singledOut),
    exposure: someOf(cohorts, rebuilt + singledOut),
    swayed,
  };
}

/** The odds for people, a line each. */
export function cohortOddsText(expectation: CohortExpectation): string[] {
  const { cohorts, trim, seats, threshold, minTrainers, dropout, corruption } = expectation;
  const { cohortLost, voidRound, exposure, rebuilt, singledOut, swayed } = cohortOdds(expectation);
  const [taken, each, some] =
    cohorts === 1
      ? [`${seats} seats`, "", ""]
      : [`${cohorts * seats} seats in ${cohorts} cohorts`, " in each", "in some cohort "];
  const reasons = `fewer than ${Math.max(threshold, minTrainers)} commit, or fewer than ${threshold} are left`;
  const lost =
    cohorts === 1 ? reasons : `every cohort is lost: ${reasons}; at least one is with ${percent(cohortLost)}`;
  return [
    `Odds of a round with all ${taken} taken, threshold ${threshold}, at least ${minTrainers} trainers${each}, if each seat vanishes`,
    `with ${percent(dropout.beforeCommit)} before its commit and ${percent(dropout.afterCommit)} after it, and is corrupt with ${percent(corruption)}:`,
    `  void      ${percent(voidRound)} (${lost})`,
    `  exposure  ${percent(exposure)} (${some}${threshold} or more are corrupt: ${percent(rebuilt)}; all but one in the sum: ${percent(singledOut)})`,
    ...(trim === 0
      ? []
      : [
          `  swayed    ${percent(swayed)} (more cohorts have a corrupt seat, which can give theirs any mean within the clip, ` +
            `than are left out: ${trim} of ${cohorts} at either end)`,
        ]),
  ];
}

function check({ cohorts, trim, seats, threshold, minTrainers, dropout, corruption }: CohortExpectation): void {
  checkCount("cohorts", cohorts, 1, 1_000);
  checkCount("trim", trim, 0, Math.floor((cohorts - 1) / 2));
  checkCount("seats", seats, 1, 1_000);
  checkCount("threshold", threshold, 1, seats);
  checkCount("minTrainers", minTrainers, 1, seats);
  checkChance("dropout before the commit", dropout.beforeCommit);
  checkChance("dropout after the commit", dropout.afterCommit);
  checkChance("corruption", corruption);
}

/** The chance that one cohort is not in the sum. */
function fallingOut({ seats, threshold, minTrainers, dropout }: CohortExpectation): number {
  const fewest = Math.max(threshold, minTrainers);
  let lost = 0;
  for (let committed = 0; committed <= seats; committed++) {
    const chance = binomial(seats, committed, 1 - dropout.beforeCommit);
    // Whoever vanishes leaves a secret behind: fewer than the threshold cannot rebuild it.
    const failed = committed < fewest ? 1 : cumulative(committed, threshold - 1, 1 - dropout.afterCommit);
    lost += chance * failed;
  }
  return Math.min(1, lost);
}

/** The chances that one cohort shows updates. */
function exposureOf({ seats, threshold, minTrainers, dropout, corruption }: CohortExpectation) {
  const fewest = Math.max(threshold, minTrainers);
  let rebuilt = 0;
  let singledOut = 0;
  for (let corrupt = 0; corrupt <= seats; corrupt++) {
    const chance = binomial(seats, corrupt, corruption);
    if (corrupt >= threshold) rebuilt += chance;
    else if (corrupt + 1 >= fewest) singledOut += chance * binomial(seats - corrupt, 1, 1 - dropout.beforeCommit);
  }
  return { rebuilt, singledOut };
}

/** Three digits, however small. */
function percent(chance: number): string {
  if (chance === 0) return "0 %";
  const value = 100 * Math.min(1, chance);
  return `${value < 1e-3 ? value.toExponential(2) : Number(value.toPrecision(3))} %`;
}

/** P(Binomial(n, chance) >= 1), with all its digits. */
function someOf(n: number, chance: number): number {
  return 0 - Math.expm1(n * Math.log1p(-Math.min(1, chance)));
}

/** P(Binomial(n, chance) > k). */
function moreThan(n: number, k: number, chance: number): number {
  let sum = 0;
  for (let i = k + 1; i <= n; i++) sum += binomial(n, i, chance);
  return sum;
}

/** P(Binomial(n, chance) = k). */
function binomial(n: number, k: number, chance: number): number {
  if (k < 0 || k > n) return 0;
  if (chance === 0 || chance === 1) return k === n * chance ? 1 : 0;
  let log = k * Math.log(chance) + (n - k) * Math.log1p(-chance);
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i);
  return Math.exp(log);
}

/** P(Binomial(n, chance) <= k). */
function cumulative(n: number, k: number, chance: number): number {
  let sum = 0;
  for (let i = 0; i <= k; i++) sum += binomial(n, i, chance);
  return sum;
}

function checkCount(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} is ${value}; it must be a whole number from ${least} to ${most}.`);
}

function checkChance(name: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new RangeError(`The chance of ${name} is ${value}; it must be from 0 to 1.`);
}
