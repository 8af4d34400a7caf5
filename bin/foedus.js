#!/usr/bin/env node
// Runs the command line under the Node that npm has brought, whatever Node starts this.
process.argv.splice(2, 0, "trainer/cli/main.ts");
await import("../scripts/setup/run.mjs");
