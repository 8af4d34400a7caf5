// How likely a masked round comes to nothing, and how likely it shows somebody's update, for a cohort of n seats of which
// each vanishes or is corrupt independently of the others. Exact binomials, summed by their logarithms.

/** What a sponsor chooses and expects. */
export interface CohortExpectation {
  /** Seats, all of them taken. */
  readonly seats: number;
  /** Shares that rebuild a secret. */
  readonly threshold: number;
  readonly minTrainers: number;
  /** Chance that a seat vanishes before it commits; and that one that has committed vanishes before it has revealed. */
  readonly dropout: { readonly beforeCommit: number; readonly afterCommit: number };
  /** Chance that a seat works with the adversary. */
  readonly corruption: number;
}

export interface CohortOdds {
  /** Too few committed, or too few were left to rebuild the secrets of those who vanished. */
  readonly voidRound: number;
  /** As many corrupt seats as rebuild a secret: together they can read every update of the round. */
  readonly rebuilt: number;
  /** Fewer than that, but only one honest seat is in the sum: its update is what is left of it. */
  readonly singledOut: number;
  /** Either. */
  readonly exposure: number;
}

/**
 * The odds of one round. Corrupt seats vanish when it suits them: for exposure they are there, for void rounds they
 * vanish like others.
 * @throws RangeError naming what is out of range.
 */
export function cohortOdds(expectation: CohortExpectation): CohortOdds {
  const { seats, threshold, minTrainers, dropout, corruption } = expectation;
  checkCount("seats", seats, 1, 1_000);
  checkCount("threshold", threshold, 1, seats);
  checkCount("minTrainers", minTrainers, 1, seats);
  checkChance("dropout before the commit", dropout.beforeCommit);
  checkChance("dropout after the commit", dropout.afterCommit);
  checkChance("corruption", corruption);
  const fewest = Math.max(threshold, minTrainers);

  let voidRound = 0;
  for (let committed = 0; committed <= seats; committed++) {
    const chance = binomial(seats, committed, 1 - dropout.beforeCommit);
    // Whoever vanishes leaves a secret behind: fewer than the threshold cannot rebuild it.
    const failed = committed < fewest ? 1 : cumulative(committed, threshold - 1, 1 - dropout.afterCommit);
    voidRound += chance * failed;
  }
  let rebuilt = 0;
  let singledOut = 0;
  for (let corrupt = 0; corrupt <= seats; corrupt++) {
    const chance = binomial(seats, corrupt, corruption);
    if (corrupt >= threshold) rebuilt += chance;
    else if (corrupt + 1 >= fewest) singledOut += chance * binomial(seats - corrupt, 1, 1 - dropout.beforeCommit);
  }
  return { voidRound, rebuilt, singledOut, exposure: rebuilt + singledOut };
}

/** The odds for people, a line each. */
export function cohortOddsText(expectation: CohortExpectation): string[] {
  const { seats, threshold, minTrainers, dropout, corruption } = expectation;
  const { voidRound, exposure, rebuilt, singledOut } = cohortOdds(expectation);
  return [
    `Odds of a round with all ${seats} seats taken, threshold ${threshold}, at least ${minTrainers} trainers, if each seat vanishes`,
    `with ${percent(dropout.beforeCommit)} before its commit and ${percent(dropout.afterCommit)} after it, and is corrupt with ${percent(corruption)}:`,
    `  void      ${percent(voidRound)} (fewer than ${Math.max(threshold, minTrainers)} commit, or fewer than ${threshold} are left)`,
    `  exposure  ${percent(exposure)} (${threshold} or more are corrupt: ${percent(rebuilt)}; all but one in the sum: ${percent(singledOut)})`,
  ];
}

/** Three digits, however small. */
function percent(chance: number): string {
  if (chance === 0) return "0 %";
  const value = 100 * Math.min(1, chance);
  return `${value < 1e-3 ? value.toExponential(2) : Number(value.toPrecision(3))} %`;
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
