/** What can go wrong with stored content. Each message says what happened and what to do next. */
import { contentIdToString, type ContentId } from "./contentId.ts";

/** Nobody served the content, or not in time. Worth another try: a provider may come back. */
export class ContentNotFound extends Error {
  override readonly name = "ContentNotFound";
  readonly id: ContentId;
  constructor(id: ContentId, why: string, options?: ErrorOptions) {
    super(`Content ${contentIdToString(id)} could not be fetched: ${why}`, options);
    this.id = id;
  }
}

/** A read was given up when its time was over, whatever it might have come to. */
export class ReadTookTooLong extends ContentNotFound {
  constructor(id: ContentId, timeoutMs: number, options?: ErrorOptions) {
    super(id, `it took longer than ${timeoutMs / 1000} s. Try again, what arrived is kept.`, options);
  }
}

/** The content is larger than the reader allows. Trying again will not help. */
export class ContentTooLarge extends Error {
  override readonly name = "ContentTooLarge";
  readonly id: ContentId;
  readonly maxBytes: number;
  constructor(id: ContentId, bytes: bigint | number, maxBytes: number) {
    super(
      `Content ${contentIdToString(id)} has ${bytes} bytes, at most ${maxBytes} are allowed. ` +
        "Treat it as absent, or raise the limit if you trust whoever published it.",
    );
    this.id = id;
    this.maxBytes = maxBytes;
  }
}

/** The blocks are what their CIDs say, but they are not a sound UnixFS file. Trying again will not help. */
export class ContentMalformed extends Error {
  override readonly name = "ContentMalformed";
  readonly id: ContentId;
  constructor(id: ContentId, why: string, options?: ErrorOptions) {
    super(`Content ${contentIdToString(id)} is not a sound UnixFS file: ${why}. Treat it as absent.`, options);
    this.id = id;
  }
}

/** A block on disk no longer hashed to its CID, was dropped, and nobody could replace it. */
export class ContentCorrupt extends Error {
  override readonly name = "ContentCorrupt";
  readonly id: ContentId;
  readonly block: string;
  constructor(id: ContentId, block: string, folder: string, why: string, options?: ErrorOptions) {
    super(
      `Block ${block} of content ${contentIdToString(id)} was damaged on disk and has been deleted from ${folder}, ` +
        `but could not be fetched again: ${why} Deleting blocks is safe, they are only copies: ` +
        "try again when a peer that holds the content is online, or put the original once more. " +
        "If this happens often, check the disk.",
      options,
    );
    this.id = id;
    this.block = block;
  }
}

/** The bytes are what the CID says, but not what the reader was promised (a root, a schema). */
export class ContentMismatch extends Error {
  override readonly name = "ContentMismatch";
  readonly id: ContentId;
  constructor(id: ContentId, why: string, options?: ErrorOptions) {
    super(
      `Content ${contentIdToString(id)} is not what was promised: ${why} ` +
        "Bytes that don't hash to the root count as absent: attest that this seat could not be fetched.",
      options,
    );
    this.id = id;
  }
}

/** The store itself does not answer. */
export class StoreUnreachable extends Error {
  override readonly name = "StoreUnreachable";
  readonly url: string;
  constructor(url: string, why: string, options?: ErrorOptions) {
    super(
      `No IPFS node answers at ${url} (${why}). Start one with: ipfs daemon. ` +
        "Or leave --ipfs away to use the embedded node.",
      options,
    );
    this.url = url;
  }
}

/** Another process has the folder open. */
export class StoreInUse extends Error {
  override readonly name = "StoreInUse";
  readonly pid: number;
  constructor(folder: string, pid: number, lockFile: string) {
    super(
      `The block store ${folder} is in use by process ${pid}. Give each bot a folder of its own, or stop that process. ` +
        `If process ${pid} is not a Foedus bot, delete ${lockFile} and start again.`,
    );
    this.pid = pid;
  }
}

/** The store was stopped while it was being used, or used after it. */
export class StoreStopped extends Error {
  override readonly name = "StoreStopped";
  constructor() {
    super("The content store has been stopped. Open it again to go on; blocks that arrived are kept.");
  }
}
