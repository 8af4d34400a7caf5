import { expect } from "chai";
import { BackendNotInstalled } from "../../../trainer/learning/backend.ts";
import { openBackend } from "../../../trainer/learning/openBackend.ts";
import type { BackendName } from "../../../trainer/learning/backend.ts";
import { diagnose } from "../../../trainer/learning/backends/diagnosis.ts";
import type { Finding } from "../../../trainer/learning/backends/diagnosis.ts";
import { rejection } from "../rejection.ts";

describe("diagnose", () => {
  /** A machine with WASM alone. */
  async function open(name: BackendName) {
    if (name === "wasm") return openBackend("wasm");
    throw new BackendNotInstalled(`install ${name}`);
  }

  it("measures what works, and says of the rest what to do", async () => {
    const findings: Finding[] = [];
    for await (const finding of diagnose({ seconds: 0.05, open })) findings.push(finding);
    expect(findings.map(({ name, works }) => [name, works])).to.deep.equal([
      ["tensorflow", false],
      ["webgpu", false],
      ["wasm", true],
      ["cpu", false],
    ]);
    const [tensorflow, , wasm] = findings;
    expect(tensorflow).to.include({ reason: "install tensorflow" });
    if (wasm?.works !== true) throw new Error("WASM works.");
    const { mlp, cnn } = wasm.samplesPerSecond;
    // By the clock, and on a busy machine a fiftieth of a second may pass between any two rows.
    for (const rate of [mlp, cnn]) expect(rate).to.be.within(1, 1e6);
    expect((await openBackend()).strayTensors()).to.equal(0);
  });

  it("stops when told to", async () => {
    const stop = new AbortController();
    const findings = diagnose({ seconds: 60, signal: stop.signal, open });
    await findings.next();
    await findings.next();
    const measuring = rejection(findings.next());
    stop.abort(new Error("enough"));
    expect((await measuring).message).to.equal("enough");
  });
});
