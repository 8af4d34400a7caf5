/**
 * Blocks from peers by bitswap, each asked of one provider at a time, so that a block crosses the wire once. A provider
 * that is silent or gone is left for the next; one that lacks a block is asked for the others still.
 *
 * Bitswap 1.2: https://specs.ipfs.tech/bitswap-protocol/
 */
import type { SessionBlockstore } from "@helia/interface";
import type { HeliaWithLibp2p } from "@helia/libp2p";
import type { PeerId, ServiceMap } from "@libp2p/interface";
import type { CID } from "multiformats/cid";
import type { Provider } from "./providers.ts";

export interface BlockReader {
  /** Throws NoProvider when each one has been tried, or the signal's reason. */
  read(cid: CID, signal: AbortSignal): Promise<Uint8Array>;
  close(): void;
}

/** Why each provider in turn could not give a block. */
export class NoProvider extends Error {
  override readonly name = "NoProvider";
}

/** A provider as one reader uses it. */
interface Source {
  provider: Provider;
  line: Promise<Line> | undefined;
  /** Lines lost since the last block came, and how many of them by silence. */
  cuts: number;
  silences: number;
  /** Why it is not asked any more. */
  failure: string | undefined;
}

/** One connection to a provider, from dialling to its loss. */
interface Line {
  peer: PeerId;
  session: SessionBlockstore;
  cut: AbortController;
  waiting: number;
  quietTicks: number;
}

const CUTS_ALLOWED = 3;
const HANG_UP_MS = 1_000;
// Silence is counted in ticks, so that this process being busy for long is not held against the peer.
const QUIET_TICKS = 4;

/**
 * A peer's bitswap remembers what it sent or denied to us and keeps silent when asked the same again; it forgets only
 * with the connection (Helia's Ledger, doNotResendBlockWindow and sentDoNotHave). So what was asked of a peer is
 * remembered here too, and asking again goes over a new connection.
 */
export function bitswapReads(
  helia: HeliaWithLibp2p<ServiceMap>,
): (root: CID, providers: readonly Provider[], patienceMs: number) => BlockReader {
  const asked = new Map<string, Set<string>>();
  const inFlight = new Map<string, number>();
  helia.libp2p.addEventListener("peer:disconnect", ({ detail: peer }) => void asked.delete(peer.toString()));

  async function hangUp(peer: PeerId): Promise<void> {
    await helia.libp2p.hangUp(peer, { signal: AbortSignal.timeout(HANG_UP_MS) }).catch(() => {});
  }

  async function ask(line: Line, cid: CID, signal: AbortSignal): Promise<Uint8Array> {
    const peer = line.peer.toString();
    const want = `${peer} ${cid}`;
    if (asked.get(peer)?.has(want) === true && !inFlight.has(want)) {
      await hangUp(line.peer);
      line.cut.abort(new Error("the connection is made anew"));
    }
    line.cut.signal.throwIfAborted();
    inFlight.set(want, (inFlight.get(want) ?? 0) + 1);
    line.waiting++;
    try {
      const parts: Uint8Array[] = [];
      const either = AbortSignal.any([signal, line.cut.signal]);
      for await (const part of line.session.get(cid, { signal: either })) parts.push(part);
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    } finally {
      line.waiting--;
      const others = inFlight.get(want)! - 1;
      if (others > 0) inFlight.set(want, others);
      else inFlight.delete(want);
      if (others === 0 && !line.cut.signal.aborted) {
        asked.set(peer, (asked.get(peer) ?? new Set()).add(want));
      }
    }
  }

  return (root, providers, patienceMs) => {
    const sources = providers.map((provider): Source => ({
      provider,
      line: undefined,
      cuts: 0,
      silences: 0,
      failure: undefined,
    }));
    const lines = new Set<Line>();
    const closed = new AbortController();
    let bestFirst = sources;

    async function dial(source: Source): Promise<Line> {
      const patience = AbortSignal.any([closed.signal, AbortSignal.timeout(Math.ceil(patienceMs))]);
      let peer: PeerId;
      try {
        peer = (await helia.libp2p.dial(source.provider.address, { signal: patience })).remotePeer;
      } catch (error) {
        closed.signal.throwIfAborted();
        source.failure = patience.aborted ? "does not answer" : `can't be dialled (${messageOf(error)})`;
        throw error;
      }
      const session = helia.blockstore.createSession(root, {
        providers: [peer.toCID()],
        minProviders: 1,
        maxProviders: 1,
      });
      const line: Line = { peer, session, cut: new AbortController(), waiting: 0, quietTicks: 0 };
      lines.add(line);
      const onDisconnect = ({ detail }: { detail: PeerId }): void => {
        if (detail.equals(peer)) line.cut.abort(new Error("the connection was lost"));
      };
      const ticks = setInterval(() => {
        line.quietTicks = line.waiting > 0 ? line.quietTicks + 1 : 0;
        if (line.quietTicks < QUIET_TICKS) return;
        // A message may have been lost on the way; over a new line it is asked for once more.
        if (++source.silences > 1) source.failure = `sent nothing for ${Math.round((2 * patienceMs) / 1000)} s`;
        line.quietTicks = 0;
        void hangUp(peer).finally(() => line.cut.abort(new Error("silence")));
      }, patienceMs / QUIET_TICKS);
      ticks.unref();
      helia.libp2p.addEventListener("peer:disconnect", onDisconnect);
      line.cut.signal.addEventListener("abort", () => {
        clearInterval(ticks);
        helia.libp2p.removeEventListener("peer:disconnect", onDisconnect);
        session.close();
        lines.delete(line);
        source.line = undefined;
        if (++source.cuts > CUTS_ALLOWED) source.failure ??= "breaks the connection again and again";
      });
      return line;
    }

    /** The block, or undefined if this source has it not or fails for good. */
    async function readFrom(source: Source, cid: CID, signal: AbortSignal): Promise<Uint8Array | undefined> {
      while (source.failure === undefined) {
        let line: Line | undefined;
        try {
          line = await (source.line ??= dial(source));
          const bytes = await ask(line, cid, signal);
          line.quietTicks = 0;
          source.cuts = 0;
          source.silences = 0;
          return bytes;
        } catch {
          signal.throwIfAborted();
          closed.signal.throwIfAborted();
          if (line === undefined) source.failure ??= "can't be reached";
          else if (!line.cut.signal.aborted) return undefined;
        }
      }
      return undefined;
    }

    return {
      async read(cid, signal) {
        const tried = bestFirst;
        for (const source of tried) {
          const bytes = await readFrom(source, cid, signal);
          if (bytes === undefined) continue;
          // Whoever had this block likely has the next one.
          if (source !== bestFirst[0]) bestFirst = [source, ...bestFirst.filter((other) => other !== source)];
          return bytes;
        }
        const why = sources.map(({ provider, failure }) => `${provider.peer} ${failure ?? "does not have it"}`);
        throw new NoProvider(why.join("; "));
      },
      close() {
        closed.abort(new Error("The read has ended."));
        for (const line of [...lines]) line.cut.abort(closed.signal.reason);
      },
    };
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : "unknown";
}
