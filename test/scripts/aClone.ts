// A small folder that looks like a clone to the set-up: one dependency, one contract, everything installed and built.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bundledNode } from "../../scripts/setup/paths.mjs";
import { sourcesHash, stampCompiled } from "../../scripts/setup/freshness.mjs";

export interface Clone {
  root: string;
  write: (path: string, content: string) => void;
  remove: (path: string) => void;
}

const dependency = { version: "1.0.0", integrity: "sha512-one" };
const otherPlatform = { version: "1.0.0", integrity: "sha512-two", optional: true };
const ranges = { dependencies: { dependency: "1.0.0" } };

export function aClone(): Clone {
  const root = mkdtempSync(join(tmpdir(), "foedus-clone-"));
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const remove = (path: string) => {
    rmSync(join(root, path), { recursive: true, force: true });
  };
  write("package.json", JSON.stringify(ranges));
  write("package-lock.json", locked({ dependency, otherPlatform }));
  write("node_modules/.package-lock.json", installed({ dependency }));
  write(`node_modules/@nomicfoundation/edr-${process.platform}-${process.arch}-gnu/edr.node`, "native");
  write("contracts/A.sol", "contract A {}");
  write("hardhat.config.ts", "export default {};");
  write("types/ethers-contracts/index.ts", "export {};");
  write("artifacts/build-info/one.json", "{}");
  mkdirSync(dirname(bundledNode(root)), { recursive: true });
  symlinkSync(process.execPath, bundledNode(root));
  stampCompiled(root, sourcesHash(root));
  return { root, write, remove };
}

/** A package-lock.json. */
export function locked(packages: Record<string, object>): string {
  return JSON.stringify({ packages: { "": ranges, ...inNodeModules(packages) } });
}

/** npm's own record of what it installed. */
export function installed(packages: Record<string, object>): string {
  return JSON.stringify({ packages: inNodeModules(packages) });
}

function inNodeModules(packages: Record<string, object>): Record<string, object> {
  return Object.fromEntries(Object.entries(packages).map(([name, entry]) => [`node_modules/${name}`, entry]));
}
