/** What the chain says, read anew with every block. */
import { useEffect, useState } from "preact/hooks";
import { chain, head, onTrouble } from "../../chain/node.ts";

/**
 * @param read Has to be the same for the whole life of the component: give it another key for other inputs.
 * @param again Reads once more when one of these changes.
 * @returns undefined before it is known; what was known stays while it cannot be read.
 */
export function useReading<T>(read: () => Promise<T>, again: readonly unknown[] = []): T | undefined {
  const [known, setKnown] = useState<T>();
  const block = head.value?.hash;
  useEffect(() => {
    let isWanted = true;
    read().then(
      (value) => {
        if (isWanted) setKnown(() => value);
      },
      (error: unknown) => {
        if (isWanted && chain.value?.signal.aborted === false) {
          onTrouble(error instanceof Error ? error.message : String(error));
        }
      },
    );
    return () => {
      isWanted = false;
    };
  }, [block, ...again]);
  return known;
}
