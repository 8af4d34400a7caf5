/**
 * Content of IPFS from the settings' gateway, block by block, each checked against its CID before anything is believed: who
 * runs the gateway can give nothing else, or nothing (https://specs.ipfs.tech/http-gateways/trustless-gateway/).
 */
import type { CID } from "multiformats/cid";
import { SHA2_256 } from "../trainer/storage/contentId.ts";
import type { ContentId } from "../trainer/storage/contentId.ts";

/** The gateway does not give it. */
export class ContentUnavailable extends Error {
  override readonly name = "ContentUnavailable";
}

const BLOCKS_AHEAD = 4;
const BLOCK_TIMEOUT_MS = 20_000;

/**
 * A whole file.
 * @param gateway The address before "/ipfs/".
 * @param onBytes Told how many have come.
 * @throws ContentUnavailable; what reading throws of content that is too large or malformed; the signal's reason.
 */
export async function fetchContent(
  gateway: string,
  id: ContentId,
  options: { readonly maxBytes: number; readonly signal: AbortSignal; readonly onBytes?: (bytes: number) => void },
): Promise<Uint8Array> {
  const { readContent, MAX_BLOCK_BYTES } = await import("../trainer/storage/unixfsRead.ts");
  const readBlock = (cid: CID, signal: AbortSignal) => fetchBlock(gateway, cid, MAX_BLOCK_BYTES, signal);
  const { maxBytes, signal, onBytes } = options;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of readContent(id, readBlock, { maxBytes, blocksAhead: BLOCKS_AHEAD, signal })) {
    parts.push(part);
    length += part.length;
    onBytes?.(length);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function fetchBlock(gateway: string, cid: CID, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const url = `${gateway.replace(/\/+$/, "")}/ipfs/${cid.toString()}?format=raw`;
  const response = await fetch(url, {
    headers: { accept: "application/vnd.ipld.raw" },
    signal: AbortSignal.any([signal, AbortSignal.timeout(BLOCK_TIMEOUT_MS)]),
    referrerPolicy: "no-referrer",
    credentials: "omit",
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new ContentUnavailable(`The gateway does not answer.`, { cause: error });
  });
  if (!response.ok) throw new ContentUnavailable(`The gateway answers HTTP ${response.status}.`);
  const bytes = await boundedBytes(response, maxBytes);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const { code, digest: wanted } = cid.multihash;
  if (code !== SHA2_256 || wanted.length !== digest.length || wanted.some((byte, at) => byte !== digest[at])) {
    throw new ContentUnavailable("The gateway gives another content than was asked for.");
  }
  return bytes;
}

async function boundedBytes(response: Response, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const bytes = new Uint8Array(most);
  let length = 0;
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    if (length + part.value.length > most) {
      await reader?.cancel();
      throw new ContentUnavailable("The gateway gives a block larger than any that there is.");
    }
    bytes.set(part.value, length);
    length += part.value.length;
  }
  return bytes.slice(0, length);
}
