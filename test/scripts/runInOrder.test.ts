import { expect } from "chai";
import { runInOrder } from "../../scripts/testing/runInOrder.ts";
import type { Runner } from "../../scripts/testing/runners.ts";

/** A test process that counts, says something and ends. */
function counting(name: string, code: string): Runner {
  return { name, command: ["-e", `const count = (line) => require("fs").writeSync(3, line); ${code}`] };
}

describe("npm test: runners", () => {
  let shown: string;
  beforeEach(() => {
    shown = "";
  });

  it("are shown one after the other in their order, though the second ends first", async () => {
    const slow = counting(
      "slow",
      `setTimeout(() => { console.log("slow says"); count('{"passed":2,"failed":0}'); }, 300)`,
    );
    const quick = counting("quick", `console.log("quick says"); count('{"passed":3,"failed":0}')`);
    const outcomes = await all([slow, quick]);
    expect(outcomes.map(({ name, passed, fault }) => ({ name, passed, fault }))).to.deep.equal([
      { name: "slow", passed: 2, fault: null },
      { name: "quick", passed: 3, fault: null },
    ]);
    expect(shown.match(/\w+ says/g)).to.deep.equal(["slow says", "quick says"]);
  });

  it("fail when they crash before they have counted", async () => {
    const [outcome] = await all([counting("crash", "process.exit(3)")]);
    expect(outcome?.fault).to.match(/code 3 before it had counted/);
  });

  it("pass on what failed", async () => {
    const [outcome] = await all([counting("one", `count('{"passed":1,"failed":1,"failures":["a test: no"]}')`)]);
    expect(outcome?.failures).to.deep.equal(["a test: no"]);
  });

  it("fail when they ran no tests", async () => {
    const [outcome] = await all([counting("empty", `count('{"passed":0,"failed":0}')`)]);
    expect(outcome?.fault).to.equal("ran no tests");
  });

  it("fail when they end badly though no test failed", async () => {
    const [outcome] = await all([counting("late", `count('{"passed":1,"failed":0}'); process.exitCode = 1;`)]);
    expect(outcome?.fault).to.match(/code 1 though no test failed/);
  });

  it("are ended when they hang", async () => {
    const [outcome] = await all([counting("hang", "setInterval(() => {}, 1000)")], 0.5);
    expect(outcome?.fault).to.match(/took longer than 0.5 s/);
  });

  it("are ended by an abort, and no more are started", async () => {
    const stop = new AbortController();
    const hanging = counting("hang", `console.log("hangs"); setInterval(() => {}, 1000)`);
    const outcomes = await runInOrder([hanging, counting("never", "")], {
      cwd: import.meta.dirname,
      parallel: 1,
      limitSeconds: 60,
      write: (text) => {
        if (text.includes("hangs")) stop.abort();
      },
      signal: stop.signal,
    });
    expect(outcomes.map(({ name, fault }) => ({ name, fault }))).to.deep.equal([
      { name: "hang", fault: "was ended by SIGTERM" },
    ]);
  });

  function all(runners: Runner[], limitSeconds = 60) {
    const write = (text: string) => (shown += text);
    const signal = new AbortController().signal;
    return runInOrder(runners, { cwd: import.meta.dirname, parallel: 2, limitSeconds, write, signal });
  }
});
