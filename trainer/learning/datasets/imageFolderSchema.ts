/** A folder of images as the task's manifest describes it. */
import { z } from "zod";
import { imageShape } from "./imageShape.ts";

/** A folder's name and no path: the manifest of a stranger must not lead out of the folder that was meant. */
const folderName = z
  .string()
  .max(256)
  .regex(/^[^./\\\0][^/\\\0]*$/, "A class is the name of a folder: without slashes, not starting with a dot.");

export const imageFolderSchema = z
  .strictObject({
    kind: z.literal("imageFolder"),
    ...imageShape,
    /** Names of the folders; the network's classes in this order. A trainer may lack some. */
    classes: z.array(folderName).min(2).max(1_000),
  })
  .refine(({ classes }) => new Set(classes).size === classes.length, {
    path: ["classes"],
    error: "A class is named twice.",
  });

export type ImageFolderSchema = z.infer<typeof imageFolderSchema>;
