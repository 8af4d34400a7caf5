/**
 * Who has spoilt a sum. When the right sum of a masked round is out of range, its members open one chunk of it, prove what
 * the masks between them are where two of them differ, and whoever is silent is convicted (contracts/MaskCourt.sol). Each
 * does its part here; what anybody may do, they do in turns.
 *
 * What is opened or proved is public for ever. So a member opens and proves only where it has itself found the sum out of
 * range, one chunk a round, and of a set that enough others have signed for: a node that pretends a blame gets nothing.
 */
import type { ContractTransaction, JsonRpcProvider } from "ethers";
import { seatOf, trainersOf } from "../../chain/taskState.ts";
import type { RoundState, TaskState } from "../../chain/taskState.ts";
import { wasOvertaken } from "../../chain/sender.ts";
import type { Stopwatch } from "../../observe/stopwatch.ts";
import { hintsOf, proveSharedPoint } from "../../privacy/dleq.ts";
import { edgeSeed } from "../../privacy/edgeSeed.ts";
import { streamLanes } from "../../privacy/maskStream.ts";
import type { RoundSecrets } from "../../privacy/roundSecrets.ts";
import { CHUNK_LANES } from "../../protocol/chunkTree.ts";
import { lanesToBytes } from "../../protocol/lanes.ts";
import { chunkOpening, disputedEdges } from "../../protocol/maskedProofs.ts";
import type { OpenedEdges } from "../../protocol/maskedProofs.ts";
import { entriesOf } from "../directory.ts";
import { STAGGER_SECONDS } from "../duty.ts";
import type { Party } from "../party.ts";
import type { Traffic } from "../traffic.ts";
import { isInOrder } from "../turns.ts";
import { sharersOf } from "./cohortView.ts";
import { droppedOf, memberAt } from "./maskedChallenges.ts";
import { reasonNotToShow } from "./mayShow.ts";
import { dealingOnChain } from "./ownDealing.ts";
import type { SecretsJournal } from "./secretsJournal.ts";
import { isOutOfRange } from "./spoiltSum.ts";

export interface Blame {
  /** Does what is due in the round of a cohort that is being blamed. */
  follow(state: TaskState, cohort: RoundState): Promise<void>;
}

interface Accusation {
  readonly chunk: number;
  /** Seconds since 1970. */
  readonly openUntil: number;
  readonly proveUntil: number;
}

/** What a trainer needs besides to open and prove; a watcher has nothing to open. */
export interface BlameMeans {
  readonly journal: SecretsJournal;
  readonly witnesses: readonly JsonRpcProvider[];
  /** The right sum of a cohort, if it has been computed here. */
  sum(cohort: RoundState): Int32Array | undefined;
}

