import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { withSetupLock } from "../../scripts/setup/setupLock.mjs";
import { aClone } from "./aClone.ts";
import type { Clone } from "./aClone.ts";

describe("set-up: lock", () => {
  let clone: Clone;
  beforeEach(() => {
    clone = aClone();
  });
  afterEach(() => {
    clone.remove("");
  });

  it("lets one in at a time and tells the other whom it waits for", async () => {
    const order: string[] = [];
    let heardOf = 0;
    let release = () => {};
    const first = withSetupLock(clone.root, async () => {
      order.push("first in");
      await new Promise<void>((done) => (release = done));
      order.push("first out");
    });
    const second = withSetupLock(
      clone.root,
      () => order.push("second in"),
      (holder) => {
        heardOf = holder;
        release();
      },
    );
    await Promise.all([first, second]);
    expect(order).to.deep.equal(["first in", "first out", "second in"]);
    expect(heardOf).to.equal(process.pid);
  });

  it("is free again after the work has failed", async () => {
    const failing = withSetupLock(clone.root, () => Promise.reject(new Error("no network")));
    await failing.then(
      () => expect.fail("should have failed"),
      (error: unknown) => expect(error).to.have.property("message", "no network"),
    );
    expect(await withSetupLock(clone.root, () => "in")).to.equal("in");
    expect(existsSync(join(clone.root, "cache/setup.lock"))).to.equal(false);
  });

  it("takes over from a holder that was killed", async () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    clone.write("cache/setup.lock", String(pid));
    expect(await withSetupLock(clone.root, () => "in")).to.equal("in");
  });
});
