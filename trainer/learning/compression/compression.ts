/**
 * How the updates of a task are made smaller: some of their numbers are kept, or their numbers are written with fewer digits,
 * or both. What is left out is remembered and goes into a later update (compress.ts). docs/compression.md says what it costs.
 */
import { z } from "zod";
import { mostCompactBytes } from "../../protocol/compactUpdate.ts";
import type { CompactForm } from "../../protocol/compactUpdate.ts";
import type { Fault } from "../../protocol/fault.ts";
import type { Range } from "../freezing.ts";
import type { Plan } from "../strategies/strategy.ts";

export interface CompressionFaults {
  needsShare: object;
  needsKeep: object;
  compressesNothing: object;
  ranksKept: object;
  clipsCompressed: object;
}

/** Why a strategy can do nothing with updates like these, and what to change. */
export interface UnfitCompression {
  readonly message: string;
  readonly fault: Fault<CompressionFaults>;
}

export const compressionSchema = z
  .strictObject({
    /** The numbers with the largest magnitudes, or some that are drawn anew for each update; all unless given. */
    keep: z.enum(["largest", "random"]).optional(),
    /** How many of them. */
    share: z.number().min(0.0001).max(0.5).optional(),
    /** Digits of a number, rounded at random to either neighbour; 32 unless given. */
    bits: z.union([z.literal(8), z.literal(4), z.literal(1)]).optional(),
  })
  .superRefine(({ keep, share, bits }, context) => {
    const complain = (field: string, message: string, fault: keyof CompressionFaults) =>
      context.addIssue({ code: "custom", path: [field], message, params: { fault } });
    if (keep !== undefined && share === undefined) {
      complain("share", "says how many are kept, such as 0.01: give it", "needsShare");
    }
    if (keep === undefined && share !== undefined) {
      complain("keep", 'says which are kept: "largest" or "random"', "needsKeep");
    }
    if (keep === undefined && share === undefined && bits === undefined) {
      complain("bits", 'is 8, 4 or 1; or give keep and share, or leave "compression" out', "compressesNothing");
    }
  });

export type Compression = z.infer<typeof compressionSchema>;

/** What all who write and read a task's updates agree on. */
export interface UpdateForm extends CompactForm {
  readonly parameters: number;
  /** Parts of the vector that do not learn, ascending: they are 0, and not written. */
  readonly frozen: readonly Range[];
}

export function updateForm(
  { keep, share = 1, bits }: Compression,
  parameters: number,
  frozen: readonly Range[] = [],
): UpdateForm {
  const ascending = [...frozen].sort((a, b) => a.from - b.from);
  const lanes = ascending.reduce((left, { from, to }) => left - (to - from), parameters);
  const kept = keep === undefined ? lanes : Math.max(1, Math.round(share * lanes));
  return { parameters, frozen: ascending, lanes, keep: keep ?? "all", kept, bits: bits ?? 32 };
}

/** Undefined if a strategy can work with updates like these. */
export function unfitCompression(compression: Compression, { server, refuses }: Plan): UnfitCompression | undefined {
  if (compression.keep !== undefined && server.trim !== undefined) {
    const message =
      "the strategy ranks the updates in every number, and where each keeps a few, those are all left out as the highest and " +
      "lowest: leave keep and share out";
    return { message, fault: { fault: "ranksKept" } };
  }
  return refuses?.(compression);
}

/** For people. */
export function compressionText({ keep, share = 1, bits }: Compression): string {
  const which =
    keep === undefined ? "" : `${keep === "largest" ? "the largest" : "a random"} ${percent(share)} of an update`;
  const digits = bits === undefined ? "" : `${bits} bit${bits === 1 ? "" : "s"} a number`;
  return [which, digits].filter((part) => part !== "").join(", ");
}

/** The most bytes of an update, and how many times smaller than a plain one that is. */
export function updateSize(form: UpdateForm): { readonly bytes: number; readonly timesSmaller: number } {
  const bytes = mostCompactBytes(form);
  return { bytes, timesSmaller: (4 * form.parameters) / bytes };
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(6))} %`;
}
