/** A folder of images as the task's manifest describes it. */
import { z } from "zod";
import type { Fault } from "../../protocol/fault.ts";
import type { TableFaults } from "./csvSchema.ts";
import { imageShape } from "./imageShape.ts";

export interface FolderFaults {
  noFolderName: object;
}

/** A folder's name and no path: the manifest of a stranger must not lead out of the folder that was meant. */
const folderName = z
  .string()
  .max(256)
  .refine((name) => /^[^./\\\0][^/\\\0]*$/.test(name), {
    error: "A class is the name of a folder: without slashes, not starting with a dot.",
    params: { fault: "noFolderName" } satisfies Fault<FolderFaults>,
  });

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
    params: { fault: "classTwice" } satisfies Fault<TableFaults>,
  });

export type ImageFolderSchema = z.infer<typeof imageFolderSchema>;
