/** A duty as a transaction. */
import type { ContractTransaction } from "ethers";
import type { SealedTask } from "../chain/contracts.ts";
import type { Duty } from "./duty.ts";
import type { MaskedDuty } from "./masked/maskedDuty.ts";
import type { Opening } from "./journal.ts";
import type { ProposedStep } from "./conduct.ts";

/** What is done on chain. */
export type Act = Exclude<Duty, { readonly kind: "wait" | "finished" }>;
/** Of them, what is not for masked rounds alone. */
type CommonAct = Exclude<Act, MaskedDuty>;

/** What the acts need besides what the duty says. */
export interface Means {
  readonly weight: number;
  /** Stake suffices for another round. */
  readonly mayEnter: boolean;
  /** Undefined if there is nothing to commit to yet. */
  opening(): Promise<Opening | undefined>;
  /** Undefined if nothing is to be proposed. */
  step(): Promise<ProposedStep | undefined>;
}

/** The transaction that does it and what it is called in words; undefined if it cannot be done now. */
export async function transactionFor(
  task: SealedTask,
  act: CommonAct,
  means: Means,
): Promise<{ readonly words: string; readonly request: ContractTransaction } | undefined> {
  const { round } = act;
  switch (act.kind) {
    case "enter": {
      if (!means.mayEnter) return undefined;
      return { words: `enter round ${round}`, request: await task.enter.populateTransaction(act.seat, means.weight) };
    }
    case "commit": {
      const commitment = (await means.opening())?.commitment;
      if (commitment === undefined) return undefined;
      const words = `commit to round ${round}`;
      return act.entersNext && means.mayEnter
        ? { words, request: await task.commitAndEnter.populateTransaction(round, act.seat, commitment, means.weight) }
        : { words, request: await task.commit.populateTransaction(round, act.seat, commitment) };
    }
    case "reveal": {
      const opening = await means.opening();
      if (opening === undefined) return undefined;
      const { root, contentKeyHash, contentId } = opening;
      const request = await task.reveal.populateTransaction(round, act.seat, root, contentKeyHash, contentId);
      return { words: `reveal in round ${round}`, request };
    }
    case "attest":
      return {
        words: `attest in round ${round}`,
        request: await task.attest.populateTransaction(round, act.seat, act.missing),
      };
    case "propose": {
      const step = await means.step();
      if (step === undefined) return undefined;
      const { sumRoot, modelRoot, sumId, modelId } = step;
      const request = await task.propose.populateTransaction(round, act.seat, sumRoot, modelRoot, sumId, modelId);
      return { words: `propose the model of round ${round}`, request };
    }
    case "advance":
      return { words: `end round ${round}`, request: await task.advance.populateTransaction() };
  }
}

const DONE_MASKED: Readonly<Record<MaskedDuty["kind"], string>> = {
  draw: "drew cohorts",
  share: "shared",
  commitMasked: "committed",
  agree: "agreed",
  revealSeed: "revealed",
  giveShares: "gave shares",
  rebuildKey: "rebuilt a key",
  rebuildSeed: "rebuilt a seed",
};

/** What a trainer has done, for people. */
export const DONE: Readonly<Record<Act["kind"], string>> = {
  enter: "entered",
  commit: "committed",
  reveal: "revealed",
  attest: "attested",
  propose: "proposed",
  advance: "advanced",
  ...DONE_MASKED,
};

/** An act of masked rounds alone. */
export function isMaskedAct(act: Act): act is MaskedDuty {
  return act.kind in DONE_MASKED;
}
