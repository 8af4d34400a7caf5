/** A content store in memory, and participants who register with nobody: what roles need, without chain and network. */
import { createHash } from "node:crypto";
import type { Deployment } from "../../trainer/chain/deployment.ts";
import type { Sender } from "../../trainer/chain/sender.ts";
import { createLog } from "../../trainer/observe/log.ts";
import { newEncryptionKeyPair } from "../../trainer/privacy/envelope.ts";
import type { EncryptionKeyPair } from "../../trainer/privacy/envelope.ts";
import type { Traffic } from "../../trainer/roles/traffic.ts";
import type { ContentId } from "../../trainer/storage/contentId.ts";
import type { ContentStore } from "../../trainer/storage/contentStore.ts";
import { fetchBytes } from "../../trainer/storage/fetchVerified.ts";
import { ContentNotFound, ContentTooLarge } from "../../trainer/storage/storageErrors.ts";
import { account, openedTask } from "./aTask.ts";

export interface MemoryStore extends ContentStore {
  /** What is in it; tests may take things away. */
  readonly contents: Map<string, Uint8Array>;
}

export function memoryStore(): MemoryStore {
  const contents = new Map<string, Uint8Array>();
  const pins = new Set<ContentId>();
  return {
    contents,
    async put(content) {
      const parts: Uint8Array[] = [];
      if (content instanceof Uint8Array) parts.push(content);
      else for await (const part of content) parts.push(part);
      const bytes = Buffer.concat(parts);
      const id: ContentId = `0x${createHash("sha256").update(bytes).digest("hex")}`;
      contents.set(id, new Uint8Array(bytes));
      pins.add(id);
      return id;
    },
    async *get(id, { maxBytes, onFetched }) {
      const bytes = contents.get(id);
      if (bytes === undefined) throw new ContentNotFound(id, "nobody has it.");
      if (bytes.length > maxBytes) throw new ContentTooLarge(id, bytes.length, maxBytes);
      onFetched?.(bytes.length);
      yield bytes;
    },
    holds: async (id) => contents.has(id),
    block: async () => undefined, // contents are whole here
    async pin(id) {
      if (!contents.has(id)) throw new ContentNotFound(id, "it is not here.");
      pins.add(id);
    },
    async unpin(id) {
      pins.delete(id);
    },
    async *pinned() {
      yield* pins;
    },
    addresses: async () => ["/ip4/127.0.0.1/tcp/1"],
    stop: async () => undefined,
  };
}

/** Reads from a store that waits for nobody. */
export function impatientTraffic(store: ContentStore): Traffic & { readonly asked: ContentId[] } {
  const asked: ContentId[] = [];
  return {
    asked,
    async fetch(id, { maxBytes, signal }) {
      asked.push(id);
      return (await fetchBytes(store, id, { maxBytes, timeoutMs: 1, signal })).bytes;
    },
    received: () => 0,
  };
}

/** A registry that knows these keys. The other parts of a deployment must not be needed. */
export function registryOf(keys: ReadonlyMap<string, Uint8Array>): Deployment {
  const registry = {
    entryOf: async (who: string) => ({
      encryptionKey: `0x${Buffer.from(keys.get(who) ?? new Uint8Array(32)).toString("hex")}`,
      peers: "",
    }),
  };
  return { registry } as unknown as Deployment; // a deployment is on a chain; this one has none
}

/** Trainers 1 to `count` with their keys, one store and one registry. */
export async function aCohort(count: number) {
  const store = memoryStore();
  const keys = await Promise.all(Array.from({ length: count }, newEncryptionKeyPair));
  const accounts = keys.map((_, index) => account(index + 1));
  const deployment = registryOf(
    new Map(accounts.map((who, index) => [who, (keys[index] as EncryptionKeyPair).publicKey])),
  );
  const said: string[] = [];
  const log = createLog({
    name: "test",
    level: "debug",
    json: true,
    destination: { write: (line: string) => void said.push(line) },
  });
  const party = (index: number) => ({
    deployment,
    store,
    log,
    opened: openedTask(),
    sender: { address: account(index) } as Sender, // it sends nothing
    encryptionKey: keys[index - 1] as EncryptionKeyPair,
    signal: new AbortController().signal,
  });
  const entries = accounts.map((who, index) => ({
    account: who,
    encryptionKey: (keys[index] as EncryptionKeyPair).publicKey,
    peers: [],
  }));
  return { store, keys, accounts, entries, party, said };
}
