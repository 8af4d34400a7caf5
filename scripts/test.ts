// npm test [-- ROOM ...]
//
// All tests, or those of the rooms named: `npm test -- storage`. What failed is said once more at the end, and the last
// line is `N passed, N failed`; a runner that crashes or counts nothing is one failure more.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { sourcesHash, stampCompiled } from "./setup/freshness.mjs";
import { runInOrder } from "./testing/runInOrder.ts";
import { runners } from "./testing/runners.ts";

const LIMIT_SECONDS = 300;
const root = resolve(import.meta.dirname, "..");
const wanted = process.argv.slice(2);
const chosen = runners(root, wanted);
if (chosen.length === 0) {
  const names = runners(root, []).map(({ name }) => name);
  console.error(`No tests match ${wanted.join(" ")}. There are: ${names.join(", ")}`);
  process.exit(1);
}

// The Solidity tests too, once and before the rooms that would otherwise compile them at the same time.
if (chosen.some(({ name }) => name === "solidity" || name.startsWith("contracts"))) {
  console.log("Compiling the Solidity tests where they have changed ...");
  const hardhat = resolve(root, "node_modules/hardhat/dist/src/cli.js");
  const sources = sourcesHash(root);
  const compiled = spawnSync(process.execPath, [hardhat, "build"], { cwd: root, encoding: "utf8" });
  if (compiled.status !== 0) {
    console.log(`${compiled.stdout}${compiled.stderr}0 passed, 1 failed`);
    process.exit(1);
  }
  stampCompiled(root, sources);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    stop.abort();
  });
}
const write = (text: string) => process.stdout.write(text);
const options = { cwd: root, limitSeconds: LIMIT_SECONDS, write, signal: stop.signal };
const together = chosen.filter(({ alone }) => alone !== true);
const alone = chosen.filter((runner) => runner.alone === true);
const outcomes = [
  ...(await runInOrder(together, { ...options, parallel: 2 })),
  ...(await runInOrder(alone, { ...options, parallel: 1 })),
];

let passed = 0;
let failed = 0;
console.log();
for (const outcome of outcomes) {
  passed += outcome.passed;
  failed += outcome.failed + (outcome.fault === null ? 0 : 1);
  if (outcome.fault !== null) console.log(`${outcome.name} ${outcome.fault}`);
  for (const failure of outcome.failures ?? []) console.log(`${outcome.name}: ${failure}\n`);
}
if (stop.signal.aborted) console.log("Interrupted; not everything was tested");
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || stop.signal.aborted ? 1 : 0;
