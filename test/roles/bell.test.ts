import { expect } from "chai";
import { createBell } from "../../trainer/roles/bell.ts";
import { rejection } from "../learning/rejection.ts";

const never = new AbortController().signal;

describe("bell", () => {
  it("wakes who listens", async () => {
    const bell = createBell(never);
    const heard = bell.heard();
    bell.ring();
    await heard;
  });

  it("does not lose a ring while nobody listens", async () => {
    const bell = createBell(never);
    bell.ring();
    await bell.heard();
  });

  it("is heard once for many rings", async () => {
    const bell = createBell(never);
    bell.ring();
    bell.ring();
    await bell.heard();
    let again = false;
    void bell.heard().then(() => (again = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(again).to.equal(false);
    bell.ring();
    await new Promise((resolve) => setImmediate(resolve));
    expect(again).to.equal(true);
  });

  it("is heard again when it rang between two hearings", async () => {
    const bell = createBell(never);
    const first = bell.heard();
    bell.ring();
    await first;
    bell.ring();
    await bell.heard();
  });

  it("ends with the signal's reason, while listening and afterwards", async () => {
    const stop = new AbortController();
    const bell = createBell(stop.signal);
    const heard = bell.heard();
    const reason = new Error("enough");
    stop.abort(reason);
    expect(await rejection(heard)).to.equal(reason);
    bell.ring();
    expect(await rejection(bell.heard())).to.equal(reason);
  });

  it("ends at once under a signal that was aborted before", async () => {
    const reason = new Error("too late");
    expect(await rejection(createBell(AbortSignal.abort(reason)).heard())).to.equal(reason);
  });
});
