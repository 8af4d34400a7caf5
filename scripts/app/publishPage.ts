/** The page on IPFS: its files added to a node, and where that node's gateway shows it. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "kubo-rpc-client";

export interface PublishedPage {
  /** Of the folder: version 1, in base 32, so that it can be a part of a host's name. */
  readonly cid: string;
  /** An origin of its own: no other page of the gateway shares its settings or what wallets allow it. */
  readonly own: string;
  /** One of many behind one origin. */
  readonly shared: string;
}

const USUAL_GATEWAY_PORT = 8080;

/** @param ipfs The RPC address of a Kubo node. Throws what the node or the connection to it says. */
export async function publishPage(ipfs: string, folder: string): Promise<PublishedPage> {
  const node = create({ url: ipfs });
  const files = globSync("**/*.*", { cwd: folder }).map((path) => ({
    path,
    content: readFileSync(join(folder, path)),
  }));
  let cid = "";
  for await (const added of node.addAll(files, { wrapWithDirectory: true, cidVersion: 1, pin: true })) {
    if (added.path === "") cid = added.cid.toString();
  }
  const port = await gatewayPort(node);
  return { cid, own: `http://${cid}.ipfs.localhost:${port}/`, shared: `http://127.0.0.1:${port}/ipfs/${cid}/` };
}

/** Where the node's gateway listens, as its configuration says; the usual port where it does not say one. */
async function gatewayPort(node: ReturnType<typeof create>): Promise<number> {
  const configured: unknown = await node.config.get("Addresses.Gateway").catch(() => undefined);
  const [, port] = /\/tcp\/([1-9]\d*)/.exec(String(configured)) ?? [];
  return port === undefined ? USUAL_GATEWAY_PORT : Number(port);
}
