/**
 * The embedded content store: a Helia node on disk that listens on TCP, serves what it holds by bitswap, and dials only
 * the providers it is given. No bootstrap peers, DHT, gateways, relays or local discovery: it is alone until told.
 *
 * In its folder: `blocks` (a file a block), `pins`, `data` (the peer's key), `lock`.
 */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { withBitswap } from "@helia/bitswap";
import { withLibp2pLight, type HeliaWithLibp2p } from "@helia/libp2p";
import { identify } from "@libp2p/identify";
import type { ServiceMap } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { MemoryDatastore } from "datastore-core";
import { FsDatastore } from "datastore-fs";
import { createHeliaLight } from "helia";
import type { CID } from "multiformats/cid";
import { bitswapReads, NoProvider } from "./bitswapRead.ts";
import { boundedRead } from "./boundedRead.ts";
import { contentIdToCid, type ContentId } from "./contentId.ts";
import type { ContentStore, GetOptions } from "./contentStore.ts";
import { lockFolder } from "./folderLock.ts";
import { openPinFolder, type PinFolder } from "./pinFolder.ts";
import { usableProviders, type Provider } from "./providers.ts";
import { sharedLock } from "./sharedLock.ts";
import { ContentCorrupt, ContentMalformed, ContentNotFound, StoreStopped } from "./storageErrors.ts";
import { writeContent } from "./unixfsLayout.ts";
import { MAX_BLOCK_BYTES, visitBlocks } from "./unixfsRead.ts";
import { VerifiedBlockstore } from "./verifiedBlockstore.ts";

export interface HeliaStoreOptions {
  /** Created if missing; one process at a time. */
  folder: string;
  /** Multiaddresses to listen on. Default: a free port on loopback. */
  listen?: string[];
  /** Bounds opening; the store itself runs until `stop`. */
  signal?: AbortSignal;
}

const LOOPBACK = ["/ip4/127.0.0.1/tcp/0"];
// Enough to keep a connection busy; all of it may come as one message, and must fit in a stream's buffer.
const BLOCKS_AHEAD = 4;
const STREAM_BUFFER_BYTES = (BLOCKS_AHEAD + 1) * MAX_BLOCK_BYTES;
// How long one provider may keep silent before the next is asked: its share of the time, within reason.
const SHORTEST_PATIENCE_MS = 1_000;
const LONGEST_PATIENCE_MS = 10_000;
// A federation behind one address, or on one machine, connects all at once.
const CONNECTIONS_PER_SECOND_AND_HOST = 200;
const PENDING_CONNECTIONS = 64;
// A block of 2 MiB must fit with its envelope; more in one message only delays the first.
const MESSAGE_BYTES = MAX_BLOCK_BYTES + 64 * 1024;
const MESSAGE_TIMEOUT_MS = 60_000;

/**
 * Opens the store in `folder` and starts listening.
 * Throws StoreInUse if another process has it open, the signal's reason if aborted.
 */
export async function openHeliaStore(options: HeliaStoreOptions): Promise<ContentStore> {
  options.signal?.throwIfAborted();
  const folder = resolve(options.folder);
  await mkdir(folder, { recursive: true, mode: 0o700 }); // the peer's key lives in it
  const unlock = await lockFolder(folder);
  let node: Node | undefined;
  try {
    const blocks = new VerifiedBlockstore(join(folder, "blocks"));
    await blocks.open();
    const pins = await openPinFolder(join(folder, "pins"));
    node = await startNode(join(folder, "data"), blocks, options.listen ?? LOOPBACK);
    options.signal?.throwIfAborted();
    return storeOn(folder, node, blocks, pins, unlock);
  } catch (error) {
    await node?.stop();
    await unlock();
    throw error;
  }
}

interface Node {
  helia: HeliaWithLibp2p<ServiceMap>;
  /** Dials are refused but to these. */
  told: Map<string, number>;
  stop(): Promise<void>;
}

async function startNode(folder: string, blocks: VerifiedBlockstore, listen: string[]): Promise<Node> {
  const data = new FsDatastore(folder);
  await data.open();
  const told = new Map<string, number>();
  const helia = withBitswap(
    withLibp2pLight<ReturnType<typeof createHeliaLight>>(createHeliaLight({ blockstore: blocks, datastore: data }), {
      addresses: { listen },
      // Known peers are written at every stream; on disk that would hold up the stream, and nobody needs them later.
      datastore: new MemoryDatastore(),
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux({ streamOptions: { maxReadBufferLength: STREAM_BUFFER_BYTES } })],
      services: { identify: identify() },
      // A peer announces addresses of its choice; only what a reader named is dialled.
      connectionGater: { denyDialMultiaddr: (address) => !told.has(address.toString()) },
      connectionManager: {
        inboundConnectionThreshold: CONNECTIONS_PER_SECOND_AND_HOST,
        maxIncomingPendingConnections: PENDING_CONNECTIONS,
        reconnectRetries: 0,
      },
      // Pings fail while training keeps the process busy.
      connectionMonitor: { enabled: false },
    }),
    {
      maxOutgoingMessageSize: MESSAGE_BYTES,
      maxIncomingMessageSize: 2 * MESSAGE_BYTES,
      messageReceiveTimeout: MESSAGE_TIMEOUT_MS,
      messageSendTimeout: MESSAGE_TIMEOUT_MS,
    },
  );
  const stop = async (): Promise<void> => {
    await helia.stop();
    await data.close();
  };
  try {
    await helia.start();
  } catch (error) {
    await stop().catch(() => {}); // the first error tells more
    throw error;
  }
  return { helia, told, stop };
}

