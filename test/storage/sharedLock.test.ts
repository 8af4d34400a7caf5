import { expect } from "chai";
import { sharedLock } from "../../trainer/storage/sharedLock.ts";
import { failure } from "./fixtures.ts";

describe("shared lock", () => {
  it("lets many share, and one alone, in the order they came", async () => {
    const lock = sharedLock();
    const log: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const sharers = ["a", "b"].map((name) =>
      lock.shared(async () => {
        log.push(`${name} in`);
        await gate.promise;
        log.push(`${name} out`);
      }),
    );
    const alone = lock.alone(async () => void log.push("alone"));
    const later = lock.shared(async () => void log.push("c"));
    await Promise.resolve();
    gate.resolve(undefined);
    await Promise.all([...sharers, alone, later]);
    expect(log).to.deep.equal(["a in", "b in", "a out", "b out", "alone", "c"]);
  });

  it("goes on after failures, which are their caller's", async () => {
    const lock = sharedLock();
    const fault = new Error("fault");
    const failing = [
      failure(lock.shared(() => Promise.reject(fault))),
      failure(lock.alone(() => Promise.reject(fault))),
    ];
    expect(await lock.alone(async () => "done")).to.equal("done");
    expect(await lock.shared(async () => "done")).to.equal("done");
    expect(await Promise.all(failing)).to.deep.equal([fault, fault]);
  });
});
