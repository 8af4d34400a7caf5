/** What a manifest says of the size of its images; no larger than a convolutional network takes. */
import { z } from "zod";

const side = z.int().min(1).max(128);

export const imageShape = {
  /** In pixels. */
  height: side,
  width: side,
  /** 1 for greyscale, which it is unless given, 3 for red, green and blue. */
  channels: z.union([z.literal(1), z.literal(3)]).optional(),
};