function storeOn(
  folder: string,
  node: Node,
  blocks: VerifiedBlockstore,
  pins: PinFolder,
  unlock: () => Promise<void>,
): ContentStore {
  const { helia, told } = node;
  const startReading = bitswapReads(helia);
  const disk = sharedLock();
  const stopped = new AbortController();
  let stopping: Promise<void> | undefined;

  /** True if every block is here and sound. */
  async function holds(id: ContentId, signal?: AbortSignal): Promise<boolean> {
    let complete = true;
    try {
      await visitBlocks(id, readNode, async (cid) => {
        signal?.throwIfAborted();
        complete &&= (await blocks.read(cid)) !== undefined;
        return complete;
      });
    } catch (error) {
      if (error instanceof ContentMalformed) return false;
      throw error;
    }
    return complete;
  }

  async function readNode(cid: CID): Promise<Uint8Array> {
    const bytes = await blocks.read(cid);
    if (bytes === undefined) throw new Error(`Block ${cid} vanished while it was being read. Try again.`);
    return bytes;
  }

  async function blocksOf(id: ContentId): Promise<CID[]> {
    const found: CID[] = [];
    await visitBlocks(id, readNode, async (cid) => {
      found.push(cid);
      return (await blocks.read(cid)) !== undefined;
    });
    return found;
  }

  /** Deletes the blocks of `id` that no pinned content shares. */
  async function collect(id: ContentId): Promise<void> {
    const kept = new Set<string>();
    for (const other of await pins.list()) {
      for (const cid of await blocksOf(other)) kept.add(cid.toString());
    }
    for (const cid of await blocksOf(id)) {
      if (!kept.has(cid.toString())) await blocks.delete(cid);
    }
  }

  async function* get(id: ContentId, options: GetOptions): AsyncGenerator<Uint8Array, void, undefined> {
    stopped.signal.throwIfAborted();
    const providers = usableProviders(options.providers ?? [], helia.libp2p.peerId.toString());
    const share = options.timeoutMs / (providers.length + 1);
    const patienceMs = Math.min(LONGEST_PATIENCE_MS, Math.max(SHORTEST_PATIENCE_MS, share));
    const peers = startReading(contentIdToCid(id), providers, patienceMs);
    const forget = tell(told, providers);
    let damaged: CID | undefined;

    async function readBlock(cid: CID, signal: AbortSignal): Promise<Uint8Array> {
      const local = await blocks.read(cid);
      if (local !== undefined) return local;
      if (blocks.wasDamaged(cid)) damaged = cid;
      try {
        if (providers.length === 0) throw new NoProvider("it is not in this store and no usable provider is named");
        const bytes = await peers.read(cid, signal);
        options.onFetched?.(bytes.length);
        return bytes;
      } catch (error) {
        if (!(error instanceof NoProvider)) throw error;
        const wayOut = "Name a provider that holds it, or try again when one is online.";
        throw new ContentNotFound(id, `${error.message}. ${wayOut}`, { cause: error });
      }
    }

    try {
      yield* boundedRead(id, readBlock, { ...options, blocksAhead: BLOCKS_AHEAD, stopped: stopped.signal });
    } catch (error) {
      if (damaged === undefined || !(error instanceof ContentNotFound)) throw error;
      const why = error.cause instanceof NoProvider ? `${error.cause.message}.` : "it did not come in time.";
      throw new ContentCorrupt(id, damaged.toString(), folder, why, { cause: error });
    } finally {
      forget();
      peers.close();
    }
  }

  return {
    get,

    async put(content, options) {
      stopped.signal.throwIfAborted();
      const signal = options?.signal ? AbortSignal.any([options.signal, stopped.signal]) : stopped.signal;
      return disk.shared(async () => {
        const id = await writeContent(
          content,
          async (cid, bytes) => {
            if ((await blocks.read(cid)) === undefined) await blocks.put(cid, bytes);
          },
          signal,
        );
        await pins.add(id);
        return id;
      });
    },

    async holds(id, options) {
      stopped.signal.throwIfAborted();
      return holds(id, options?.signal);
    },

    async block(cid) {
      stopped.signal.throwIfAborted();
      return blocks.read(cid);
    },

    async pin(id, options) {
      stopped.signal.throwIfAborted();
      await disk.shared(async () => {
        if (!(await holds(id, options?.signal))) {
          throw new ContentNotFound(id, "not all of it is in this store. Get it first, then pin it.");
        }
        await pins.add(id);
      });
    },

    async unpin(id) {
      stopped.signal.throwIfAborted();
      await disk.alone(async () => {
        if (await pins.remove(id)) await collect(id);
      });
    },

    async *pinned() {
      stopped.signal.throwIfAborted();
      yield* await pins.list();
    },

    async addresses() {
      stopped.signal.throwIfAborted();
      return helia.libp2p.getMultiaddrs().map((address) => address.toString());
    },

    stop() {
      stopping ??= (async () => {
        stopped.abort(new StoreStopped());
        await disk.alone(async () => {}); // what is being written ends first
        await node.stop();
        await unlock();
      })();
      return stopping;
    },
  };
}

/** Allows dialling the providers until the returned function is called; reads may overlap. */
function tell(told: Map<string, number>, providers: readonly Provider[]): () => void {
  const addresses = providers.map(({ address }) => address.toString());
  for (const address of addresses) told.set(address, (told.get(address) ?? 0) + 1);
  return () => {
    for (const address of addresses) {
      const left = told.get(address)! - 1;
      if (left === 0) told.delete(address);
      else told.set(address, left);
    }
  };
}
