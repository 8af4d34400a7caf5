/** What the chain says, read anew with every block. */
import { useEffect, useState } from "preact/hooks";
import { chain, head, onTrouble } from "../../chain/node.ts";

/**
 * @param read Has to be the same for the whole life of the component: give it another key for other inputs. Its signal says
 * that nobody waits for it any more.
 * @param again Reads once more when one of these changes.
 * @returns undefined before it is known; what was known stays while it cannot be read.
 */
export function useReading<T>(
  read: (signal: AbortSignal) => Promise<T>,
  again: readonly unknown[] = [],
): T | undefined {
  const [known, setKnown] = useState<T>();
  const block = head.value?.hash;
  useEffect(() => {
    const own = new AbortController();
    read(own.signal).then(
      (value) => {
        if (!own.signal.aborted) setKnown(() => value);
      },
      (error: unknown) => {
        if (!own.signal.aborted && chain.value?.signal.aborted === false) onTrouble(error);
      },
    );
    return () => own.abort();
  }, [block, ...again]);
  return known;
}
