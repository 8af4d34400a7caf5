import { expect } from "chai";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parameterCount } from "../../trainer/learning/architecture.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";
import { UnusableManifest } from "../../trainer/roles/manifest.ts";
import { keepManifestCopy, manifestCopy } from "../../trainer/roles/manifestCopy.ts";
import { manifestOf } from "../../trainer/roles/taskFile.ts";
import { rejection } from "../support/rejection.ts";
import { word } from "./aTask.ts";

const MANIFEST = manifestOf(exampleTaskFile(PRESETS.mlp));
const PARAMETERS = parameterCount(MANIFEST.architecture);

describe("manifest copy", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "foedus-manifests-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("comes back by its id, and is absent by any other", async () => {
    await keepManifestCopy(join(folder, "new"), word(1), MANIFEST);
    expect(await manifestCopy(join(folder, "new"), word(1), PARAMETERS)).to.deep.equal(MANIFEST);
    expect(await manifestCopy(join(folder, "new"), word(2), PARAMETERS)).to.equal(undefined);
    expect(await manifestCopy(join(folder, "elsewhere"), word(1), PARAMETERS)).to.equal(undefined);
  });

  it("that is damaged is refused", async () => {
    await keepManifestCopy(folder, word(1), MANIFEST);
    const [name = ""] = await readdir(folder);
    await writeFile(join(folder, name), "{");
    await rejection(manifestCopy(folder, word(1), PARAMETERS), UnusableManifest);
  });
});
