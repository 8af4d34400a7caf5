// node scripts/testing/hardhatTests.ts solidity | mocha FILE ...
//
// `hardhat test solidity` or `hardhat test mocha` on contracts that are compiled already, with its counts for `npm test`.
// Hardhat's own command loads TypeScript through tsx; so does this.
import hre from "hardhat";
import type { Result } from "hardhat/types/utils";
import { register } from "tsx/esm/api";
import { CountingReporter } from "./countingReporter.ts";
import { reportCounts } from "./counts.ts";

/** The part of a Solidity test run's result that we read; its own summary is filled only for `hardhat test`. */
interface SolidityResult {
  suiteResults: { id: { name: string }; testResults: { name: string; status: string; reason?: string }[] }[];
}

const [kind, ...testFiles] = process.argv.slice(2);
if (kind === "mocha") {
  register();
  hre.config.test.mocha.reporter = CountingReporter;
} else if (kind !== "solidity") {
  throw new Error("Say which tests: solidity or mocha");
}
const result = (await hre.tasks.getTask(["test", kind]).run({ noCompile: true, testFiles })) as Result<
  unknown,
  unknown
>;
if (kind === "solidity") {
  const { suiteResults } = (result.success ? result.value : result.error) as SolidityResult;
  const tests = suiteResults.flatMap(({ id, testResults }) => testResults.map((test) => ({ suite: id.name, test })));
  const failed = tests.filter(({ test }) => test.status === "Failure");
  reportCounts({
    passed: tests.filter(({ test }) => test.status === "Success").length,
    failed: failed.length,
    failures: failed.map(({ suite, test }) => `${suite} ${test.name}\n${test.reason ?? "says nothing"}`),
  });
}
// Open chain connections would keep the process.
process.exit(result.success ? 0 : 1);
