/** Who is who, from the registry: the key to encrypt to and the addresses where content is fetched. */
import { getBytes, hexlify } from "ethers";
import type { Deployment } from "../chain/deployment.ts";
import type { Sender } from "../chain/sender.ts";
import type { ContentStore } from "../storage/contentStore.ts";
import type { EncryptionKeyPair } from "../privacy/envelope.ts";

export interface Entry {
  readonly account: string;
  /** Undefined if the account has registered none. */
  readonly encryptionKey?: Uint8Array;
  /** Multiaddresses. */
  readonly peers: readonly string[];
}

const MAX_PEERS_BYTES = 512; // as the registry's

/** What these accounts have registered, in their order. */
export async function entriesOf(
  deployment: Pick<Deployment, "registry">,
  accounts: readonly string[],
): Promise<Entry[]> {
  return Promise.all(
    accounts.map(async (account) => {
      const { encryptionKey, peers } = await deployment.registry.entryOf(account);
      const addresses = peers.split(" ").filter((peer) => peer.startsWith("/"));
      return BigInt(encryptionKey) === 0n
        ? { account, peers: addresses }
        : { account, encryptionKey: getBytes(encryptionKey), peers: addresses };
    }),
  );
}

/** Registers key and addresses if they are not what the registry has. */
export async function register(
  deployment: Deployment,
  sender: Sender,
  key: EncryptionKeyPair,
  store: ContentStore,
): Promise<void> {
  const wantedKey = hexlify(key.publicKey);
  const wantedPeers = fitting(await store.addresses());
  const { encryptionKey, peers } = await deployment.registry.entryOf(sender.address);
  if (encryptionKey === wantedKey && peers === wantedPeers) return;
  const request = await deployment.registry.register.populateTransaction(wantedKey, wantedPeers);
  await sender.send("register key and addresses", request);
}

/** As many addresses as the registry takes. */
function fitting(addresses: readonly string[]): string {
  let text = "";
  for (const address of addresses) {
    const longer = text === "" ? address : `${text} ${address}`;
    if (Buffer.byteLength(longer) <= MAX_PEERS_BYTES) text = longer;
  }
  return text;
}

/** Whom to ask for what `account` has published: itself first; whoever has fetched it before can serve it as well. */
export function ownerFirst(entries: readonly Entry[], account: string): Entry[] {
  const isOwner = (entry: Entry) => entry.account === account;
  return [...entries.filter(isOwner), ...entries.filter((entry) => !isOwner(entry))];
}

/** The addresses of several participants, each one's first address before anybody's second. */
export function addressesToDial(entries: readonly Entry[]): string[] {
  const most = Math.max(0, ...entries.map(({ peers }) => peers.length));
  return Array.from({ length: most }, (_, rank) => entries.flatMap(({ peers }) => peers[rank] ?? [])).flat();
}
