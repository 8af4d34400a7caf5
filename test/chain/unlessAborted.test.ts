import { getEventListeners } from "node:events";
import { expect } from "chai";
import { unlessAborted } from "../../trainer/chain/unlessAborted.ts";

describe("work unless aborted", () => {
  const gone = new RangeError("gone");
  const silent = new Promise<never>(() => undefined);
  const failed = (work: Promise<unknown>) =>
    work.then(
      () => "nothing",
      (error: unknown) => error,
    );

  it("gives what the work gives, or its error, and leaves nothing at the signal", async () => {
    const { signal } = new AbortController();
    const wrong = new Error("wrong");
    expect(await unlessAborted(Promise.resolve(3), signal)).to.equal(3);
    expect(await failed(unlessAborted(Promise.reject(wrong), signal))).to.equal(wrong);
    expect(getEventListeners(signal, "abort")).to.have.length(0);
  });

  it("rejects with the signal's reason while the work is silent, however it ends later", async () => {
    const ends = new AbortController();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const waits = [failed(unlessAborted(silent, ends.signal)), failed(unlessAborted(late, ends.signal))];
    ends.abort(gone);
    expect(await Promise.all(waits)).to.deep.equal([gone, gone]);
    reject(new Error("too late to matter"));
    await new Promise((next) => setImmediate(next));
  });

  it("waits for nothing where the signal has aborted before", async () => {
    expect(await failed(unlessAborted(silent, AbortSignal.abort(gone)))).to.equal(gone);
  });
});
