/**
 * What the chain's clock shows between two blocks. Blocks carry the time at which they were made. Whoever believes the last
 * one has seen it right then; confirmed ones are old when they count, and the wall's clock says more, unless it is far from
 * the chain's.
 */
export interface ChainClock {
  /** A block of this time was seen, in seconds since 1970. */
  seen(blockTime: number): void;
  /** In seconds since 1970; 0 before any block was seen. */
  now(): number;
}

/** How old a confirmed block may be for the wall's clock to be believed, in seconds. */
const BELIEVED = 600;

/**
 * @param confirmations Blocks on top of those that are seen.
 * @param wall Seconds since 1970.
 * @param steady Seconds that never go back.
 */
export function createChainClock(
  confirmations: number,
  wall: () => number = () => Date.now() / 1000,
  steady: () => number = () => performance.now() / 1000,
): ChainClock {
  let last: { readonly time: number; readonly at: number } | undefined;
  return {
    seen(blockTime) {
      if (blockTime !== last?.time) last = { time: blockTime, at: steady() };
    },
    now() {
      if (last === undefined) return 0;
      const guess = last.time + steady() - last.at;
      const lag = wall() - guess;
      return confirmations > 0 && lag > 0 && lag < BELIEVED ? wall() : guess;
    },
  };
}
