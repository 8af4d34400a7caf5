/**
 * Where content may be had, as others say: multiaddresses from chain or registry. Anyone may write anything there, so
 * only plain TCP addresses that name their peer are taken, few and short; the rest is passed over.
 *
 * Multiaddr: https://github.com/multiformats/multiaddr
 */
import { peerIdFromString } from "@libp2p/peer-id";
import { multiaddr, type Multiaddr } from "@multiformats/multiaddr";

export interface Provider {
  peer: string;
  address: Multiaddr;
}

const MAX_PROVIDERS = 16;
const MAX_LOOKED_AT = 64;
const MAX_ADDRESS_LENGTH = 256;
// Relays, DNS trees (dnsaddr) and other transports would let an address stand for many more dials.
const HOSTS = new Set(["ip4", "ip6", "dns", "dns4", "dns6"]);

/** The usable ones among `addresses` in their order, without doubles and without `self`. Never throws. */
export function usableProviders(addresses: readonly string[], self: string): Provider[] {
  const providers = new Map<string, Provider>();
  for (const text of addresses.slice(0, MAX_LOOKED_AT)) {
    const provider = parseProvider(text);
    if (provider === undefined || provider.peer === self) continue;
    providers.set(provider.address.toString(), provider);
    if (providers.size === MAX_PROVIDERS) break;
  }
  return [...providers.values()];
}

function parseProvider(text: string): Provider | undefined {
  if (typeof text !== "string" || text.length > MAX_ADDRESS_LENGTH) return undefined;
  try {
    const address = multiaddr(text);
    const [host, port, peer, ...rest] = address.getComponents();
    if (rest.length > 0 || !HOSTS.has(host?.name ?? "") || port?.name !== "tcp" || peer?.name !== "p2p")
      return undefined;
    if (port.value === "0" || peer.value === undefined) return undefined;
    return { peer: peerIdFromString(peer.value).toString(), address };
  } catch {
    return undefined;
  }
}
