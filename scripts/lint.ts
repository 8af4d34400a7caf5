// npm run lint: formatting (Prettier), TypeScript (ESLint) and contracts (Solhint), and says which of them complains.
// With --fix (npm run format) the first two mend what they can.
import { spawn } from "node:child_process";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const fix = process.argv.includes("--fix");
const prettier = ["node_modules/prettier/bin/prettier.cjs", "--log-level=warn", fix ? "--write" : "--check"];
const tools = {
  prettier: [
    ...prettier,
    "--cache",
    "--cache-location=cache/prettier",
    "**/*.{ts,tsx,mjs,js,json,md,yml,sol,css,html}",
  ],
  eslint: ["node_modules/eslint/bin/eslint.js", "--max-warnings=0", ...(fix ? ["--fix"] : []), "."],
  solhint: ["node_modules/solhint/solhint.js", "--disc", "--noPoster", "--max-warnings=0", "contracts/**/*.sol"],
};

/** Runs one tool and shows its output as one piece. */
function run(name: string, command: string[]): Promise<boolean> {
  return new Promise((done, fail) => {
    const env = { ...process.env, FORCE_COLOR: process.stdout.isTTY ? "1" : "0" };
    const child = spawn(process.execPath, command, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const keep = (text: string) => (said += text);
    for (const output of [child.stdout, child.stderr]) output.setEncoding("utf8").on("data", keep);
    child.once("error", fail);
    child.once("close", (code) => {
      if (code !== 0) process.stdout.write(`== ${name}\n${said.trim()}\n`);
      done(code === 0);
    });
  });
}

// Two that write the same files must not meet; two that only read may.
const results: boolean[] = [];
if (fix) for (const [name, command] of Object.entries(tools)) results.push(await run(name, command));
else results.push(...(await Promise.all(Object.entries(tools).map(([name, command]) => run(name, command)))));
const failed = Object.keys(tools).filter((_, index) => results[index] === false);
console.log(failed.length === 0 ? "Lint is clean" : `Lint fails: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
