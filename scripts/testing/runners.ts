// The processes that make up `npm test`: Solidity tests, contract tests, and a mocha for each room off chain, so that a
// crash in one room leaves the others standing.
import { globSync } from "node:fs";
import { basename, join } from "node:path";

/** One process that tests something and counts. */
export interface Runner {
  name: string;
  /** Arguments to Node. */
  command: string[];
}

/** What has to run by itself, after everything else: it starts processes and watches the clock. */
export const LAST = "e2e";

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
  if (testFiles(root, "contracts").length > 0) found.push({ name: "contracts", command: [hardhat, "mocha"] });
  for (const room of rooms(root)) found.push({ name: room, command: mochaOn(root, testFiles(root, room)) });
  return found.filter(({ name }) => names.length === 0 || names.some((wanted) => name.includes(wanted)));
}

/** Rooms off chain that have tests, end-to-end last. */
function rooms(root: string): string[] {
  const folders = globSync("test/*/", { cwd: root }).map((folder) => basename(folder));
  const withTests = folders.filter((room) => room !== "contracts" && testFiles(root, room).length > 0);
  return withTests.sort((left, right) => Number(left === LAST) - Number(right === LAST) || (left < right ? -1 : 1));
}

function testFiles(root: string, room: string): string[] {
  return globSync(`test/${room}/**/*.test.ts`, { cwd: root }).sort();
}

function mochaOn(root: string, files: string[]): string[] {
  const mocha = join(root, "node_modules/mocha/bin/mocha.js");
  return [mocha, "--reporter", join(root, "scripts/testing/countingReporter.ts"), ...files];
}
