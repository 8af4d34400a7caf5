// The processes that make up `npm test`: Solidity tests, contract tests by folder, and a mocha for each room off chain, so
// that a crash in one room leaves the others standing.
import { globSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

/** One process that tests something and counts. */
export interface Runner {
  name: string;
  /** Arguments to Node. */
  command: string[];
  /** Has to run by itself, after everything else. */
  alone?: boolean;
}

/** The room of whole federations, each file a runner: they start processes and watch the clock. */
const FEDERATIONS = "e2e";

/**
 * All runners of a clone in the order they are shown.
 * @param names only those whose name contains one of these; all when empty
 */
export function runners(root: string, names: string[]): Runner[] {
  const hardhat = join(root, "scripts/testing/hardhatTests.ts");
  const found: Runner[] = [];
  if (globSync("contracts/**/*.t.sol", { cwd: root }).length > 0) {
    found.push({ name: "solidity", command: [hardhat, "solidity"] });
  }
  for (const [name, files] of contractTests(root)) found.push({ name, command: [hardhat, "mocha", ...files] });
  for (const room of rooms(root)) found.push({ name: room, command: mochaOn(root, testFiles(root, room)) });
  for (const file of testFiles(root, FEDERATIONS)) {
    const name = `${FEDERATIONS}/${basename(file, ".test.ts")}`;
    found.push({ name, command: mochaOn(root, [file]), alone: true });
  }
  return found.filter(({ name }) => names.length === 0 || names.some((wanted) => name.includes(wanted)));
}

/** Contract tests by the folder they are in: `contracts`, `contracts/court` ... */
function contractTests(root: string): Map<string, string[]> {
  return Map.groupBy(testFiles(root, "contracts"), (file) => relative("test", dirname(file)));
}

/** Rooms off chain that have tests, but for federations. */
function rooms(root: string): string[] {
  const folders = globSync("test/*/", { cwd: root }).map((folder) => basename(folder));
  const elsewhere = ["contracts", FEDERATIONS];
  return folders.filter((room) => !elsewhere.includes(room) && testFiles(root, room).length > 0).sort();
}

function testFiles(root: string, room: string): string[] {
  return globSync(`test/${room}/**/*.test.ts`, { cwd: root }).sort();
}

function mochaOn(root: string, files: string[]): string[] {
  const mocha = join(root, "node_modules/mocha/bin/mocha.js");
  return [mocha, "--reporter", join(root, "scripts/testing/countingReporter.ts"), ...files];
}
