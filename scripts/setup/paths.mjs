// Where things lie in a clone. Plain JavaScript for Node 20 like everything in this folder: it runs before any install.
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * The Node that the npm package `node` brings along; on Windows the package puts `node.exe` there.
 * @param {string} root
 */
export function bundledNode(root) {
  return join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
}

/**
 * This process's environment with the bundled Node and the installed commands first on PATH, and a cache of compiled code:
 * a federation on one machine starts many processes of the same program.
 * @param {string} root
 * @returns {NodeJS.ProcessEnv}
 */
export function environment(root) {
  const first = [join(root, "node_modules", "node", "bin"), join(root, "node_modules", ".bin")];
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  return {
    NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compiled"),
    ...process.env,
    [name]: [...first, process.env[name] ?? ""].join(delimiter),
  };
}
