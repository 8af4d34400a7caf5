import { expect } from "chai";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VectorFileDamaged, readVectors, writeVectors } from "../../trainer/storage/vectorFile.ts";
import { rejection } from "../learning/rejection.ts";

describe("vector file", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "foedus-vectors-"));
    file = join(folder, "vectors");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("gives back what was written, bit for bit", async () => {
    const vectors = {
      "a name\n": Float32Array.of(0.1, -0, 1e-42, 3e38),
      none: new Float32Array(0),
      b: Float32Array.of(7),
    };
    await writeVectors(file, { note: { round: 5 }, vectors });
    expect(await readVectors(file)).to.deep.equal({ note: { round: 5 }, vectors });
  });

  it("writes only its own part of a shared buffer", async () => {
    await writeVectors(file, { note: null, vectors: { part: Float32Array.of(1, 2, 3).subarray(1, 2) } });
    expect((await readVectors(file))?.vectors["part"]).to.deep.equal(Float32Array.of(2));
  });

  it("is nothing where there is no file", async () => expect(await readVectors(file)).to.equal(undefined));

  it("is refused when a byte has changed, or is missing, or follows", async () => {
    await writeVectors(file, { note: null, vectors: { a: Float32Array.of(1, 2, 3) } });
    const bytes = await readFile(file);
    const changed = Uint8Array.from(bytes);
    changed[changed.length - 1]! ^= 1;
    for (const wrong of [changed, bytes.subarray(0, -1), Buffer.concat([bytes, bytes]), Buffer.alloc(0)]) {
      await writeFile(file, wrong);
      expect(await rejection(readVectors(file))).to.be.instanceOf(VectorFileDamaged);
    }
  });
});
