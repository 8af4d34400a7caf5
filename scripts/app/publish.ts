// npm run app:publish [-- --ipfs URL]
//
// Builds the page, adds it to an IPFS node (Kubo) and prints its CID: from then on every gateway that finds the node serves
// the page. Its files are named relative to each other, so that it runs from /ipfs/CID/ as from any folder.
import { readFileSync, globSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { create } from "kubo-rpc-client";
import { PAGE_FOLDER, buildPage } from "./pageBuild.ts";

const { ipfs } = new Command("npm run app:publish --")
  .description("Adds the page to an IPFS node and prints its CID.")
  .option("--ipfs <url>", "the node's RPC address", "http://127.0.0.1:5001")
  .parse()
  .opts<{ ipfs: string }>();

await buildPage();
const files = globSync("**/*.*", { cwd: PAGE_FOLDER }).map((path) => ({
  path,
  content: readFileSync(join(PAGE_FOLDER, path)),
}));
try {
  let root = "";
  for await (const { path, cid } of create({ url: ipfs }).addAll(files, {
    wrapWithDirectory: true,
    cidVersion: 1,
    pin: true,
  })) {
    if (path === "") root = cid.toString();
  }
  console.log(root);
  console.error(`Open it at http://127.0.0.1:8080/ipfs/${root}/, or through any other gateway.`);
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  console.error(
    `The page could not be added to ${ipfs}: ${why}. Start the node (ipfs daemon), or give another with --ipfs.`,
  );
  process.exitCode = 1;
}
