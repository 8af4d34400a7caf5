import { expect } from "chai";
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { stampCompiled, sourcesHash } from "../../scripts/setup/freshness.mjs";
import { aClone } from "./aClone.ts";
import type { Clone } from "./aClone.ts";

type Run = ChildProcessByStdio<null, Readable, Readable>;

describe("set-up: run", () => {
  let clone: Clone;
  before(() => {
    clone = aClone();
    cpSync(join(import.meta.dirname, "../../scripts/setup"), join(clone.root, "scripts/setup"), { recursive: true });
  });
  after(() => {
    clone.remove("");
  });

  it("hands over arguments, the bundled Node first on PATH, stdout and the exit code", async () => {
    clone.write(
      "script.ts",
      `const first: string = process.env.PATH!.split(process.platform === "win32" ? ";" : ":")[0]!;
       console.log(JSON.stringify({ args: process.argv.slice(2), first }));
       process.exit(7);`,
    );
    const child = run("script.ts", "--help", "a b");
    const [said] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect(JSON.parse(said)).to.deep.equal({
      args: ["--help", "a b"],
      first: join(clone.root, "node_modules/node/bin"),
    });
    expect(child.exitCode).to.equal(7);
  });

  it("passes an interrupt on once, however often it comes", async () => {
    clone.write(
      "script.ts",
      `let interrupts = 0;
       process.on("SIGINT", () => { if (++interrupts === 1) process.stdout.write("heard "); });
       process.on("SIGTERM", () => { process.stdout.write(String(interrupts)); process.exit(0); });
       process.stdout.write("ready ");
       setInterval(() => {}, 1000);`,
    );
    const child = run("script.ts");
    const said = text(child.stdout);
    await once(child.stdout, "data");
    child.kill("SIGINT");
    await once(child.stdout, "data");
    child.kill("SIGINT");
    child.kill("SIGTERM");
    await once(child, "exit");
    expect(await said).to.equal("ready heard 1");
    expect(child.exitCode).to.equal(0);
  });

  it("dies of the signal its script died of", async () => {
    clone.write("script.ts", `process.kill(process.pid, "SIGKILL");`);
    const child = run("script.ts");
    await once(child, "exit");
    expect(child.signalCode).to.equal("SIGKILL");
  });

  it("says what to do and fails when contracts do not compile", async () => {
    clone.write("node_modules/hardhat/dist/src/cli.js", "process.exit(1);");
    clone.write("contracts/A.sol", "contract {");
    const child = run("script.ts");
    const [said] = await Promise.all([text(child.stderr), once(child, "exit")]);
    expect(said).to.match(/Compiling contracts.*\nContracts do not compile/);
    expect(child.exitCode).to.equal(1);
    stampCompiled(clone.root, sourcesHash(clone.root));
  });

  function run(...args: string[]): Run {
    const command = [join(clone.root, "scripts/setup/run.mjs"), ...args];
    return spawn(process.execPath, command, { stdio: ["ignore", "pipe", "pipe"] });
  }
});
