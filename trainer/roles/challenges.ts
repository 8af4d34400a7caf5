/** What a wrong proposal or update is, as a call of the court. */
import { trainersOf } from "../chain/taskState.ts";
import type { RoundState } from "../chain/taskState.ts";
import type { Stopwatch } from "../observe/stopwatch.ts";
import { chunkProof } from "../protocol/chunkTree.ts";
import { encodingProof, stepProof, sumProof } from "../protocol/fraudProofs.ts";
import type { SeatOpening } from "../protocol/fraudProofs.ts";
import type { WrongStep, WrongSum } from "../protocol/judgement.ts";
import { entriesOf } from "./directory.ts";
import type { Party } from "./party.ts";
import type { Challenge } from "./prosecute.ts";
import { openUpdate } from "./sealedUpdate.ts";
import type { MalformedUpdate } from "./sealedUpdate.ts";
import type { Traffic } from "./traffic.ts";

const FETCH_TIMEOUT_MS = 30_000;

/** Opens every update of the sum once more, one at a time, and takes the disputed chunk out of it. */
export async function challengeOfSum(
  party: Party,
  traffic: Traffic,
  stopwatch: Stopwatch,
  round: RoundState,
  { chunk, sum }: WrongSum,
): Promise<Challenge> {
  const { deployment, opened, signal } = party;
  const cohort = await entriesOf(deployment, trainersOf(round));
  const seats: SeatOpening[] = [];
  for (const [index, seat] of round.seats) {
    if (seat.status !== "Revealed" || seat.update === undefined) continue;
    const timing = { cohortSize: cohort.length, timeoutMs: FETCH_TIMEOUT_MS, signal };
    const delta = await openUpdate(party, traffic, stopwatch, { round: round.number, seat, from: cohort, ...timing });
    const { contentKeyHash } = seat.update;
    seats.push({ seat: index, opening: chunkProof(delta, chunk), contentKeyHash });
  }
  const request = await deployment.court.challengeSum.populateTransaction(
    opened.address,
    round.number,
    chunk,
    sumProof(seats, sum),
  );
  return { words: `prove the sum of round ${round.number} wrong`, court: deployment.court, request };
}

export async function challengeOfStep(
  { deployment, opened }: Pick<Party, "deployment" | "opened">,
  round: number,
  { chunk, sum, from, next }: WrongStep,
): Promise<Challenge> {
  const proof = stepProof(sum, from, next);
  const request = await deployment.court.challengeStep.populateTransaction(opened.address, round, chunk, proof);
  return { words: `prove the step of round ${round} wrong`, court: deployment.court, request };
}

export async function challengeOfUpdate(
  { deployment, opened }: Pick<Party, "deployment" | "opened">,
  round: RoundState,
  seat: number,
  { chunk }: MalformedUpdate,
): Promise<Challenge> {
  const contentKeyHash = round.seats.get(seat)?.update?.contentKeyHash;
  if (contentKeyHash === undefined) throw new Error(`Seat ${seat} has not revealed.`);
  const request = await deployment.court.challengeEncoding.populateTransaction(
    opened.address,
    round.number,
    seat,
    chunk.index,
    encodingProof(chunk, contentKeyHash),
  );
  return {
    words: `prove the update of seat ${seat} in round ${round.number} malformed`,
    court: deployment.court,
    request,
  };
}
