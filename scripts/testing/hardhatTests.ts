// node scripts/testing/hardhatTests.ts solidity|mocha
//
// `hardhat test solidity` or `hardhat test mocha` on contracts that are compiled already, with its counts for `npm test`.
// Hardhat's own command loads TypeScript through tsx; so does this.
import hre from "hardhat";
import { register } from "tsx/esm/api";
import { CountingReporter } from "./countingReporter.ts";
import { reportCounts } from "./counts.ts";

/** The part of a Hardhat test task's result that we read. */
interface TestResult {
  success: boolean;
  value?: { summary: { passed: number; failed: number } };
  error?: { summary: { passed: number; failed: number } };
}

const kind = process.argv[2];
if (kind === "mocha") {
  register();
  hre.config.test.mocha.reporter = CountingReporter;
} else if (kind !== "solidity") {
  throw new Error("Say which tests: solidity or mocha");
}
const result = (await hre.tasks.getTask(["test", kind]).run({ noCompile: true })) as TestResult;
const summary = (result.value ?? result.error)?.summary;
if (kind === "solidity" && summary !== undefined) {
  reportCounts({ passed: summary.passed, failed: summary.failed });
}
// Open chain connections would keep the process.
process.exit(result.success ? 0 : 1);
