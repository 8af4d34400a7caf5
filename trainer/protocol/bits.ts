/** Numbers of a few bits one after the other in bytes, the most significant bit first. */

export interface BitWriter {
  /** A number below 2^width; up to 24 bits. */
  write(value: number, width: number): void;
  /** Zeros up to the next whole byte. */
  align(): void;
  /** What was written, as far as it fills whole bytes. */
  bytes(): Uint8Array<ArrayBuffer>;
}

export interface BitReader {
  /**
   * A number of `width` bits, up to 24.
   * @throws BitsEnded
   */
  read(width: number): number;
  align(): void;
  /** Bytes that have not been begun. */
  readonly left: number;
}

/** More was to be read than there is. */
export class BitsEnded extends Error {
  override readonly name = "BitsEnded";
}

/** @param mostBytes It holds no more. */
export function createBitWriter(mostBytes: number): BitWriter {
  const bytes = new Uint8Array(mostBytes);
  let [at, pending, filled] = [0, 0, 0];
  const write = (value: number, width: number) => {
    pending = (pending << width) | value;
    filled += width;
    while (filled >= 8) {
      filled -= 8;
      if (at === bytes.length) throw new RangeError(`There is room for ${mostBytes} bytes.`);
      bytes[at++] = pending >>> filled;
    }
    pending &= (1 << filled) - 1;
  };
  return {
    write,
    align: () => write(0, (8 - filled) % 8),
    bytes: () => bytes.slice(0, at),
  };
}

export function createBitReader(bytes: Uint8Array): BitReader {
  let [at, pending, filled] = [0, 0, 0];
  return {
    read(width) {
      while (filled < width) {
        if (at === bytes.length)
          throw new BitsEnded(`The ${bytes.length} bytes end before what is to be read from them.`);
        pending = (pending << 8) | bytes[at++]!;
        filled += 8;
      }
      filled -= width;
      const value = pending >>> filled;
      pending &= (1 << filled) - 1;
      return value;
    },
    align: () => void ([pending, filled] = [0, 0]),
    get left() {
      return bytes.length - at;
    },
  };
}
