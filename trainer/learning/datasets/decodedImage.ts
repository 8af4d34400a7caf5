/** An image of 8 bits a channel. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Row after row, the channels of a pixel side by side. */
  readonly pixels: Uint8Array;
}
