// node scripts/setup/run.mjs SCRIPT [ARGUMENTS] | --compile-only
//
// What every npm script of ours starts with. Runs on Node 20 with nothing installed: brings dependencies and compiled
// contracts up to date where they are not, then hands over to SCRIPT under the Node 24 that npm has installed. All it
// prints goes to stderr; stdout belongs to SCRIPT.
import { spawn, spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { isatty } from "node:tty";
import {
  missingNativeCore,
  missingNode,
  sourcesHash,
  staleContracts,
  staleDependencies,
  stampCompiled,
} from "./freshness.mjs";
import { installUnderBundledNode } from "./nativeCore.mjs";
import { ROOT, bundledNode, environment } from "./paths.mjs";
import { withSetupLock } from "./setupLock.mjs";

const [script, ...scriptArguments] = process.argv.slice(2);
if (script === undefined) fail("Usage: node scripts/setup/run.mjs SCRIPT [ARGUMENTS] | --compile-only");
if (!isReady()) {
  await withSetupLock(ROOT, setUp, (holder, file) =>
    say(`Waiting for the set-up that process ${holder} is doing (if there is none, delete ${file})`),
  );
}
if (script !== "--compile-only") handOver(resolve(ROOT, script), scriptArguments);

function isReady() {
  return (
    staleDependencies(ROOT) === null && !missingNode(ROOT) && !missingNativeCore(ROOT) && staleContracts(ROOT) === null
  );
}

/** Each step looks again first: whoever held the lock before us may have done it. */
function setUp() {
  const staleness = staleDependencies(ROOT);
  if (staleness !== null) {
    say(`Installing dependencies (${staleness}); the first time takes a minute or two ...`);
    npm(["ci"], "Dependencies could not be installed. Check the network (npm needs its registry) and try again.");
  }
  if (missingNode(ROOT)) {
    say("Fetching Node 24 ...");
    npm(
      ["rebuild", "node", "--ignore-scripts=false"],
      "Node 24 could not be fetched. Check the network and try again.",
    );
    if (missingNode(ROOT)) fail(`${bundledNode(ROOT)} is missing. Delete node_modules and try again.`);
  }
  if (missingNativeCore(ROOT)) {
    say("Fetching Hardhat's native core ...");
    if (!installUnderBundledNode(ROOT)) fail("Hardhat's native core could not be fetched. Check the network.");
    if (missingNativeCore(ROOT)) fail(`Hardhat has no native core for ${process.platform} on ${process.arch}.`);
  }
  const change = staleContracts(ROOT);
  if (change !== null) {
    say(`Compiling contracts (${change}) ...`);
    const sources = sourcesHash(ROOT);
    // Solidity tests take longer to compile than all else; only npm test needs them, and compiles them itself.
    const hardhat = join(ROOT, "node_modules", "hardhat", "dist", "src", "cli.js");
    const compiled = spawnSync(bundledNode(ROOT), [hardhat, "build", "--no-tests"], {
      cwd: ROOT,
      env: environment(ROOT),
      encoding: "utf8",
    });
    if (compiled.status !== 0) fail(`${compiled.stdout}${compiled.stderr}Contracts do not compile.`);
    stampCompiled(ROOT, sources);
  }
}

/**
 * @param {string[]} command
 * @param {string} complaint
 */
function npm(command, complaint) {
  const quiet = ["--loglevel=error", "--no-progress", "--no-audit", "--no-fund"];
  const cli = process.env.npm_execpath;
  if (cli?.endsWith("npm-cli.js") === true) run(process.execPath, [cli, ...command, ...quiet], complaint);
  else run(["npm", ...command, ...quiet].join(" "), [], complaint, true);
}

/**
 * @param {string} command
 * @param {string[]} commandArguments
 * @param {string} complaint
 */
function run(command, commandArguments, complaint, shell = false) {
  const env = command === bundledNode(ROOT) ? environment(ROOT) : process.env;
  const done = spawnSync(command, commandArguments, { cwd: ROOT, env, shell, stdio: ["ignore", 2, 2] });
  if (done.status !== 0) fail(done.error === undefined ? complaint : `${complaint} (${done.error.message})`);
}

/**
 * Runs the script in our place. A Ctrl-C at a terminal reaches the script by itself, as it does every process in the
 * foreground, and npm sends us another; so an interrupt is passed on only where there is no terminal, and only once.
 * @param {string} file
 * @param {string[]} fileArguments
 */
function handOver(file, fileArguments) {
  const child = spawn(bundledNode(ROOT), [file, ...fileArguments], { env: environment(ROOT), stdio: "inherit" });
  const passedOn = new Set();
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    process.on(signal, () => {
      const sentByTerminal = signal === "SIGINT" && isatty(0);
      if (!sentByTerminal && !passedOn.has(signal)) child.kill(signal);
      passedOn.add(signal);
    });
  }
  child.on("error", (error) => fail(`${bundledNode(ROOT)} does not start: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`${message}\n`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  say(message);
  process.exit(1);
}
