// What is measured of one round of secure aggregation, whoever's it is: so many trainers, one vector each, and some of the
// trainers gone once they have shared their keys. Every third of them goes, until enough are gone.
//
// Costs are milliseconds of the processor, all threads together: one core's, and the same on a busy machine.

export interface Cell {
  readonly trainers: number;
  /** Numbers in a vector. */
  readonly length: number;
  /** Shares that rebuild a secret. */
  readonly threshold: number;
  /** How many trainers vanish; masks are taken away once for each. At most a third of the trainers. */
  readonly dropouts: readonly number[];
}

/** Trainers whose work is measured; the median counts. */
export const MEASURED = 5;

/** What one trainer does, and sends. */
export interface ClientCost {
  /** Its keys of this round. */
  readonly keys: number;
  /** Shares of its secrets, encrypted to the others. */
  readonly shares: number;
  /** Others' keys and shares taken in, and the secret with each of them. */
  readonly agree: number;
  readonly mask: number;
  /** Bytes it sends besides its vector when nobody vanishes. */
  readonly extraBytes: number;
  /** Bytes of the masked vector. */
  readonly vectorBytes: number;
}

/** What whoever adds up does when `dropped` trainers have vanished. */
export interface ServerCost {
  readonly dropped: number;
  readonly sum: number;
  /** Secrets rebuilt from shares, and those of pairs that follow from them. */
  readonly recover: number;
  readonly unmask: number;
}
