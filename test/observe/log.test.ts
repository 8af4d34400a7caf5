import { expect } from "chai";
import { createLog } from "../../trainer/observe/log.ts";
import type { Log, LogLevel } from "../../trainer/observe/log.ts";

/** What `speak` makes a log write. */
function logged(speak: (log: Log) => void, { json = true, level = "info" }: { json?: boolean; level?: LogLevel } = {}) {
  let text = "";
  speak(createLog({ name: "trainer 3", level, json, destination: { write: (line) => (text += line) } }));
  return text;
}

function speakOfSecrets(log: Log): void {
  const child = log.child({ password: "s3cret-1", nested: { wallet: { privateKey: "s3cret-2" } } });
  child.info({ round: 2, deep: [{ contentKey: "s3cret-3", salt: "s3cret-4" }] }, "password=%s", "s3cret-5");
  child.child({ mnemonic: "s3cret-6" }).warn("mnemonic: s3cret words and more");
  log.error(Object.assign(new Error("salt: s3cret-7"), { info: { passphrase: "s3cret-8" } }));
  log.error({ err: new Error("outer", { cause: new Error("privateKey=s3cret-9") }) }, "failed");
  log.info({ key: new TextEncoder().encode("s3cret"), object: { apiKey: "s3cret-10" } }, "%o", { secret: "s3cret-11" });
}

describe("log", () => {
  for (const json of [true, false]) {
    it(`writes no secret, however deep, ${json ? "as JSON" : "as text"}`, () => {
      const text = logged(speakOfSecrets, { json, level: "trace" });
      expect(text).to.include("[redacted]").and.include("failed").and.include("outer");
      expect(text).not.to.include("s3cret");
    });
  }

  it("writes one JSON object a line", () => {
    const text = logged((log) => {
      log.info({ round: 2, gas: 71_000n }, "committed");
      log.child({ seat: 4 }).warn("two\nlines");
    });
    const lines = text.trimEnd().split("\n");
    expect(lines).to.have.length(2);
    expect(JSON.parse(lines[0] ?? "")).to.include({
      level: "info",
      name: "trainer 3",
      msg: "committed",
      round: 2,
      gas: "71000",
    });
    expect(JSON.parse(lines[1] ?? "")).to.include({ level: "warn", seat: 4, msg: "two\nlines" });
  });

  it("writes text that reads as a sentence, fields after it", () => {
    const text = logged((log) => log.info({ round: 2, why: "late or lost" }, "committed"), { json: false });
    expect(text).to.match(/^\d\d:\d\d:\d\d info {3}trainer 3 {2}committed {2}round=2 why="late or lost"\n$/);
  });

  it("says an error's words and its causes', the stack only when debugging", () => {
    const speak = (log: Log): void =>
      log.error({ err: new Error("no answer", { cause: new Error("timeout") }) }, "failed");
    const brief = logged(speak, { json: false });
    expect(brief).to.match(/failed\n {4}Error: no answer\n {4}Error: timeout\n$/);
    expect(logged(speak, { json: false, level: "debug" })).to.match(/\n {6}at /);
  });

  it("gives a terminal no control characters", () => {
    const text = logged((log) => log.info({ name: "\u001b[2J" }, "evil \u001b]0;title\u0007\r\nfake line"), {
      json: false,
    });
    expect(text.trimEnd()).not.to.match(/[\u0000-\u001f]/);
  });

  it("keeps quiet below its level", () => {
    expect(logged((log) => log.debug("details"))).to.equal("");
    expect(logged((log) => log.fatal("end"), { level: "silent" })).to.equal("");
  });
});
