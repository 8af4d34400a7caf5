// npm run typecheck: the TypeScript compiler over the project. The contracts' types are there by now: the set-up before
// this script has compiled them.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const compiler = resolve(root, "node_modules/typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.json"], { cwd: root, stdio: "inherit" });
process.exitCode = status ?? 1;
