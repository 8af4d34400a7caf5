/** The event loop's turn amid long work: whoever computes serves blocks and answers meanwhile. Runs in browsers, too. */

const { setImmediate: immediate = (done: () => void): unknown => setTimeout(done, 0) } = globalThis as {
  readonly setImmediate?: (done: () => void) => unknown;
};

/** Resolves when everything that waited has had its turn. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => void immediate(resolve));
}
