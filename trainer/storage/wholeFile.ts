/** Files that are written whole: after a crash there is the old one or the new one, never a part. */
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Replaces `file`, readable by its owner only; returns when it is on disk. One at a time for a file. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const next = `${file}.next`;
  const handle = await open(next, "w", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
  // The new name is an entry of the folder, which is synced by itself.
  const folder = await open(dirname(file));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
