/**
 * The IDX format of the MNIST files (http://yann.lecun.com/exdb/mnist): two zero bytes, a type, the number of
 * dimensions, each size as a big-endian 32-bit number, then the values. Unsigned bytes only, which
 * is what images have.
 */
const UNSIGNED_BYTE = 0x08;
const MAX_DIMENSIONS = 4;

export interface IdxArray {
  readonly shape: readonly number[];
  /** A view of the file, not a copy. */
  readonly values: Uint8Array;
}

/** The file is not a complete IDX array of bytes. */
export class MalformedIdx extends Error {
  override name = "MalformedIdx";
}

/** @throws MalformedIdx if header and length contradict each other. */
export function parseIdx(file: Uint8Array): IdxArray {
  if (file.length < 4) throw new MalformedIdx(`An IDX file has at least 4 bytes, this one ${file.length}.`);
  const [zero1, zero2, type, dimensions] = file as unknown as [number, number, number, number]; // 4 bytes, checked
  if (zero1 !== 0 || zero2 !== 0)
    throw new MalformedIdx("An IDX file starts with two zero bytes. Is it still gzipped?");
  if (type !== UNSIGNED_BYTE) {
    throw new MalformedIdx(`IDX type 0x${type.toString(16)} is not supported: convert the values to unsigned bytes.`);
  }
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw new MalformedIdx(`An IDX array has 1 to ${MAX_DIMENSIONS} dimensions, this one says ${dimensions}.`);
  }
  const header = 4 + 4 * dimensions;
  if (file.length < header) throw new MalformedIdx("The IDX file ends inside its header. Download it again.");
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== file.length - header) {
    throw new MalformedIdx(
      `The IDX header says ${shape.join(" x ")} = ${size} values, the file holds ${file.length - header}. ` +
        "Download it again.",
    );
  }
  return { shape, values: file.subarray(header) };
}
