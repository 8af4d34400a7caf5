import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Architecture } from "../../trainer/learning/architecture.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";
import { UnfitModel, readWeights, weightsFor } from "../../trainer/roles/initialModel.ts";
import { manifestOf } from "../../trainer/roles/taskFile.ts";
import { rejection } from "../learning/rejection.ts";
import { word } from "./aTask.ts";

const SMALL: Architecture = { kind: "mlp", inputs: [2], hidden: [3], classes: 2 };
const WEIGHTS = Float32Array.from({ length: 17 }, (_, i) => i / 8);

describe("model that a task starts from", () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "foedus-model-"))));
  after(() => rm(folder, { recursive: true, force: true }));

  it("is another task's, if its network has the same layers", () => {
    const manifest = { ...manifestOf(exampleTaskFile(PRESETS.mlp)), architecture: SMALL };
    const published = { manifest, weights: WEIGHTS, round: 3, root: word(1) };
    expect(weightsFor(SMALL, published)).to.equal(WEIGHTS);
    const wider: Architecture = { ...SMALL, hidden: [3, 4] };
    expect(() => weightsFor(wider, published)).to.throw(UnfitModel, "differ from layer 2 on");
    expect(() => weightsFor({ ...SMALL, hidden: [] }, published)).to.throw(UnfitModel, '"hidden":[3]');
  });

  it("is a file of as many float32 as the network has, all of them numbers", async () => {
    const file = join(folder, "weights.f32");
    await writeFile(file, new Uint8Array(WEIGHTS.buffer));
    expect(await readWeights(file, SMALL)).to.deep.equal(WEIGHTS);
    for (const [bytes, words] of [
      [new Uint8Array(WEIGHTS.buffer, 4), "has 64 bytes, the network's 17 float32 take 68"],
      [new Uint8Array(WEIGHTS.with(5, NaN).buffer), "NaN"],
    ] as const) {
      await writeFile(file, bytes);
      const error = await rejection(readWeights(file, SMALL));
      expect(error).to.be.instanceOf(UnfitModel);
      expect((error as Error).message).to.contain(words);
    }
    expect(await rejection(readWeights(join(folder, "none"), SMALL))).to.be.instanceOf(UnfitModel);
  });
});
