// Lanes as bytes: signed 32-bit integers, two's complement, big-endian, unpadded. These are the bytes stored on IPFS,
// and eight lanes are one EVM word.

/** Writes lanes as big-endian bytes; the result has exactly `4 * lanes.length` bytes. */
export function lanesToBytes(lanes: Int32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lanes.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < lanes.length; i++) view.setInt32(i * 4, lanes[i]!);
  return bytes;
}

/**
 * Reads big-endian bytes as lanes.
 *
 * @throws RangeError when the number of bytes is not a multiple of four.
 */
export function bytesToLanes(bytes: Uint8Array): Int32Array<ArrayBuffer> {
  if (bytes.length % 4 !== 0) {
    throw new RangeError(`${bytes.length} bytes are not whole lanes of four; fetch the vector again.`);
  }
  const lanes = new Int32Array(bytes.length / 4);
  new Uint8Array(lanes.buffer).set(bytes);
  lanesFromBigEndian(lanes);
  return lanes;
}

/**
 * Turns a vector that was read into its own memory as big-endian bytes into lanes, in place.
 *
 * @returns the largest magnitude among them: whether all are in range is then known without another pass over them.
 */
export function lanesFromBigEndian(lanes: Int32Array): number {
  const view = new DataView(lanes.buffer, lanes.byteOffset, lanes.byteLength);
  let [least, most] = [0, 0];
  for (let i = 0; i < lanes.length; i++) {
    const lane = view.getInt32(i * 4);
    lanes[i] = lane;
    if (lane > most) most = lane;
    else if (lane < least) least = lane;
  }
  return Math.max(most, -least);
}

/**
 * Adds lanes to a running sum, in place, modulo 2^32.
 *
 * @throws RangeError when the vectors have different lengths.
 */
export function addLanes(sum: Int32Array, lanes: Int32Array): void {
  if (sum.length !== lanes.length) {
    throw new RangeError(`Cannot add ${lanes.length} lanes to a sum of ${sum.length}; they are of different models.`);
  }
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + lanes[i]!; // storing in an Int32Array is modulo 2^32
}
