import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { folderBytes } from "../../trainer/storage/folderSize.ts";

describe("The size of a folder", () => {
  it("is that of its files, however deep, and of nothing that is linked", async () => {
    const folder = await mkdtemp(join(tmpdir(), "foedus-size-"));
    try {
      expect(await folderBytes(folder)).to.equal(0);
      await mkdir(join(folder, "a", "b"), { recursive: true });
      await writeFile(join(folder, "one"), Buffer.alloc(10));
      await writeFile(join(folder, "a", "b", "two"), Buffer.alloc(32));
      await symlink(folder, join(folder, "a", "loop"));
      expect(await folderBytes(folder)).to.equal(42);
      expect(await folderBytes(join(folder, "nowhere"))).to.equal(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
