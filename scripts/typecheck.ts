// npm run typecheck: the TypeScript compiler over what runs in Node, over the page, which has a browser's types, and over the
// page's tests, which have both. The contracts' types are there by now: the set-up before this script has compiled them.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const compiler = resolve(root, "node_modules/typescript/bin/tsc");
for (const project of ["tsconfig.json", "app/tsconfig.json", "test/app/tsconfig.json"]) {
  const { status } = spawnSync(process.execPath, [compiler, "-p", project], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exitCode = status ?? 1;
}
