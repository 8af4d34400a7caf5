/**
 * What other nodes say of the same round, in case the one that is used lies (--witness-rpc): about who gets shares of the
 * own secrets, about whose keys the own update is masked with, and about the set that it is summed in. A node that could
 * make up any of it, with friends in the place of the others, could read the update.
 */
import type { JsonRpcProvider } from "ethers";
import { maskedTaskAt, registryAt, taskInterface } from "../../chain/contracts.ts";
import { sharedSeats } from "../../chain/taskState.ts";
import type { RoundState } from "../../chain/taskState.ts";
import { seatBits } from "../../protocol/seatSet.ts";
import { entriesOf } from "../directory.ts";
import type { Party } from "../party.ts";

type Observer = Pick<Party, "deployment" | "opened">;

/** @returns why not, in words, if a witness has another cohort in `round`, or other encryption keys of it. */
export function doubtOfCohort(party: Observer, round: RoundState, witnesses: readonly JsonRpcProvider[]) {
  const { deployment, opened } = party;
  const trainers = [...round.seats].sort(([a], [b]) => a - b).map(([, { trainer }]) => trainer);
  return firstDoubt(witnesses, async (witness) => {
    const task = maskedTaskAt(opened.address, witness);
    const own = seatBits(round.seats.keys());
    const [cohorts, seats] = await Promise.all([task.cohorts(round.number), task.seatsAt(round.number, own)]);
    // Who is in the only one, the chain does not say but by who has entered. (Beyond the last one [] throws, at() does not.)
    if (opened.rules.cohorts > 1 && cohorts.at(round.cohort ?? 0)?.roster !== own) return "has drawn other cohorts";
    if (
      !isEqual(
        trainers,
        seats.map(({ trainer }) => trainer),
      )
    )
      return "has other trainers in this round";
    const registry = registryAt(await deployment.registry.getAddress(), witness);
    const [here, theirs] = await Promise.all([entriesOf(deployment, trainers), entriesOf({ registry }, trainers)]);
    const keys = (entries: typeof here) => entries.map(({ encryptionKey }) => encryptionKey?.join() ?? "");
    return isEqual(keys(here), keys(theirs)) ? undefined : "knows other encryption keys of its trainers";
  });
}

/** @returns why not, in words, if a witness has other dealings in `round`. */
export function doubtOfDealings({ opened }: Observer, round: RoundState, witnesses: readonly JsonRpcProvider[]) {
  const shared = sharedSeats(round);
  const dealings = shared.map((seat) => round.seats.get(seat)!.dealing!.hash);
  return firstDoubt(witnesses, async (witness) => {
    const task = maskedTaskAt(opened.address, witness);
    const bits = seatBits(shared);
    const [cohorts, seats] = await Promise.all([task.cohorts(round.number), task.seatsAt(round.number, bits)]);
    const isSame =
      cohorts.at(round.cohort ?? 0)?.shared === bits &&
      isEqual(
        dealings,
        seats.map(({ dealing }) => dealing),
      );
    return isSame ? undefined : "has other dealings in this round";
  });
}

/** @returns why not, in words, if a witness has another chain up to the block in which the set was fixed, or another set. */
export function doubtOfSet({ deployment, opened }: Observer, round: RoundState, witnesses: readonly JsonRpcProvider[]) {
  const { block, members, cohortView } = round.set!;
  return firstDoubt(witnesses, async (witness) => {
    const [here, theirs] = await Promise.all([deployment.provider.getBlock(block), witness.getBlock(block)]);
    if (theirs === null) return `does not have block ${block}`;
    if (theirs.hash !== here?.hash) return `has another block ${block}: one of the nodes lies`;
    const topics = taskInterface.encodeFilterTopics("SetFixed", [round.number]);
    const logs = await witness.getLogs({ address: opened.address, fromBlock: block, toBlock: block, topics });
    const isSame = logs.some((log) => {
      const set = taskInterface.parseLog(log)?.args;
      return set?.["members"] === seatBits(members) && set["cohortView"] === cohortView;
    });
    return isSame ? undefined : `has no such set in block ${block}: one of the nodes lies`;
  });
}

async function firstDoubt(
  witnesses: readonly JsonRpcProvider[],
  doubtOf: (witness: JsonRpcProvider) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (const [index, witness] of witnesses.entries()) {
    const doubt = await doubtOf(witness).catch(() => "does not answer");
    if (doubt !== undefined) return `witness ${index + 1} ${doubt}`;
  }
  return undefined;
}

function isEqual(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word, i) => word === other[i]);
}
