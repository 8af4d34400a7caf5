/** What makes a block its own: the hash in its CID. */
import { createHash } from "node:crypto";
import type { CID } from "multiformats/cid";
import { SHA2_256 } from "./contentId.ts";

/** True if the bytes hash to the CID (sha2-256 only). */
export function isBlockOf(cid: CID, bytes: Uint8Array): boolean {
  return cid.multihash.code === SHA2_256 && createHash("sha256").update(bytes).digest().equals(cid.multihash.digest);
}
