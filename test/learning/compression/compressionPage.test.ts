import { readFileSync } from "node:fs";
import { expect } from "chai";
import { compressionSchema } from "../../../trainer/learning/compression/compression.ts";
import { drawnLanes } from "../../../trainer/learning/compression/keptLanes.ts";
import { encodeCompact } from "../../../trainer/protocol/compactUpdate.ts";

const read = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");

describe("docs/compression.md", () => {
  it("shows the compression of a task file that could be opened", () => {
    const [, shown] = /^```json\n"compression": (.*)\n```$/m.exec(read("compression.md")) ?? [];
    const compression = compressionSchema.parse(JSON.parse(shown ?? ""));
    const { compression: ofFile } = JSON.parse(read("examples/compressed.json")) as { compression: unknown };
    expect(compression).to.deep.equal(ofFile);
  });
});

describe("docs/protocol.md, compressed updates", () => {
  // Whoever reads updates of an older version must read the same: these bytes and positions never change.
  it("are written so", () => {
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
    const positions = Uint32Array.of(2, 11, 19);
    const largest = { lanes: 20, keep: "largest", kept: 3, bits: 4 } as const;
    // r = 2: 2, 8 and 7 between are 0 10, 110 00 and 10 11; least -10, step 5, levels 0, 15, 1.
    expect(hex(encodeCompact(largest, { positions, values: Int32Array.of(-10, 65, -5) }))).to.equal(
      "01" + "58b0" + "fffffff6" + "00000005" + "0f10",
    );
    const random = { lanes: 20, keep: "random", kept: 2, bits: 32 } as const;
    expect(hex(encodeCompact(random, { positions: undefined, values: Int32Array.of(1, -1) }))).to.equal(
      "01" + "00000001" + "ffffffff",
    );
  });

  it("are drawn so", () => {
    expect([...drawnLanes("0xab/3/0xcd", 100, 5)]).to.deep.equal([1, 10, 43, 50, 75]);
  });
});
