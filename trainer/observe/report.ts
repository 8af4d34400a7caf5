// The shape of report.json: what one federated training was, round by round, ending with the money.
// Amounts are decimal strings of the token's smallest unit, since JSON numbers lose digits.
import { z } from "zod";

const count = z.int().nonnegative();
const seconds = z.number().nonnegative();
const fraction = z.number().min(0).max(1);
const label = z.string().min(1).max(100);
/** Null if it cannot be said: of a model whose numbers ran away, or of rows that are all of one class. */
const score = z.number().nullable();
/** A uint256 in decimal: no sign, no leading zero, at most 78 digits. */
const amount = z.string().regex(/^(0|[1-9]\d{0,77})$/, "must be a whole number of the smallest unit, as decimal text");

const shardSchema = z.strictObject({
  trainer: label,
  samples: count,
  /** Samples of each class, by class number; absent where a number is estimated. */
  perClass: z.array(count).min(1).max(1000).optional(),
});

/** What models are judged by. */
const measureSchema = z.strictObject({
  /** "accuracy", as a share of 1; "AUC"; "MAE". */
  name: label,
  better: z.enum(["higher", "lower"]),
  /** Of the numbers, if they have one. */
  unit: label.optional(),
});

const configSchema = z.strictObject({
  model: label,
  trainers: count.min(1),
  rounds: count.min(1),
  /** Concentration of the Dirichlet split: small is skewed, large is even. A scenario tells its own split. */
  alpha: z.number().positive().optional(),
  seed: count,
  /** Trainable numbers in the model. */
  parameters: count,
  token: z.strictObject({ symbol: z.string().min(1).max(32), decimals: count.max(77) }),
  shards: z.array(shardSchema).max(10_000),
  /** What the classes are called, if not by their numbers. */
  classes: z.array(label).min(1).max(1000).optional(),
  /** Of the scores after each round and in the end. */
  measure: measureSchema,
  /** What training minimises: "cross-entropy". */
  loss: label,
  privacy: z.enum(["sealed", "masked", "homomorphic", "open"]),
  /** Of masked rounds: into how many the trainers are drawn, if more than one, and what becomes of their sums. */
  cohorts: z.strictObject({ count: count.min(2), rule: label }).optional(),
  chainId: count,
  /** Address of the task's contract. */
  task: z.string().regex(/^0x[0-9a-fA-F]{40}$/, "must be an address: 0x and 40 hexadecimal digits"),
  /** What computed the training: "wasm", "cpu" or another backend's name. */
  backend: label,
});

const roundSchema = z.strictObject({
  /** Number of the round, from 1. */
  round: count.min(1),
  /** On the test set, after the round's step. */
  score,
  loss: z.number().nonnegative(),
  /** Trainers whose updates are in the sum. */
  trainers: count,
  /**
   * Of all trainers together, for each act; a trainer that stays enters inside its commit, so enter may be 0. Of a masked round enter
   * has the draw and the sharing in it, and reveal the agreement and what was rebuilt.
   */
  gas: z.strictObject({ enter: count, commit: count, reveal: count, propose: count, finalise: count }),
  /** Bytes moved between trainers. */
  bytes: count,
  /** Averages over the trainers, but `total`: the round's wall time. `chain` is waiting for the chain. */
  seconds: z.strictObject({ train: seconds, encrypt: seconds, transfer: seconds, chain: seconds, total: seconds }),
});

const disputeSchema = z
  .strictObject({
    round: count.min(1),
    /**
     * `undisclosed`: a chunk that was asked for was not shown; `withheld`: the cohort could not have the model; `spoilt`: a
     * masked update that put the sum out of range; `badShares`: shares that rebuild something else.
     */
    fault: z.enum([
      ...(["wrongSum", "wrongStep", "malformed", "undisclosed", "withheld", "silent"] as const),
      ...(["spoilt", "badShares"] as const),
    ]),
    /** Who was at fault. */
    trainer: label,
    /** Who brought it about. */
    challenger: label,
    /** Where the proof is, or what was asked for. */
    chunk: count.optional(),
    /** Of announcing or asking, and of the transaction that decided. */
    gas: z.strictObject({ prepare: count, verdict: count }),
    /** On the chain's clock, from the fault to the verdict. */
    seconds: count,
    /** From the stake; what of it the challenger got; the rest. */
    taken: amount,
    rewarded: amount,
    burnt: amount,
    /** Whose proposal became final. */
    successor: label.optional(),
  })
  .refine(
    ({ taken, rewarded, burnt }) => BigInt(taken) === BigInt(rewarded) + BigInt(burnt),
    "takes another amount than it rewards and burns",
  );

