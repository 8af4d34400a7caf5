// npm skips packages whose `engines` exclude the Node it runs on, and Hardhat's native core (edr) asks for Node 22. So
// when an older Node has installed us, npm looks once more under the Node 24 that this package brings along.
import { spawnSync } from "node:child_process";
import { installedBackends } from "./freshness.mjs";
import { bundledNode, environment } from "./paths.mjs";

/** Set while that second look runs: it ends in our postinstall too, which must not start a third. */
export const SECOND_LOOK = "FOEDUS_NATIVE_INSTALL";

/**
 * Fetches it; npm's output goes to stderr. Optional backends that the user has installed are named, for npm removes what it
 * is not asked for; where npm cannot fetch them again (a build of one's own, say), Foedus works without.
 * @param {string} root
 * @returns {boolean} whether npm succeeded
 */
export function installUnderBundledNode(root) {
  const backends = installedBackends(root);
  if (install(root, backends)) return true;
  if (backends.length === 0 || !install(root, [])) return false;
  process.stderr.write(`Could not be kept, install anew as docs/gpu.md says: ${backends.join(", ")}\n`);
  return true;
}

/**
 * Runs `npm install --no-save` under the bundled Node.
 * @param {string} root
 * @param {readonly string[]} packages
 */
function install(root, packages) {
  const options = ["install", "--no-save", "--loglevel=error", "--no-progress", ...packages];
  const npm = process.env.npm_execpath;
  const env = { ...environment(root), [SECOND_LOOK]: "1" };
  /** @type {import("node:child_process").SpawnSyncOptions} */
  const how = { cwd: root, env, stdio: ["ignore", 2, 2] };
  // Outside of `npm run` npm is found on PATH, where its `#!/usr/bin/env node` meets the bundled Node first.
  const look =
    npm?.endsWith("npm-cli.js") === true
      ? spawnSync(bundledNode(root), [npm, ...options], how)
      : spawnSync(["npm", ...options].join(" "), { ...how, shell: true });
  return look.status === 0;
}
