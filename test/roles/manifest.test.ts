import { expect } from "chai";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { parameterCount } from "../../trainer/learning/architecture.ts";
import { UnusableManifest, checkManifest, decodeManifest, encodeManifest } from "../../trainer/roles/manifest.ts";
import type { Manifest } from "../../trainer/roles/manifest.ts";

const MANIFEST: Manifest = {
  version: 1,
  title: "Irises",
  architecture: { kind: "mlp", inputs: [4], hidden: [8], classes: 3 },
  data: { kind: "csv", features: ["a", "b", "c", "d"], label: "species", classes: ["x", "y", "z"] },
  training: { epochs: 2, batchSize: 8, learningRate: 0.1, optimizer: "sgd" },
};
const PARAMETERS = parameterCount(MANIFEST.architecture);
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

describe("manifest", () => {
  it("comes back from its bytes as it was", () => {
    expect(decodeManifest(encodeManifest(MANIFEST), PARAMETERS)).to.deep.equal(MANIFEST);
    const { architecture, training } = PRESETS.cnn;
    const digits: Manifest = { version: 1, title: "Digits", architecture, data: { kind: "mnist" }, training };
    expect(decodeManifest(encodeManifest(digits), parameterCount(architecture))).to.deep.equal(digits);
  });

  it("has the same bytes for the same content, so that it has one content id", () => {
    expect(encodeManifest(MANIFEST)).to.deep.equal(encodeManifest(structuredClone(MANIFEST)));
  });

  it("does not belong to a task with another number of parameters", () => {
    expect(() => decodeManifest(encodeManifest(MANIFEST), PARAMETERS + 1))
      .to.throw(UnusableManifest)
      .with.property("message")
      .that.includes(`${PARAMETERS} parameters, the task has ${PARAMETERS + 1}`)
      .and.includes("do not stake on it");
  });

  it("is refused when it is not JSON or not text", () => {
    for (const bytes of [new TextEncoder().encode("{"), Uint8Array.of(0x22, 0xff, 0x22), new Uint8Array(0)]) {
      expect(() => decodeManifest(bytes, PARAMETERS)).to.throw(UnusableManifest, /not JSON/);
    }
  });

  const { architecture, data, training } = MANIFEST;
  const wrong: readonly [string, unknown][] = [
    ["version", { ...MANIFEST, version: 2 }],
    ["title", { ...MANIFEST, title: "" }],
    ["title", { ...MANIFEST, title: "x".repeat(201) }],
    ["architecture", { ...MANIFEST, architecture: { ...architecture, kind: "transformer" } }],
    ["architecture.inputs[0]", { ...MANIFEST, architecture: { ...architecture, inputs: [0] } }],
    ["architecture.hidden[0]", { ...MANIFEST, architecture: { ...architecture, hidden: ["8"] } }],
    ["architecture.classes", { ...MANIFEST, architecture: { ...architecture, classes: 1e9 } }],
    ["data", { ...MANIFEST, data: { kind: "images" } }],
    ["data.features", { ...MANIFEST, data: { ...data, features: [] } }],
    ["data.label", { ...MANIFEST, data: { ...data, label: 5 } }],
    ["training.epochs", { ...MANIFEST, training: { ...training, epochs: 0 } }],
    ["training.batchSize", { ...MANIFEST, training: { ...training, batchSize: 1e9 } }],
    ["training.learningRate", { ...MANIFEST, training: { ...training, learningRate: -1 } }],
    ["training.optimizer", { ...MANIFEST, training: { ...training, optimizer: "lion" } }],
    ["extra", { ...MANIFEST, extra: true }],
  ];
  for (const [field, value] of wrong) {
    it(`names ${field} when that is wrong`, () => {
      expect(() => checkManifest(value))
        .to.throw(UnusableManifest)
        .with.property("message")
        .that.includes(field);
      expect(() => decodeManifest(bytesOf(value), PARAMETERS)).to.throw(UnusableManifest);
    });
  }

  it("names every field that is wrong at once", () => {
    const message = (() => {
      try {
        checkManifest({ ...MANIFEST, title: "", training: { ...training, epochs: 0 } });
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    })();
    expect(message).to.include("title").and.include("training.epochs");
  });

  it("is refused when its network is larger than anybody should allocate", () => {
    const huge = { ...MANIFEST, architecture: { ...architecture, hidden: [16_384, 16_384] } };
    expect(() => checkManifest(huge)).to.throw(UnusableManifest, /more than 16777216 parameters/);
  });

  it("is refused when data and network do not fit", () => {
    const short = { ...MANIFEST, data: { ...data, features: ["a", "b"] } };
    expect(() => checkManifest(short)).to.throw(UnusableManifest, /takes 4 features a row, the data have 2/);
    const few = { ...MANIFEST, data: { ...data, classes: ["x", "y"] } };
    expect(() => checkManifest(few)).to.throw(UnusableManifest, /has 3 classes, the data have 2/);
    const digits = { ...MANIFEST, data: { kind: "mnist" } };
    expect(() => checkManifest(digits)).to.throw(UnusableManifest, /the data have 784/);
  });
});