export function createBlame(
  party: Party,
  traffic: Traffic,
  stopwatch: Stopwatch,
  means: BlameMeans | undefined,
): Blame {
  const { deployment, opened, sender, log } = party;
  const court = deployment.maskCourt;
  const done = new Set<string>();

  async function accusation(state: TaskState, round: RoundState): Promise<Accusation | undefined> {
    const events = await court.queryFilter(court.filters.SumAccused(state.task, round.number), opened.block);
    const event = events.find(({ args }) => Number(args.cohort) === round.cohort);
    if (event === undefined) return undefined;
    const { chunk, openUntil, proveUntil } = event.args;
    return { chunk: Number(chunk), openUntil: Number(openUntil), proveUntil: Number(proveUntil) };
  }

  async function openedBy(state: TaskState, round: RoundState): Promise<Map<number, OpenedEdges>> {
    const events = await court.queryFilter(court.filters.ChunkOpened(state.task, round.number), opened.block);
    return new Map(
      events
        .map(({ args: { seat, key, streams } }) => ({
          seat: Number(seat),
          key: { x: key.x, y: key.y },
          streams: [...streams],
        }))
        // Others may have been blamed before, in this round.
        .filter(({ seat }) => round.seats.has(seat))
        .map((shown) => [shown.seat, shown]),
    );
  }

  /** Once; that somebody else was faster is as good. */
  async function act(key: string, words: string, request: () => Promise<ContractTransaction>): Promise<void> {
    if (done.has(key)) return;
    try {
      await sender.send(words, await request());
    } catch (error) {
      if (!wasOvertaken(error)) throw error;
      log.debug({ err: error }, `no need to ${words} any more`);
    }
    done.add(key);
  }

  /** The own secrets, if this member may use them for what the court asks. */
  async function secretsFor(
    state: TaskState,
    round: RoundState,
    { chunk }: Accusation,
  ): Promise<RoundSecrets | undefined> {
    const own = seatOf(round, sender.address);
    if (means === undefined || own === undefined || round.set?.members.includes(own.seat) !== true) return undefined;
    const sum = means.sum(round);
    if (sum === undefined || !isOutOfRange(state, round, sum, chunk)) {
      warnOnce(
        round,
        `chunk ${chunk} is accused, but what was summed here is not out of range there: nothing is opened`,
      );
      return undefined;
    }
    const reason = await reasonNotToShow(party, state, round, means.witnesses);
    if (reason !== undefined) {
      warnOnce(round, `nothing is opened: ${reason}`);
      return undefined;
    }
    await means.journal.writeChunk(round.number, chunk);
    return dealingOnChain(party, means.journal, round.number, own.state)?.secrets;
  }

  function warnOnce(round: RoundState, reason: string): void {
    if (done.has(`${round.number} ${reason}`)) return;
    done.add(`${round.number} ${reason}`);
    log.error({ round: round.number }, reason);
  }

  async function open(round: RoundState, { chunk }: Accusation, seat: number, secrets: RoundSecrets): Promise<void> {
    await act(`${round.number} open`, `open chunk ${chunk} of round ${round.number}`, async () => {
      const sharers = sharersOf(opened.domain, round);
      const own = sharers.find((sharer) => sharer.seat === seat)!;
      const cohort = await entriesOf(deployment, trainersOf(round));
      const member = await memberAt(party, traffic, stopwatch, own, cohort, chunk);
      const streams = sharers
        .filter((other) => other.seat !== seat && round.set!.members.includes(other.seat))
        .map((other) => ({
          seat: other.seat,
          stream: lanesToBytes(streamLanes(edge(round, secrets, seat, other), chunk * CHUNK_LANES, CHUNK_LANES)),
        }));
      return court.openChunk.populateTransaction(
        ...([
          opened.address,
          round.number,
          cohortIn(round),
          seat,
          chunkOpening(member, droppedOf(round), streams),
        ] as const),
      );
    });
  }

  function edge(
    round: RoundState,
    secrets: RoundSecrets,
    seat: number,
    other: { readonly seat: number; readonly key: OpenedEdges["key"] | undefined },
  ): Uint8Array {
    const roundOfTask = { domain: opened.domain, round: round.number };
    return edgeSeed(secrets.key, other.key!, roundOfTask, [seat, other.seat]);
  }

  /** Whoever says something else about a mask than this trainer has proved is guilty. */
  async function prove(round: RoundState, seat: number, secrets: RoundSecrets, edges: readonly Edge[]): Promise<void> {
    for (const pair of edges) {
      const own = pair.find((end) => end.seat === seat);
      const peer = pair.find((end) => end.seat !== seat);
      if (own === undefined || peer === undefined) continue;
      await act(`${round.number} prove ${peer.seat}`, `prove the mask to seat ${peer.seat}`, async () => {
        const roundOfTask = { domain: opened.domain, round: round.number };
        const { claim, proof } = proveSharedPoint(secrets.key, peer.key, roundOfTask);
        return court.convictEdge.populateTransaction(
          ...([opened.address, round.number, cohortIn(round)] as const),
          own,
          peer,
          claim.shared,
          { ...proof, ...hintsOf(claim, proof) },
        );
      });
    }
  }

  return {
    async follow(state, round) {
      const found = await accusation(state, round);
      if (found === undefined || round.set === undefined) return;
      const { members } = round.set;
      const shown = await openedBy(state, round);
      const own = seatOf(round, sender.address);
      const secrets = state.time <= found.proveUntil ? await secretsFor(state, round, found) : undefined;
      if (secrets !== undefined && !shown.has(own!.seat) && state.time <= found.openUntil) {
        return open(round, found, own!.seat, secrets);
      }
      const isInnocent = ({ seat }: { seat: number }) => round.seats.get(seat)?.convicted !== true;
      const disputed = disputedEdges(members, [...shown.values()].filter(isInnocent));
      if (secrets !== undefined) await prove(round, own!.seat, secrets, disputed);

      // Who has just acted shows a moment later.
      const isTurn = (seat: number, since: number) =>
        isInOrder(state, round, seat, sender.address, since + STAGGER_SECONDS);
      for (const seat of members) {
        if (shown.has(seat) || !isInnocent({ seat }) || !isTurn(seat, found.openUntil)) continue;
        await act(`${round.number} silent ${seat}`, `convict the silent seat ${seat}`, () =>
          court.convictSilent.populateTransaction(opened.address, round.number, cohortIn(round), seat),
        );
      }
      for (const [one, other] of disputed) {
        if (!isTurn(one.seat, found.proveUntil)) continue;
        await act(
          `${round.number} unproved ${one.seat} ${other.seat}`,
          `convict seats ${one.seat} and ${other.seat}`,
          () => court.convictUnproved.populateTransaction(opened.address, round.number, cohortIn(round), one, other),
        );
      }
    },
  };
}

function cohortIn({ cohort = 0 }: RoundState): number {
  return cohort;
}

type Edge = readonly [OpenedEdges, OpenedEdges];
