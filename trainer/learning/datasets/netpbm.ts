/** Binary PGM and PPM images (http://netpbm.sourceforge.net/doc/pgm.html): "P5" or "P6", width, height, maximum, bytes. */
import type { DecodedImage } from "./decodedImage.ts";

/** Numbers of a header are parted by white space, in which a "#" starts a comment that ends with the line. */
const HEADER = /^P([56])(?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,9})\s/;
const MAX_HEADER_BYTES = 1_024;

/** @throws Error saying what is wrong, and what would do. */
export function decodeNetpbm(file: Uint8Array): DecodedImage {
  const text = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, MAX_HEADER_BYTES)).toString("latin1");
  const header = HEADER.exec(text);
  if (header === null) throw new Error("it is no binary PGM or PPM (P5 or P6). Convert it.");
  const [width, height, maximum] = header.slice(2).map(Number) as [number, number, number]; // three groups
  if (maximum !== 255) throw new Error(`its brightest value is ${maximum}. Convert it to 8 bits, which is 255.`);
  const channels = header[1] === "5" ? 1 : 3;
  const pixels = file.subarray(header[0].length);
  if (pixels.length !== width * height * channels) {
    throw new Error(
      `its header says ${width} x ${height} x ${channels} bytes, ${pixels.length} follow. Save it again.`,
    );
  }
  return { width, height, channels, pixels };
}