/** By one measure, on the same test rows: each trainer alone, all of them together, and all rows in one place. */
const lineSchema = z.strictObject({
  measure: measureSchema,
  /** Without learning. */
  baseline: score,
  alone: z.strictObject({
    mean: score,
    least: score,
    largest: score,
    each: z
      .array(z.strictObject({ trainer: label, score }))
      .min(1)
      .max(1000),
  }),
  /** Of the last model on chain. */
  federated: score,
  pooled: score,
});

const scenarioSchema = z.strictObject({
  name: label,
  title: z.string().min(1).max(200),
  /** Who the trainers are, what is tested, what about it is made up. */
  story: z.string().min(1).max(1000),
  /** Nobody measured the data. */
  isSimulated: z.boolean(),
  testRows: count.min(1),
  /** "the most frequent class". */
  baseline: label,
  lines: z.array(lineSchema).min(1).max(20),
});

const budgetSchema = z
  .strictObject({
    /** What the sponsor put in. */
    escrowed: amount,
    /** What left the escrow for those who worked. */
    paid: amount,
    /** What faults cost in stake. It comes out of stakes, so it is no part of the escrow. */
    slashed: amount,
    /** What went back to the sponsor. */
    returned: amount,
  })
  .refine((budget) => budgetRemainder(budget) >= 0n, "pays out and returns more than was escrowed");

const privacySchema = z.strictObject({
  /** L2 norm to which each trainer's delta was clipped. */
  clipNorm: z.number().positive(),
  /** Standard deviation of the noise in a round's sum over the most that one trainer can change the sum. */
  noiseMultiplier: z.number().positive(),
  /** Spent by a trainer that took part in every round. */
  epsilon: z.number().nonnegative(),
  delta: fraction,
  /** Rounds that count, void ones whose sum could be known among them. */
  rounds: count,
  maxEpsilon: z.number().positive().optional(),
  /** Rounds that maxEpsilon allows in all. */
  maxRounds: count.optional(),
  /** Against whom it holds. */
  scope: z.string().min(1).max(500),
});

/** Checks a report. Unknown keys are refused, so that a misspelt one is noticed. */
export const reportSchema = z.strictObject({
  config: configSchema,
  rounds: z.array(roundSchema).max(10_000),
  claims: z.array(z.strictObject({ trainer: label, amount })).max(10_000),
  budget: budgetSchema,
  final: z.strictObject({
    score,
    /** Wall time of the whole training. */
    seconds,
    /** Share of the wall time that was not training. */
    coordinationShare: fraction,
  }),
  /** What was trained and what it was worth, where it was a scenario. */
  scenario: scenarioSchema.optional(),
  /** What the training cost in privacy, where the task asked for differential privacy. */
  differentialPrivacy: privacySchema.optional(),
  /** Faults that cost stake, if there were any. */
  disputes: z.array(disputeSchema).max(1000).optional(),
  /** Who could have seen what. */
  sight: z
    .array(z.strictObject({ party: label, sees: z.string().min(1).max(500) }))
    .max(20)
    .optional(),
  /** What happened on the way ("trainer 3 was killed in round 2"), by seconds since the start. */
  story: z
    .array(z.strictObject({ second: seconds, text: z.string().min(1).max(500) }))
    .max(1000)
    .optional(),
});

/** One federated training. */
export type Report = z.infer<typeof reportSchema>;
export type ReportConfig = Report["config"];
export type ReportRound = Report["rounds"][number];
export type ReportDispute = NonNullable<Report["disputes"]>[number];
export type ReportPrivacy = NonNullable<Report["differentialPrivacy"]>;
export type ReportScenario = NonNullable<Report["scenario"]>;
export type ReportLine = ReportScenario["lines"][number];
export type ReportMeasure = ReportConfig["measure"];
export type ReportBudget = Report["budget"];

/** A report that is not one. */
export class MalformedReport extends Error {
  override readonly name = "MalformedReport";

  constructor(why: string) {
    super(`This is not a report of a federated training:\n${why}\nWrite it anew with: npm run demo -- --out DIR`);
  }
}

/**
 * Checks what came from a file, or from code that ought to know.
 *
 * @throws MalformedReport naming every field that is wrong.
 */
export function parseReport(value: unknown): Report {
  const result = reportSchema.safeParse(value);
  if (!result.success) throw new MalformedReport(z.prettifyError(result.error));
  return result.data;
}

/** What is still in the escrow (not claimed, not returned), in the smallest unit: escrowed - paid - returned. */
export function budgetRemainder(budget: { escrowed: string; paid: string; returned: string }): bigint {
  return BigInt(budget.escrowed) - BigInt(budget.paid) - BigInt(budget.returned);
}
