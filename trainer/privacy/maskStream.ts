// Masks: the ChaCha20 keystream (RFC 8439) of a 32-byte seed, nonce 0, counter from 0, as lanes. Lane l is word l % 16 of
// block l / 16 as a number, which is four bytes of the keystream read as little-endian. Added modulo 2^32.
//
// Streams are added a cache-sized part at a time, all seeds of a part before the next part, by four lanes an instruction:
// partSum.ts. What is left is little more than OpenSSL's own time.

import { createCipheriv } from "node:crypto";
import { PART_LANES, addToPart, loadPart, storePart, subtractFromPart } from "./partSum.ts";

export const SEED_BYTES = 32;
/** Lanes of one ChaCha20 block: streams start at a multiple of it. */
export const BLOCK_LANES = 16;

const ZEROS = new Uint8Array(4 * PART_LANES);
/** The block counter has 32 bits. */
const MAX_LANES = 2 ** 32 * BLOCK_LANES;

/** A stream to be added, or subtracted. */
export interface MaskStream {
  readonly seed: Uint8Array;
  readonly sign: 1 | -1;
}

/**
 * Adds or subtracts streams, in place, modulo 2^32.
 *
 * @param firstLane Which lane of the streams `target[0]` is; a multiple of 16.
 * @throws RangeError when a seed or `firstLane` is not as it must be; `target` is then as before.
 */
export function addStreams(target: Int32Array, streams: readonly MaskStream[], firstLane = 0): void {
  if (!(firstLane >= 0 && firstLane % BLOCK_LANES === 0 && firstLane + target.length <= MAX_LANES)) {
    throw new RangeError(`A stream starts at a multiple of ${BLOCK_LANES} lanes, not at ${firstLane}.`);
  }
  const ciphers = streams.map(({ seed, sign }) => ({ sign, cipher: keystream(seed, firstLane) }));
  for (let at = 0; at < target.length; at += PART_LANES) {
    const part = target.subarray(at, at + PART_LANES);
    const zeros = part.length === PART_LANES ? ZEROS : ZEROS.subarray(0, 4 * part.length);
    loadPart(part);
    for (const { cipher, sign } of ciphers) {
      const stream = cipher.update(zeros);
      if (sign === 1) addToPart(stream);
      else subtractFromPart(stream);
    }
    storePart(part);
  }
}

/** `lanes` lanes of a seed's stream from `firstLane` on, a multiple of 16: 32 of them are a chunk's. */
export function streamLanes(seed: Uint8Array, firstLane: number, lanes: number): Int32Array<ArrayBuffer> {
  const stream = new Int32Array(lanes);
  addStreams(stream, [{ seed, sign: 1 }], firstLane);
  return stream;
}

function keystream(seed: Uint8Array, firstLane: number): ReturnType<typeof createCipheriv> {
  if (seed.length !== SEED_BYTES) throw new RangeError(`A mask's seed has ${SEED_BYTES} bytes.`);
  // OpenSSL's initialisation vector: the counter, little-endian, then RFC 8439's nonce.
  const vector = Buffer.alloc(16);
  vector.writeUInt32LE(firstLane / BLOCK_LANES);
  return createCipheriv("chacha20", seed, vector);
}
