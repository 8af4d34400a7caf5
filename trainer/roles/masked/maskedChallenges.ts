/** What is wrong with a masked round, as a call of the mask court. */
import { getBytes, hexlify } from "ethers";
import { droppedSeats, summedCohorts, trainersOf } from "../../chain/taskState.ts";
import type { RoundState, SeatState } from "../../chain/taskState.ts";
import type { Stopwatch } from "../../observe/stopwatch.ts";
import type { CurvePoint } from "../../privacy/secp256k1.ts";
import { chunkProof } from "../../protocol/chunkTree.ts";
import { packOpening } from "../../protocol/fraudProofs.ts";
import type { WrongSum } from "../../protocol/judgement.ts";
import { sharesProof, unmaskingProof } from "../../protocol/maskedProofs.ts";
import type { DroppedSeat, MemberOpening, UnmaskingProof } from "../../protocol/maskedProofs.ts";
import { entriesOf } from "../directory.ts";
import type { Entry } from "../directory.ts";
import type { Party } from "../party.ts";
import type { Challenge } from "../prosecute.ts";
import type { Traffic } from "../traffic.ts";
import { sharersOf } from "./cohortView.ts";
import { fetchMaskedUpdate } from "./maskedUpdate.ts";
import type { BadShares } from "./rebuilding.ts";

const FETCH_TIMEOUT_MS = 30_000;

type Reader = Pick<Party, "deployment" | "opened" | "signal">;

/** The proposed sum is not that of the masked updates less their masks. */
export async function challengeOfMaskedSum(
  party: Reader,
  traffic: Traffic,
  stopwatch: Stopwatch,
  round: RoundState,
  { chunk, sum }: WrongSum,
): Promise<Challenge> {
  const { deployment, opened } = party;
  const proofs: UnmaskingProof[] = [];
  for (const cohort of summedCohorts(round)) {
    proofs.push(await unmaskingAt(party, traffic, stopwatch, cohort, chunk));
  }
  return {
    words: `prove the sum of round ${round.number} wrong`,
    court: deployment.maskCourt,
    request: await deployment.maskCourt.challengeMaskedSum.populateTransaction(
      ...([opened.address, round.number, chunk, proofs, packOpening(sum)] as const),
    ),
  };
}

/** The right sum of a cohort has a number in `chunk` that no updates within the bound add up to. */
export async function accusationOf(
  party: Reader,
  traffic: Traffic,
  stopwatch: Stopwatch,
  cohort: RoundState,
  chunk: number,
): Promise<Challenge> {
  const { deployment, opened } = party;
  const proof = await unmaskingAt(party, traffic, stopwatch, cohort, chunk);
  return {
    words: `accuse the sum of round ${cohort.number}`,
    court: deployment.maskCourt,
    request: await deployment.maskCourt.accuse.populateTransaction(
      ...([opened.address, cohort.number, cohort.cohort ?? 0, chunk, proof] as const),
    ),
  };
}

export async function challengeOfShares(
  { deployment, opened }: Pick<Party, "deployment" | "opened">,
  round: RoundState,
  { seat, kind, leaves, shares }: BadShares,
): Promise<Challenge> {
  const { keyAddress, maskHash } = round.seats.get(seat)!.dealing!;
  const shown = shares.map((share) => ({ seat: share.seat, share: hexlify(share.share) }));
  const proof = sharesProof({ kind: kind === "key" ? 0 : 1, keyAddress, maskHash }, leaves, shown);
  return {
    words: `prove the shares of seat ${seat} in round ${round.number} bad`,
    court: deployment.maskCourt,
    request: await deployment.maskCourt.challengeShares.populateTransaction(
      ...([opened.address, round.number, seat, proof] as const),
    ),
  };
}

/** A member's masked update at a chunk, with what opens its dealing. */
export async function memberAt(
  { opened, signal }: Reader,
  traffic: Traffic,
  stopwatch: Stopwatch,
  { seat, state, key }: { readonly seat: number; readonly state: SeatState; readonly key: CurvePoint | undefined },
  from: readonly Entry[],
  chunk: number,
): Promise<MemberOpening> {
  const { seed, dealing } = state;
  if (seed === undefined || dealing === undefined || key === undefined) {
    throw new Error(`Seat ${seat} has not shown its seed.`);
  }
  const request = { from, timeoutMs: FETCH_TIMEOUT_MS, signal };
  const vector = await fetchMaskedUpdate(traffic, stopwatch, opened.rules.parameters, state, request);
  return { seat, opening: chunkProof(vector, chunk), seed, key, sharesHash: dealing.sharesHash };
}

/** Those who shared and are no members, with their rebuilt keys. */
export function droppedOf(round: RoundState): DroppedSeat[] {
  return droppedSeats(round).map((seat) => {
    const { key, dealing } = round.seats.get(seat)!;
    if (key === undefined) throw new Error(`The key of seat ${seat} has not been rebuilt.`);
    return { seat, key: hexlify(getBytes(key)), maskHash: dealing!.maskHash, sharesHash: dealing!.sharesHash };
  });
}

/** Every masked update of a cohort once more, one at a time, and the disputed chunk out of each. */
async function unmaskingAt(party: Reader, traffic: Traffic, stopwatch: Stopwatch, round: RoundState, chunk: number) {
  const cohort = await entriesOf(party.deployment, trainersOf(round));
  const members: MemberOpening[] = [];
  for (const sharer of sharersOf(party.opened.domain, round)) {
    if (round.set?.members.includes(sharer.seat) !== true) continue;
    members.push(await memberAt(party, traffic, stopwatch, sharer, cohort, chunk));
  }
  return unmaskingProof(members, droppedOf(round));
}
