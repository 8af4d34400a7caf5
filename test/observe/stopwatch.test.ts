import { expect } from "chai";
import { createStopwatch } from "../../trainer/observe/stopwatch.ts";

/** A clock that a test moves. */
function aClock() {
  let milliseconds = 5000;
  return { now: () => milliseconds, pass: (seconds: number) => (milliseconds += seconds * 1000) };
}

describe("stopwatch", () => {
  it("adds up seconds by kind and gives back what the act returns", async () => {
    const clock = aClock();
    const watch = createStopwatch(clock.now);
    clock.pass(7);
    expect(await watch.time("train", () => (clock.pass(3), "a delta"))).to.equal("a delta");
    clock.pass(7);
    await watch.time("train", async () => clock.pass(2));
    await watch.time("encrypt", async () => clock.pass(0.5));
    expect(watch.read()).to.deep.equal({ train: 5, encrypt: 0.5, transfer: 0, chain: 0 });
  });

  it("counts an act inside another for the inner kind only", async () => {
    const clock = aClock();
    const watch = createStopwatch(clock.now);
    await watch.time("chain", async () => {
      clock.pass(1);
      await watch.time("transfer", async () => clock.pass(4));
      clock.pass(2);
    });
    expect(watch.read()).to.deep.equal({ train: 0, encrypt: 0, transfer: 4, chain: 3 });
  });

  it("never counts an instant twice when acts overlap", async () => {
    const clock = aClock();
    const watch = createStopwatch(clock.now);
    const train = Promise.withResolvers<undefined>();
    const chain = Promise.withResolvers<undefined>();
    const training = watch.time("train", () => train.promise);
    clock.pass(1);
    const waiting = watch.time("chain", () => chain.promise);
    clock.pass(2);
    train.resolve(undefined);
    await training;
    clock.pass(4);
    chain.resolve(undefined);
    await waiting;
    expect(watch.read()).to.deep.equal({ train: 1, encrypt: 0, transfer: 0, chain: 6 });
  });

  it("counts an act that fails, and passes its error on", async () => {
    const clock = aClock();
    const watch = createStopwatch(clock.now);
    const failing = watch.time("transfer", () => {
      clock.pass(2);
      throw new Error("nobody has it");
    });
    const failure = await failing.catch((error: unknown) => error);
    expect(failure).to.have.property("message", "nobody has it");
    clock.pass(9);
    expect(watch.read().transfer).to.equal(2);
  });

  it("reads what is still running", async () => {
    const clock = aClock();
    const watch = createStopwatch(clock.now);
    const done = Promise.withResolvers<undefined>();
    const training = watch.time("train", () => done.promise);
    clock.pass(3);
    expect(watch.read().train).to.equal(3);
    clock.pass(1);
    done.resolve(undefined);
    await training;
    expect(watch.read().train).to.equal(4);
  });
});
