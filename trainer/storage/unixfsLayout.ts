/**
 * How content becomes blocks: UnixFS in chunks of 1 MiB as raw leaves, 1024 links a node, balanced, CIDv1.
 * That is the profile `unixfs-v1-2025` (IPIP-499), with one difference: the root is a dag-pb node even when there is
 * only one leaf, because a content id has no room for the codec. For content of more than one chunk,
 * `ipfs add --cid-version 1 --chunker size-1048576 --max-file-links 1024` gives the same CID.
 */
import { importFile } from "ipfs-unixfs-importer";
import { fixedSize } from "ipfs-unixfs-importer/chunker";
import { balanced } from "ipfs-unixfs-importer/layout";
import type { CID } from "multiformats/cid";
import { cidToContentId, type ContentId } from "./contentId.ts";

export const CHUNK_BYTES = 1_048_576;
export const LINKS_PER_NODE = 1024;
// Chunks hashed and written at once; bounds memory to as many MiB.
const WRITES_AT_ONCE = 8;

/** Cuts the content into blocks, hands each to `putBlock` (leaves first, the root last) and returns the id. */
export async function writeContent(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  putBlock: (cid: CID, bytes: Uint8Array) => Promise<void>,
  signal?: AbortSignal,
): Promise<ContentId> {
  signal?.throwIfAborted();
  const blocks = {
    async put(cid: CID, bytes: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<CID> {
      signal?.throwIfAborted();
      if (!(bytes instanceof Uint8Array)) throw new TypeError("The importer writes whole blocks.");
      await putBlock(cid, bytes);
      return cid;
    },
  };
  const root = await importFile({ content }, blocks, {
    cidVersion: 1,
    rawLeaves: true,
    reduceSingleLeafToSelf: false,
    chunker: fixedSize({ chunkSize: CHUNK_BYTES }),
    layout: balanced({ maxChildrenPerNode: LINKS_PER_NODE }),
    blockWriteConcurrency: WRITES_AT_ONCE,
  });
  return cidToContentId(root.cid);
}
