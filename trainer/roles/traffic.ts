/** Reads from other participants' stores, counting what had to travel. */
import { addressesToDial } from "./directory.ts";
import type { Entry } from "./directory.ts";
import type { ContentId } from "../storage/contentId.ts";
import type { ContentStore } from "../storage/contentStore.ts";
import { fetchBytes } from "../storage/fetchVerified.ts";

export interface Traffic {
  /** The whole content, from the own store or from those of `from` who have it. Throws as fetchBytes does. */
  fetch(id: ContentId, request: FetchRequest): Promise<Uint8Array>;
  /** Bytes received from others so far. */
  received(): number;
}

export interface FetchRequest {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly from: readonly Entry[];
  readonly signal: AbortSignal;
}

/** @param keep Called for everything that was fetched: it shall be there for others too, as long as the task asks. */
export function createTraffic(store: ContentStore, keep: (id: ContentId) => Promise<void> = async () => {}): Traffic {
  let received = 0;
  return {
    async fetch(id, { maxBytes, timeoutMs, from, signal }) {
      const providers = addressesToDial(from);
      const { bytes, fetchedBytes } = await fetchBytes(store, id, { maxBytes, timeoutMs, providers, signal });
      received += fetchedBytes;
      await keep(id);
      return bytes;
    },
    received: () => received,
  };
}
