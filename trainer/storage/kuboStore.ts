/**
 * A content store on a Kubo daemon that runs already. The daemon finds, keeps and serves; it is not trusted: every
 * block it hands over is verified here, through the same reader as the embedded store's.
 */
import { multiaddr } from "@multiformats/multiaddr";
import type { CID } from "multiformats/cid";
import { boundedRead } from "./boundedRead.ts";
import { cidToContentId, contentIdToCid, DAG_PB, RAW, SHA2_256, type ContentId } from "./contentId.ts";
import type { ContentStore, GetOptions } from "./contentStore.ts";
import { kuboRpc, NOT_IPFS, type KuboRpc } from "./kuboRpc.ts";
import { usableProviders, type Provider } from "./providers.ts";
import { ContentMalformed, ContentNotFound, StoreStopped, StoreUnreachable } from "./storageErrors.ts";
import { writeContent } from "./unixfsLayout.ts";
import { isBlockOf } from "./blockHash.ts";
import { visitBlocks } from "./unixfsRead.ts";

export interface KuboStoreOptions {
  /** Of the RPC API, e.g. http://127.0.0.1:5001. */
  url: string;
  /** Bounds opening; the store itself runs until `stop`. */
  signal?: AbortSignal;
}

const ANSWER_MS = 10_000;
const CONNECT_MS = 10_000;
// The client holds as many connections to the daemon.
const BLOCKS_AHEAD = 6;

/** Opens a store on the daemon at `url`. Throws StoreUnreachable if no IPFS node answers there within 10 s. */
export async function openKuboStore(options: KuboStoreOptions): Promise<ContentStore> {
  options.signal?.throwIfAborted();
  const rpc = kuboRpc(options.url);
  const { call } = rpc;
  const self = await identify(rpc, options.signal);
  const stopped = new AbortController();

  async function readSound(cid: CID, local: boolean, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const bytes = await rpc.readBlock(cid, { local, signal });
    return bytes !== undefined && isBlockOf(cid, bytes) ? bytes : undefined;
  }

  async function holds(id: ContentId, signal: AbortSignal): Promise<boolean> {
    const nodes = new Map<string, Uint8Array>();
    let complete = true;
    try {
      await visitBlocks(
        id,
        async (cid) => nodes.get(cid.toString())!,
        async (cid) => {
          const bytes = await readSound(cid, true, signal);
          complete &&= bytes !== undefined;
          if (bytes !== undefined && cid.code === DAG_PB) nodes.set(cid.toString(), bytes);
          return complete;
        },
      );
    } catch (error) {
      if (error instanceof ContentMalformed) return false;
      throw error;
    }
    return complete;
  }

  async function connect(providers: readonly Provider[], signal: AbortSignal): Promise<void> {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
    const dials = providers.map(({ address }) =>
      rpc.ipfs.swarm.connect(multiaddr(address.toString()), { signal: patience }),
    );
    // The first that answers is enough to ask; the others join when they can.
    await Promise.any(dials).catch(() => {});
  }

  async function* get(id: ContentId, options: GetOptions): AsyncGenerator<Uint8Array, void, undefined> {
    const providers = usableProviders(options.providers ?? [], self);
    let connecting: Promise<void> | undefined;

    async function readBlock(cid: CID, signal: AbortSignal): Promise<Uint8Array> {
      const local = await readSound(cid, true, signal);
      if (local !== undefined) return local;
      await (connecting ??= connect(providers, signal));
      signal.throwIfAborted();
      const fetched = await readSound(cid, false, signal);
      if (fetched === undefined) {
        throw new ContentNotFound(id, `the IPFS node gave no sound block ${cid}. Name a provider that holds it.`);
      }
      options.onFetched?.(fetched.length);
      return fetched;
    }

    yield* boundedRead(id, readBlock, { ...options, blocksAhead: BLOCKS_AHEAD, stopped: stopped.signal });
  }

  /** Pins what is local; the daemon must not go looking for what is not. */
  async function pin(id: ContentId, signal: AbortSignal): Promise<void> {
    const searchParams = new URLSearchParams({ offline: "true" });
    await call((ipfs) => ipfs.pin.add(contentIdToCid(id), { signal, searchParams }), signal);
  }

  function untilStopped(signal?: AbortSignal): AbortSignal {
    stopped.signal.throwIfAborted();
    signal?.throwIfAborted();
    return signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal;
  }

  return {
    get,

    async put(content, options) {
      const signal = untilStopped(options?.signal);
      const id = await writeContent(
        content,
        async (cid, bytes) => {
          const codec = { cidCodec: cid.code === RAW ? "raw" : "dag-pb", mhtype: "sha2-256", signal };
          const stored = await call((ipfs) => ipfs.block.put(bytes, codec), signal);
          if (!stored.equals(cid))
            throw new Error(`The IPFS node stored block ${cid} as ${stored}. Use Kubo 0.12 or newer.`);
        },
        signal,
      );
      await pin(id, signal);
      return id;
    },

    async holds(id, options) {
      return holds(id, untilStopped(options?.signal));
    },

    async block(cid, options) {
      return readSound(cid, true, untilStopped(options?.signal));
    },

    async pin(id, options) {
      const signal = untilStopped(options?.signal);
      if (!(await holds(id, signal))) {
        throw new ContentNotFound(id, "not all of it is in this IPFS node. Get it first, then pin it.");
      }
      await pin(id, signal);
    },

    async unpin(id) {
      const signal = untilStopped();
      try {
        await call((ipfs) => ipfs.pin.rm(contentIdToCid(id), { signal }), signal);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.includes("not pinned")) throw error;
      }
    },

    async *pinned() {
      const signal = untilStopped();
      const pins = await call((ipfs) => collect(ipfs.pin.ls({ type: "recursive", signal })), signal);
      // The daemon may hold its owner's pins too: those that could not be content ids are not ours.
      for (const { cid } of pins) {
        if (cid.version === 1 && cid.code === DAG_PB && cid.multihash.code === SHA2_256) yield cidToContentId(cid);
      }
    },

    async addresses() {
      const signal = untilStopped();
      const { addresses } = await call((ipfs) => ipfs.id({ signal }), signal);
      return addresses.map((address) => address.toString());
    },

    async stop() {
      stopped.abort(new StoreStopped());
    },
  };
}

/** The daemon's peer id; StoreUnreachable if what answers is no IPFS node. */
async function identify(rpc: KuboRpc, signal?: AbortSignal): Promise<string> {
  const patience = AbortSignal.timeout(ANSWER_MS);
  const either = signal ? AbortSignal.any([signal, patience]) : patience;
  try {
    return (await rpc.call((ipfs) => ipfs.id({ signal: either }), signal)).id.toString();
  } catch (error) {
    if (error instanceof StoreUnreachable && !patience.aborted) throw error;
    signal?.throwIfAborted();
    const why = patience.aborted ? `it is silent for ${ANSWER_MS / 1000} s` : NOT_IPFS;
    throw new StoreUnreachable(rpc.shown, why, { cause: error });
  }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}
