/**
 * What the roles need of IPFS, and no more. Two implementations: heliaStore (embedded) and kuboStore (RPC).
 * Content is a file; its name is the digest of its UnixFS root, so what comes back is what was asked for.
 */
import type { CID } from "multiformats/cid";
import type { ContentId } from "./contentId.ts";

export interface GetOptions {
  /** Refuse content larger than this, by its own word before fetching and by count while reading. */
  maxBytes: number;
  /** Bounds the whole read, the reader's own pauses included. */
  timeoutMs: number;
  /** Multiaddresses of peers that may hold it, best first. Those that fail are passed over. */
  providers?: readonly string[];
  /** Hears of each block that had to be fetched from outside, by its size in bytes. */
  onFetched?: (bytes: number) => void;
  signal?: AbortSignal;
}

export interface ContentStore {
  /** Adds and pins the content and returns its id. The same bytes give the same id in every store. */
  put(content: Uint8Array | AsyncIterable<Uint8Array>, options?: { signal?: AbortSignal }): Promise<ContentId>;

  /**
   * Streams the content in order, every block verified against its CID before a byte of it is given out.
   * Blocks that arrived before a failure are kept, so a second call only fetches the rest.
   *
   * Errors: ContentNotFound (nobody served it, or not in time), ContentTooLarge, ContentMalformed,
   * ContentCorrupt, StoreUnreachable; an abort rejects with the signal's reason.
   */
  get(id: ContentId, options: GetOptions): AsyncIterable<Uint8Array>;

  /** True if all of it is local and sound. Asks nobody. */
  holds(id: ContentId, options?: { signal?: AbortSignal }): Promise<boolean>;

  /** One block, if it is local and sound. Asks nobody. */
  block(cid: CID, options?: { signal?: AbortSignal }): Promise<Uint8Array | undefined>;

  /** Keeps local content until `unpin`. Throws ContentNotFound if it is not all local: get it first. */
  pin(id: ContentId, options?: { signal?: AbortSignal }): Promise<void>;

  /** Lets the content be collected. No error if it was not pinned. */
  unpin(id: ContentId): Promise<void>;

  pinned(): AsyncIterable<ContentId>;

  /** Multiaddresses that others can dial, each ending in the peer id. */
  addresses(): Promise<string[]>;

  /** Ends every transfer and lets go of sockets and files. Safe to call twice. */
  stop(): Promise<void>;
}
