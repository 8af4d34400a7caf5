// postinstall: npm skips packages whose `engines` exclude the Node it runs on, and Hardhat's native core (edr) is one.
// When an older Node installed us, let npm look once more under the Node 24 that this package brings along.
import { spawnSync } from "node:child_process";
import { delimiter, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const installer = /node\/v(\d+)\.(\d+)/.exec(process.env.npm_config_user_agent ?? "");
const [major, minor] = installer === null ? [0, 0] : [Number(installer[1]), Number(installer[2])];
const oldNode = major < 22 || (major === 22 && minor < 13);

if (oldNode && process.env.FOEDUS_NATIVE_INSTALL === undefined && process.env.npm_execpath !== undefined) {
  const nodeFolder = resolve(root, "node_modules/node/bin");
  const again = spawnSync(resolve(nodeFolder, "node"), [process.env.npm_execpath, "install", "--no-save"], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: `${nodeFolder}${delimiter}${process.env.PATH}`, FOEDUS_NATIVE_INSTALL: "1" },
  });
  process.exit(again.status ?? 1);
}
