/** Wakes a role's loop: a ring is not lost while nobody listens, and many rings are heard as one. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, or at once if one was not heard yet; rejects with the signal's reason. */
  heard(): Promise<void>;
}

export function createBell(signal: AbortSignal): Bell {
  let pending = false;
  let wake = (): void => {};
  signal.addEventListener("abort", () => wake(), { once: true });
  return {
    ring() {
      pending = true;
      wake();
    },
    async heard() {
      if (!pending && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
      signal.throwIfAborted();
      pending = false;
    },
  };
}
