/** A store that says what had to be fetched from others. */
import type { ContentStore } from "./contentStore.ts";

/** @param onReceived Called for each block that came from outside, with its size in bytes. */
export function meteredStore(store: ContentStore, onReceived: (bytes: number) => void): ContentStore {
  return {
    ...store,
    get: (id, options) =>
      store.get(id, {
        ...options,
        onFetched(bytes) {
          onReceived(bytes);
          options.onFetched?.(bytes);
        },
      }),
  };
}
