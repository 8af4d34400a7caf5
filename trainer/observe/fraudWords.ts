/** What can be proved or asked for, in words without an article. */

export const FRAUD_WORDS = {
  wrongSum: "wrong sum",
  wrongStep: "wrong step",
  malformed: "malformed update",
  badShares: "bad shares",
} as const;

/** What a trainer can be convicted of. */
export type Fraud = keyof typeof FRAUD_WORDS;

/** By the court's numbers. */
export const VECTOR_WORDS = ["sum", "model", "first moment", "second moment"] as const;
