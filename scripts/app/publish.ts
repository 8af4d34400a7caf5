// npm run app:publish [-- --ipfs URL]
//
// Builds the page, adds it to an IPFS node (Kubo) and prints its CID: from then on every gateway that finds the node serves
// the page. Its files are named relative to each other, so that it runs from /ipfs/CID/ as from any folder.
import { Command } from "commander";
import { asError } from "../../trainer/protocol/asError.ts";
import { PAGE_FOLDER, buildPage } from "./pageBuild.ts";
import { publishPage } from "./publishPage.ts";

const { ipfs } = new Command("npm run app:publish --")
  .description("Adds the page to an IPFS node and prints its CID.")
  .option("--ipfs <url>", "the node's RPC address", "http://127.0.0.1:5001")
  .parse()
  .opts<{ ipfs: string }>();

await buildPage();
try {
  const { cid, own, shared } = await publishPage(ipfs, PAGE_FOLDER);
  console.log(cid);
  console.error(`Open it at ${own}
  There it has an origin of its own: what a wallet allows it and what it keeps in the browser is no other page's.
At ${shared} it shares both with whatever else that gateway serves.
Of other gateways take one with subdomains as well: https://${cid}.ipfs.GATEWAY/`);
} catch (error) {
  const why = asError(error).message;
  console.error(
    `The page could not be added to ${ipfs}: ${why}. Start the node (ipfs daemon), or give another with --ipfs.`,
  );
  process.exitCode = 1;
}
