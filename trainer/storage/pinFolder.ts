/** Which content is pinned: a folder with one empty file a content id. Survives any crash, readable with ls. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContentId } from "./contentId.ts";

export interface PinFolder {
  add(id: ContentId): Promise<void>;
  remove(id: ContentId): Promise<boolean>;
  has(id: ContentId): Promise<boolean>;
  list(): Promise<ContentId[]>;
}

export async function openPinFolder(folder: string): Promise<PinFolder> {
  await mkdir(folder, { recursive: true });
  const list = async (): Promise<ContentId[]> =>
    (await readdir(folder)).filter((name): name is ContentId => /^0x[0-9a-f]{64}$/.test(name));
  const has = async (id: ContentId): Promise<boolean> => (await list()).includes(canonical(id));
  return {
    list,
    has,
    add: (id) => writeFile(join(folder, canonical(id)), ""),
    async remove(id) {
      const was = await has(id);
      await rm(join(folder, canonical(id)), { force: true });
      return was;
    },
  };
}

function canonical(id: ContentId): ContentId {
  return id.toLowerCase() as ContentId;
}
