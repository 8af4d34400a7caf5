/**
 * Content of IPFS from a gateway that need not be trusted: it is asked for single blocks, and each is checked against its CID
 * before it is believed (https://specs.ipfs.tech/http-gateways/trustless-gateway/).
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { CID } from "multiformats/cid";
import { boundedBody } from "../../trainer/chain/boundedBody.ts";
import type { ContentId } from "../../trainer/storage/contentId.ts";
import { SHA2_256 } from "../../trainer/storage/contentId.ts";
import { joinedBytes } from "../../trainer/storage/joinedBytes.ts";
import { MAX_BLOCK_BYTES, readContent } from "../../trainer/storage/unixfsRead.ts";

/** Why the gateway gave nothing that can be used. */
export type GatewayFault = "absent" | "unreachable" | "false";

export class GatewayFailed extends Error {
  override readonly name = "GatewayFailed";
  readonly fault: GatewayFault;
  constructor(fault: GatewayFault, block: CID, why: string) {
    super(`Block ${block.toString()}: ${why}`);
    this.fault = fault;
  }
}

export interface FetchOptions {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Told how many bytes are here and sound. */
  readonly onBytes?: (bytes: number) => void;
}

const BLOCKS_AHEAD = 4;
const PATIENCE_MS = 30_000;
const RAW = "application/vnd.ipld.raw";

/** The whole content. @throws GatewayFailed, ContentTooLarge, ContentMalformed, or the signal's reason. */
export async function fetchContent(gateway: string, id: ContentId, options: FetchOptions): Promise<Uint8Array> {
  const { maxBytes, signal, onBytes } = options;
  const parts: Uint8Array[] = [];
  let length = 0;
  const readBlock = (cid: CID, ends: AbortSignal) => fetchBlock(gateway, cid, ends);
  for await (const part of readContent(id, readBlock, { maxBytes, blocksAhead: BLOCKS_AHEAD, signal })) {
    parts.push(part);
    length += part.length;
    onBytes?.(length);
  }
  return joinedBytes(parts, length);
}

/** One block, sound. @throws GatewayFailed, or the signal's reason. */
async function fetchBlock(gateway: string, cid: CID, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = await askForBlock(gateway, cid, signal);
  if (isBlockOf(cid, bytes)) return bytes;
  throw new GatewayFailed("false", cid, "what came has another hash");
}

async function askForBlock(gateway: string, cid: CID, signal: AbortSignal): Promise<Uint8Array> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  try {
    const reply = await fetch(`${gateway.replace(/\/$/, "")}/ipfs/${cid.toString()}?format=raw`, {
      headers: { accept: RAW },
      credentials: "omit",
      signal: AbortSignal.any([signal, late]),
    });
    if (!reply.ok) {
      await reply.body?.cancel();
      throw new GatewayFailed("absent", cid, `the gateway answers ${reply.status}`);
    }
    return await boundedBytes(reply, cid);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof GatewayFailed) throw error;
    throw new GatewayFailed(late.aborted ? "absent" : "unreachable", cid, String(error).slice(0, 200));
  }
}

async function boundedBytes(reply: Response, cid: CID): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const tooLong = () => new GatewayFailed("false", cid, `more than a block's ${MAX_BLOCK_BYTES} bytes come`);
  for await (const part of boundedBody(reply, MAX_BLOCK_BYTES, tooLong)) {
    parts.push(part);
    length += part.length;
  }
  return joinedBytes(parts, length);
}

function isBlockOf({ multihash }: CID, bytes: Uint8Array): boolean {
  if (multihash.code !== SHA2_256) return false;
  const found = sha256(bytes);
  return found.length === multihash.digest.length && found.every((byte, i) => byte === multihash.digest[i]);
}
