// Decides whether a clone's dependencies and compiled contracts are what its sources ask for. Reads, never writes
// (but for `stampCompiled`), and takes the root as an argument, so that the decisions are tested on small folders.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundledNode } from "./paths.mjs";

/**
 * Why `npm ci` is needed, or null. What is compared is npm's own record of what it installed, package by package: a
 * stamp of ours would call stale what `npm install NAME` has just brought up to date.
 * @param {string} root
 * @returns {string | null}
 */
export function staleDependencies(root) {
  const installed = readJson(join(root, "node_modules", ".package-lock.json"));
  if (installed === null) return "nothing is installed yet";
  const locked = readJson(join(root, "package-lock.json"));
  const manifest = readJson(join(root, "package.json"));
  if (locked === null || manifest === null) return "package.json or package-lock.json cannot be read";
  for (const kind of ["dependencies", "devDependencies"]) {
    if (!sameRanges(manifest[kind], locked.packages[""]?.[kind])) return "package.json is newer than package-lock.json";
  }
  for (const [path, wanted] of Object.entries(locked.packages)) {
    if (path === "") continue;
    const found = installed.packages[path];
    // Optional packages of other platforms are absent by right; the one we need is `missingNativeCore`'s to find.
    if (found === undefined && wanted.optional === true) continue;
    if (found === undefined) return `${path} is missing`;
    if (found.version !== wanted.version || found.integrity !== wanted.integrity) return `${path} is out of date`;
  }
  return null;
}

/**
 * Whether the bundled Node is missing although its package is there (an install with `--ignore-scripts`).
 * @param {string} root
 */
export function missingNode(root) {
  return !existsSync(bundledNode(root));
}

/**
 * Whether Hardhat's native core (edr) for this platform is missing. npm under Node 20 leaves it out for its `engines`,
 * and every later `npm install NAME` under Node 20 removes it again.
 * @param {string} root
 * @param {string} platform
 * @param {string} arch
 */
export function missingNativeCore(root, platform = process.platform, arch = process.arch) {
  const folder = join(root, "node_modules", "@nomicfoundation");
  if (!existsSync(folder)) return true;
  // npm picks the C library (gnu, musl) itself, so the platform's prefix is enough.
  const core = readdirSync(folder).find((name) => name.startsWith(`edr-${platform}-${arch}`));
  return core === undefined || !readdirSync(join(folder, core)).some((file) => file.endsWith(".node"));
}

/** What computes faster where it is installed. As optional peers in package.json npm would refuse to install them by name. */
const BACKENDS = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node", "webgpu", "@tensorflow/tfjs-backend-webgpu"];

/**
 * Of these, what the user has installed, as npm is asked for it: `name@version`.
 * @param {string} root
 * @returns {string[]}
 */
export function installedBackends(root) {
  return BACKENDS.flatMap((name) => {
    const version = readJson(join(root, "node_modules", name, "package.json"))?.version;
    return /^\d+\.\d+\.\d+[\w.+-]*$/.test(version) ? [`${name}@${version}`] : [];
  });
}

/**
 * Why `hardhat build` is needed, or null.
 * @param {string} root
 * @returns {string | null}
 */
export function staleContracts(root) {
  const stamp = readJson(stampFile(root));
  if (stamp === null) return "contracts are not compiled yet";
  if (!existsSync(join(root, "types", "ethers-contracts", "index.ts"))) return "the contracts' types are missing";
  if (stamp.sources !== sourcesHash(root)) return "contracts have changed";
  if (stamp.builds !== buildNames(root)) return "artifacts were built from other sources";
  return null;
}

/**
 * Notes that artifacts and types now stand for `sources`, the hash taken before the compiler ran: a file edited while
 * it ran makes the next look stale, as it should.
 * @param {string} root
 * @param {string} sources
 */
export function stampCompiled(root, sources) {
  mkdirSync(dirname(stampFile(root)), { recursive: true });
  writeFileSync(stampFile(root), JSON.stringify({ sources, builds: buildNames(root) }));
}

/**
 * Hash over everything the artifacts depend on: contracts and their tests, the compiler's settings, the locked libraries
 * and compiler.
 * @param {string} root
 */
export function sourcesHash(root) {
  const hash = createHash("sha256");
  for (const path of [...contractFiles(root), "hardhat.config.ts", "package-lock.json"]) {
    const content = readFileSync(join(root, path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** @param {string} root */
function contractFiles(root) {
  const files = readdirSync(join(root, "contracts"), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".sol"))
    .map((file) => `contracts/${file.replaceAll("\\", "/")}`)
    .sort();
}

/**
 * Hardhat names a build by the hash of its input, so these names tell when somebody else has built other sources.
 * @param {string} root
 */
function buildNames(root) {
  const folder = join(root, "artifacts", "build-info");
  return existsSync(folder) ? readdirSync(folder).sort().join(" ") : "";
}

/** @param {string} root */
function stampFile(root) {
  return join(root, "cache", "foedus-compiled.json");
}

/**
 * @param {Record<string, string> | undefined} left
 * @param {Record<string, string> | undefined} right
 */
function sameRanges(left = {}, right = {}) {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}

/**
 * @param {string} file
 * @returns {any} what the file holds, or null when it is missing or cut short
 */
function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}
