// npm run app [-- --rpc URL --foedus ADDRESS --port PORT]
//
// Builds the page and serves it on this machine, with a link that has it read a chain: the one of a demonstration that is
// running, unless another is named.
import { Command } from "commander";
import { buildPage } from "./app/pageBuild.ts";
import { SCORES_NAME, pageLink, servePage } from "./app/pageServer.ts";
import { runningDemo } from "./demo/running.ts";

const DEFAULT_PORT = 4180;
const options = new Command("npm run app --")
  .description("Builds the page and serves it on this machine.")
  .option("--rpc <url>", "the node that the page reads (default: that of a running demonstration)")
  .option("--foedus <address>", "the Foedus that it shows (default: that of a running demonstration)")
  .option("--gateway <url>", "where it reads content of IPFS (default: that of a running demonstration)")
  .option("--port <number>", "where it is served; 0 for any free port", Number, DEFAULT_PORT)
  .addHelpText(
    "after",
    "\nExamples:\n  $ npm run demo & npm run app\n  $ npm run app -- --rpc http://127.0.0.1:8545 --foedus 0x…",
  )
  .parse()
  .opts<{ rpc?: string; foedus?: string; gateway?: string; port: number }>();

await buildPage();
const { url } = await servePage(options.port);
const demo = await runningDemo();
const rpc = options.rpc ?? demo?.rpc;
const foedus = options.foedus ?? demo?.foedus;
const gateway = options.gateway ?? demo?.gateway;
if (rpc !== undefined && foedus !== undefined) {
  console.log(
    `The page: ${pageLink(url, { rpc, foedus, ...(gateway === undefined ? {} : { gateway }), ...(demo === undefined ? {} : { report: `${url}${SCORES_NAME}` }) })}`,
  );
} else {
  console.log(`The page: ${url}`);
  console.error(
    "No demonstration is running: start one with npm run demo, or give --rpc and --foedus, or fill in the form.",
  );
}
