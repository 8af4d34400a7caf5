import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { addStreams } from "../../trainer/privacy/maskStream.ts";
import type { MaskStream } from "../../trainer/privacy/maskStream.ts";
import { addStreamsOnThreads } from "../../trainer/privacy/streamThreads.ts";
import { rejection } from "../support/rejection.ts";
import { randomBytes, seededRandom } from "../support/seededRandom.ts";

/** More keystream than one thread does alone, and a last slice that is not whole. */
const LANES = 5 * 128 * 1024 + 77;

describe("streamThreads", () => {
  const random = seededRandom("streamThreads");
  const streams = Array.from({ length: 12 }, (_, i): MaskStream => ({
    seed: randomBytes(random, 32),
    sign: i % 2 === 0 ? 1 : -1,
  }));
  const expected = new Int32Array(LANES).fill(7);
  addStreams(expected, streams);

  for (const threads of [1, 2, 3]) {
    it(`gives the same on ${threads} threads, again and again`, async () => {
      for (let i = 0; i < 3; i++) {
        const target = new Int32Array(LANES).fill(7);
        await addStreamsOnThreads(target, streams, { threads });
        expect(Buffer.compare(Buffer.from(target.buffer), Buffer.from(expected.buffer))).to.equal(0);
      }
    });
  }

  it("lets several vectors be masked at once", async () => {
    const targets = [0, 1, 2, 3].map(() => new Int32Array(LANES).fill(7));
    await Promise.all(targets.map((target) => addStreamsOnThreads(target, streams, { threads: 2 })));
    for (const target of targets)
      expect(Buffer.from(target.buffer).equals(Buffer.from(expected.buffer))).to.equal(true);
  });

  it("does nothing to an empty vector, and changes none without streams", async () => {
    await addStreamsOnThreads(new Int32Array(0), streams);
    const target = new Int32Array(1000).fill(3);
    await addStreamsOnThreads(target, []);
    expect(target.every((lane) => lane === 3)).to.equal(true);
  });

  it("lets events in while it works, and stops between slices when told to", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const target = new Int32Array(LANES);
    const adding = addStreamsOnThreads(target, streams, { threads: 1, signal: stop.signal });
    setImmediate(() => stop.abort(reason));
    expect(await rejection(adding, Error)).to.equal(reason);
    expect(target.at(-1)).to.equal(0);
    const before = addStreamsOnThreads(target, streams, { signal: AbortSignal.abort(reason) });
    expect(await rejection(before, Error)).to.equal(reason);
  });

  it("refuses a seed of another size", async () => {
    const bad = [...streams, { seed: new Uint8Array(31), sign: 1 } as const];
    await rejection(addStreamsOnThreads(new Int32Array(LANES), bad, { threads: 2 }), RangeError);
  });

  it("keeps no process alive, with workers started or not", () => {
    const module = JSON.stringify(new URL("../../trainer/privacy/streamThreads.ts", import.meta.url).href);
    const script = `
      import { addStreamsOnThreads } from ${module};
      const streams = Array.from({ length: 12 }, (_, i) => ({ seed: new Uint8Array(32).fill(i), sign: 1 }));
      for (let i = 0; i < 20; i++) await addStreamsOnThreads(new Int32Array(${LANES}), streams, { threads: 3 });
      console.log("done");
    `;
    const said = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { timeout: 20_000 });
    expect(String(said)).to.equal("done\n");
  });
});
