/**
 * A content id is how a CID travels on chain: one 32-byte word, the sha2-256 digest of a UnixFS root.
 * Version (1), codec (dag-pb) and hash (sha2-256) are fixed, so the digest alone names the content.
 *
 * CID: https://github.com/multiformats/cid. The prefix of every string form is `bafybei`.
 */
import { fromHex, toHex } from "multiformats/bytes";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";

/** `0x` and 64 lower-case hex digits: the sha2-256 digest of a CIDv1 dag-pb root. */
export type ContentId = `0x${string}`;

export const DAG_PB = 0x70;
export const RAW = 0x55;
export const SHA2_256 = 0x12;

/** The CIDv1 that a content id stands for. Throws a TypeError if `id` is not 32 bytes of hex. */
export function contentIdToCid(id: ContentId): CID {
  if (!/^0x[0-9a-fA-F]{64}$/.test(id)) {
    throw new TypeError(`A content id is 0x and 64 hex digits (the digest of a CID), not ${shown(id)}.`);
  }
  return CID.createV1(DAG_PB, createDigest(SHA2_256, fromHex(id.slice(2))));
}

/**
 * The content id of a CID, given as an object or as text (`bafybei…`, `Qm…`).
 * Throws a TypeError for anything but a dag-pb sha2-256 CID: a raw or dag-cbor root has another meaning.
 */
export function cidToContentId(cid: CID | string): ContentId {
  const parsed = typeof cid === "string" ? parseCid(cid) : cid;
  if (parsed.code !== DAG_PB) {
    throw new TypeError(
      `${parsed.toString()} has codec 0x${parsed.code.toString(16)}; content on chain is a UnixFS root (dag-pb, 0x70). ` +
        "Add the file with Foedus, or with ipfs add --cid-version 1 and more than one chunk.",
    );
  }
  if (parsed.multihash.code !== SHA2_256 || parsed.multihash.digest.length !== 32) {
    throw new TypeError(`${parsed.toString()} is not hashed with sha2-256. Add it again with --hash sha2-256.`);
  }
  return `0x${toHex(parsed.multihash.digest)}`;
}

/** The form people read and paste: `bafybei…` (CIDv1, base32). */
export function contentIdToString(id: ContentId): string {
  return contentIdToCid(id).toString();
}

function parseCid(text: string): CID {
  try {
    return CID.parse(text);
  } catch {
    throw new TypeError(`${shown(text)} is not a CID. It should look like bafybei… or Qm….`);
  }
}

// Hostile text may be long: an error shows its start only.
function shown(text: string): string {
  return JSON.stringify(String(text).slice(0, 80));
}
