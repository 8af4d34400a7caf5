/**
 * Whether the page is one of many behind a gateway's paths (`/ipfs/CID/`). They are all of one origin: what a wallet allows
 * one of them, and what one of them keeps in the browser, is every other's as well. A gateway of this machine also serves
 * it at an origin of its own, `CID.ipfs.localhost` (https://specs.ipfs.tech/http-gateways/subdomain-gateway/).
 */

export interface SharedOrigin {
  /** Where the same page has an origin of its own, if that is known. */
  readonly own?: string;
}

const GATEWAY_PATH = /^\/(ipfs|ipns)\/([^/]+)/;
/** A CID that fits into a name of a host: version 1, in base 32 or 36. */
const HOST_LABEL = /^[bk][a-z0-9]{40,62}$/;
const OWN_MACHINE = new Set(["127.0.0.1", "localhost"]);

/** @returns undefined for a page whose origin is its own. */
export function sharedOrigin({
  hostname,
  port,
  pathname,
  hash,
}: Pick<Location, "hostname" | "port" | "pathname" | "hash">): SharedOrigin | undefined {
  const [, kind = "", content = ""] = GATEWAY_PATH.exec(pathname) ?? [];
  if (content === "") return undefined;
  if (!OWN_MACHINE.has(hostname) || !HOST_LABEL.test(content)) return {};
  return { own: `http://${content}.${kind}.localhost${port === "" ? "" : `:${port}`}/${hash}` };
}
