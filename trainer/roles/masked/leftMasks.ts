/** What takes the masks out of a cohort's sum, as the chain shows it once everything is known. */
import { getBytes } from "ethers";
import { droppedSeats } from "../../chain/taskState.ts";
import type { RoundState } from "../../chain/taskState.ts";
import { edgeSeedOfKnownKey } from "../../privacy/edgeSeed.ts";
import type { LeftMasks } from "../../privacy/masking.ts";
import { sharersOf } from "./cohortView.ts";

/** @throws Error while something is not known yet. */
export function leftMasks(domain: string, round: RoundState): LeftMasks {
  const members = round.set?.members ?? [];
  const sharers = new Map(sharersOf(domain, round).map((sharer) => [sharer.seat, sharer]));
  const roundOfTask = { domain, round: round.number };
  return {
    seeds: members.map((seat) => getBytes(known(round.seats.get(seat)?.seed, seat))),
    edges: droppedSeats(round).flatMap((missing) => {
      const key = getBytes(known(round.seats.get(missing)?.key, missing));
      return members.map((member) => ({
        member,
        missing,
        seed: edgeSeedOfKnownKey(key, known(sharers.get(member)?.key, member), roundOfTask, [member, missing]),
      }));
    }),
  };
}

function known<Secret>(secret: Secret | undefined, seat: number): Secret {
  if (secret === undefined) throw new Error(`The secret of seat ${seat} is not known yet.`);
  return secret;
}
