/** Copies of manifests in the own folder, so that short commands know a task's settings without opening the store. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { contentIdToString } from "../storage/contentId.ts";
import type { ContentId } from "../storage/contentId.ts";
import { writeWhole } from "../storage/wholeFile.ts";
import { decodeManifest, encodeManifest } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";

/** Keeps what was fetched, or made, under this id. */
export async function keepManifestCopy(folder: string, id: ContentId, manifest: Manifest): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeWhole(fileOf(folder, id), new TextDecoder().decode(encodeManifest(manifest)));
}

/**
 * The manifest kept under this id; undefined where none is.
 * @throws UnusableManifest if the file is damaged.
 */
export async function manifestCopy(folder: string, id: ContentId, parameters: number): Promise<Manifest | undefined> {
  try {
    return decodeManifest(await readFile(fileOf(folder, id)), parameters);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function fileOf(folder: string, id: ContentId): string {
  return join(folder, `${contentIdToString(id)}.json`);
}
