/** How much a folder holds. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Bytes of the files in a folder and those below it; 0 if there is none. What vanishes meanwhile is not counted. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await folderBytes(path);
    else if (entry.isFile()) bytes += await stat(path).then(({ size }) => size, () => 0); // prettier-ignore
  }
  return bytes;
}
