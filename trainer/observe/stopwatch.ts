// Where a trainer's time goes: seconds by kind, for the report's columns.
//
// Every instant counts for one kind only, the one that began last among those running. So a `transfer` inside a
// `chain` counts as transfer and stops counting as chain, two at once never count twice, and the kinds add up to at
// most the wall time.

export type TimedKind = "train" | "encrypt" | "transfer" | "chain";

export type SecondsByKind = Record<TimedKind, number>;

export interface Stopwatch {
  /** Runs `act` and counts its time as `kind`, also when it fails. Returns or throws what `act` does. */
  time<Result>(kind: TimedKind, act: () => Result | Promise<Result>): Promise<Result>;
  /** Seconds by kind until now, including what is still running. */
  read(): SecondsByKind;
}

/** A stopwatch at zero; make a new one for each round. `now` is a clock in milliseconds that never goes back. */
export function createStopwatch(now: () => number = () => performance.now()): Stopwatch {
  const milliseconds: SecondsByKind = { train: 0, encrypt: 0, transfer: 0, chain: 0 };
  /** What is running, in the order it began; each entry is its own object, so that it can be found again. */
  const running: { readonly kind: TimedKind }[] = [];
  let countedUntil = now();

  function countUntilNow(): void {
    const instant = now();
    const current = running.at(-1);
    if (current !== undefined) milliseconds[current.kind] += instant - countedUntil;
    countedUntil = instant;
  }

  return {
    async time(kind, act) {
      const entry = { kind };
      countUntilNow();
      running.push(entry);
      try {
        return await act();
      } finally {
        countUntilNow();
        running.splice(running.indexOf(entry), 1);
      }
    },

    read() {
      countUntilNow();
      const { train, encrypt, transfer, chain } = milliseconds;
      return { train: train / 1000, encrypt: encrypt / 1000, transfer: transfer / 1000, chain: chain / 1000 };
    },
  };
}
