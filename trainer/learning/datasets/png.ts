/** PNG images, greyscale or colour, any depth. Their size is read from the header before anything is decoded. */
import { PNG } from "pngjs";
import type { DecodedImage } from "./decodedImage.ts";

const SIGNATURE = "89504e470d0a1a0a";
/** Signature, length and name of the first chunk, width and height. */
const HEADER_BYTES = 24;

/**
 * @param assertSize throws if an image of that width and height is not wanted; it is not decoded then.
 * @throws Error saying what is wrong, and what would do.
 */
export function decodePng(file: Uint8Array, assertSize: (width: number, height: number) => void): DecodedImage {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  if (bytes.length < HEADER_BYTES || bytes.toString("hex", 0, 8) !== SIGNATURE) {
    throw new Error("it is no PNG. Convert it.");
  }
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  assertSize(width, height);
  let rgba: Buffer;
  try {
    rgba = PNG.sync.read(bytes).data;
  } catch (error) {
    throw new Error("it is damaged. Save it again.", { cause: error });
  }
  return opaque(rgba, width, height);
}

/** One channel if every pixel is grey, else three. */
function opaque(rgba: Buffer, width: number, height: number): DecodedImage {
  const count = width * height;
  let isGrey = true;
  for (let at = 0; at < 4 * count; at += 4) {
    if (rgba[at + 3] !== 255) throw new Error("it is transparent in places. Flatten it.");
    isGrey &&= rgba[at] === rgba[at + 1] && rgba[at] === rgba[at + 2];
  }
  const channels = isGrey ? 1 : 3;
  const pixels = new Uint8Array(count * channels);
  for (let pixel = 0; pixel < count; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      pixels[pixel * channels + channel] = rgba[4 * pixel + channel] as number;
    }
  }
  return { width, height, channels, pixels };
}
