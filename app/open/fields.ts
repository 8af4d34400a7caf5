/** The fields of a task file that a form has; the others (network, data, strategy …) are edited in the file itself. */

export type FieldKind = "text" | "whole" | "number" | "tokens" | "seconds" | readonly string[];

export interface FormField {
  readonly path: string;
  readonly kind: FieldKind;
  /** Of a choice that may be left out: what it then is. */
  readonly usual?: string;
  /** May be left empty. */
  readonly isOptional?: true;
  /** Only masked tasks have it. */
  readonly isMasked?: true;
}

const masked = { isMasked: true, isOptional: true } as const;

export const GROUPS = {
  what: [
    { path: "title", kind: "text" },
    { path: "rounds", kind: "whole" },
    { path: "trainers.min", kind: "whole" },
    { path: "trainers.max", kind: "whole" },
    { path: "seed", kind: "text" },
  ],
  privacy: [
    { path: "privacy", kind: ["sealed", "masked"], usual: "sealed" },
    { path: "shareThreshold", kind: "whole", ...masked },
    { path: "cohorts.count", kind: "whole", ...masked },
    { path: "cohorts.rule", kind: ["mean", "median", "trimmedMean"], usual: "mean", ...masked },
    { path: "cohorts.trim", kind: "whole", ...masked },
  ],
  numbers: [
    { path: "weight.unitSamples", kind: "whole" },
    { path: "weight.maxUnits", kind: "whole" },
    { path: "fixedPoint.fractionBits", kind: "whole" },
    { path: "fixedPoint.clip", kind: "number" },
  ],
  training: [
    { path: "training.epochs", kind: "whole" },
    { path: "training.batchSize", kind: "whole" },
    { path: "training.learningRate", kind: "number" },
    { path: "training.optimizer", kind: ["sgd", "momentum", "adam"] },
  ],
  money: [
    { path: "rewards.data", kind: "tokens" },
    { path: "rewards.compute", kind: "tokens" },
    { path: "rewards.aggregator", kind: "tokens" },
    { path: "rewards.advance", kind: "tokens" },
    { path: "stake.min", kind: "tokens" },
    { path: "stake.missFine", kind: "tokens" },
    { path: "stake.fraudFine", kind: "tokens" },
  ],
  time: [
    { path: "seconds.enter", kind: "seconds" },
    { path: "seconds.share", kind: "seconds", ...masked },
    { path: "seconds.commit", kind: "seconds" },
    { path: "seconds.reveal", kind: "seconds" },
    { path: "seconds.recover", kind: "seconds", ...masked },
    { path: "seconds.attest", kind: "seconds" },
    { path: "seconds.propose", kind: "seconds" },
    { path: "seconds.grace", kind: "seconds" },
    { path: "seconds.challenge", kind: "seconds" },
    { path: "seconds.disclose", kind: "seconds", isOptional: true },
    { path: "seconds.blame", kind: "seconds", ...masked },
    { path: "seconds.retention", kind: "seconds" },
  ],
} as const satisfies Record<string, readonly FormField[]>;

export type GroupName = keyof typeof GROUPS;
export type FieldPath = (typeof GROUPS)[GroupName][number]["path"];

export const ALL_PATHS: ReadonlySet<string> = new Set(
  Object.values(GROUPS).flatMap((fields) => fields.map(({ path }) => path)),
);

/** What was typed as the value that the file shall have: numbers where they are, and otherwise text, which is then refused. */
export function valueOf(kind: FieldKind, path: string, text: string): unknown {
  if (text === "") return undefined;
  const isNumeric = kind === "whole" || kind === "number" || kind === "seconds" || path === "seed";
  return isNumeric && /^-?\d{1,16}(\.\d{1,16})?$/.test(text) ? Number(text) : text;
}
