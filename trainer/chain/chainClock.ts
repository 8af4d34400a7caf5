/**
 * What the chain's clock shows between two blocks. Blocks carry the time at which they were made and come late, some even
 * long after: so it is the wall's, unless that is far from the chain's, as on a local chain whose time was set.
 */
export interface ChainClock {
  /** A block of this time was seen, in seconds since 1970. */
  seen(blockTime: number): void;
  /** In seconds since 1970; 0 before any block was seen. */
  now(): number;
}

/** How late the last confirmed block may be for the wall's clock to be believed, in seconds. */
const BELIEVED = 300;

/** @param wall Seconds since 1970. @param steady Seconds that never go back. */
export function createChainClock(
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
      return lag > 0 && lag < BELIEVED ? wall() : guess;
    },
  };
}
