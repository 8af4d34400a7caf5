// Mocha's usual output, and its counts for `npm test`.
import Mocha from "mocha";
import { reportCounts } from "./counts.ts";

export class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const failures = this.failures.map((test) => `${test.fullTitle()}\n${test.err?.stack ?? String(test.err)}`);
      reportCounts({ passed: this.stats.passes, failed: this.stats.failures, failures });
    });
  }
}

// What `mocha --reporter FILE` gets when it requires this module.
export { CountingReporter as "module.exports" };
