/** The acts of masked rounds as transactions, each by the account that must send it, with made-up dealings and real votes. */
import { JsonRpcSigner, ZeroHash, id, toQuantity } from "ethers";
import type { ContractTransaction } from "ethers";
import { maskedTaskAt } from "../../trainer/chain/contracts.ts";
import { FAULTS } from "../../trainer/chain/taskEvent.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import { cohortRounds, droppedSeats } from "../../trainer/chain/taskState.ts";
import type { RoundState } from "../../trainer/chain/taskState.ts";
import { seatBits } from "../../trainer/protocol/seatSet.ts";
import type { LocalChain } from "../support/localChain.ts";
import { madeUpDealing } from "../support/madeUpTask.ts";
import type { TaskOnChain } from "./aTaskOnChain.ts";

/** One cohort of five seats, of which three go on, agree and rebuild. */
export const MASKED: Partial<TaskRules> = {
  privacy: "masked",
  minTrainers: 3,
  maxTrainers: 5,
  cohorts: 1,
  shareThreshold: 3,
  shareSeconds: 60,
  recoverSeconds: 60,
  blameSeconds: 90,
};

/** A transaction and who sends it. */
export interface Sent {
  readonly from: string;
  readonly request: ContractTransaction;
}

/** The acts of a masked round, by the accounts that must send them: the seat's number is its trainer's, unless it says so. */
export function actsIn(
  chain: LocalChain,
  there: TaskOnChain,
  holders: (seat: number) => string = (seat) => there.trainers[seat]!.address,
) {
  const { opened, trainers, sponsor } = there;
  const task = maskedTaskAt(opened.address, chain.provider);
  const dealt = (round: number, seat: number) => madeUpDealing(opened.domain, round, holders(seat));
  const by = async (from: string, request: Promise<ContractTransaction>): Promise<Sent> => ({
    from,
    request: await request,
  });
  const byCourt = async (request: Promise<ContractTransaction>) => by(await courtOf(chain), request);
  return {
    enter: (seat: number, weight: number, from = holders(seat)) =>
      by(from, task.enter.populateTransaction(seat, weight)),
    async draw(round: number) {
      await chain.provider.send("evm_increaseTime", [1]);
      return by(sponsor.address, task.draw.populateTransaction(round));
    },
    share(round: number, seat: number, cohort = 0) {
      const { keyAddress, maskHash, sharesHash, sharesId, r, vs } = dealt(round, seat);
      const request = task.share.populateTransaction(
        ...([round, seat, cohort, keyAddress, maskHash, sharesHash, sharesId, r, vs] as const),
      );
      return by(holders(seat), request);
    },
    commitMasked(round: number, seat: number) {
      const { root, contentId } = dealt(round, seat);
      return by(holders(seat), task.commitMasked.populateTransaction(round, seat, root, contentId));
    },
    commitMaskedAndEnter(round: number, seat: number, weight: number) {
      const { root, contentId } = dealt(round, seat);
      const request = task.commitMaskedAndEnter.populateTransaction(round, seat, root, contentId, weight);
      return by(holders(seat), request);
    },
    async agree(round: number, seat: number, members: readonly number[], missing: readonly number[], view = "view") {
      const { chainId } = await chain.provider.getNetwork();
      const domain = { name: "Foedus", version: "1", chainId, verifyingContract: opened.address };
      const vote = { round, members: seatBits(members), cohortView: id(view) };
      const voter = new JsonRpcSigner(chain.provider, holders(seat));
      const signature = await voter.signTypedData(domain, AGREEMENT, vote);
      // Anybody may bring it.
      const request = task.agree.populateTransaction(round, seat, seatBits(missing), vote.cohortView, signature);
      return by(sponsor.address, request);
    },
    revealSeed(round: number, seat: number, state: RoundState) {
      const { seed, keyAddress, sharesHash } = dealt(round, seat);
      const shares = droppedSeats(cohortWith(state, seat)).map((owner) => id(`${seat} of ${owner}`));
      return by(holders(seat), task.revealSeed.populateTransaction(round, seat, seed, keyAddress, sharesHash, shares));
    },
    rebuildKey(round: number, seat: number) {
      const { key, maskHash, sharesHash } = dealt(round, seat);
      return by(sponsor.address, task.rebuildKey.populateTransaction(round, seat, key, maskHash, sharesHash));
    },
    giveShares(round: number, seat: number, owners: readonly number[]) {
      const shares = owners.map((owner) => id(`${seat} of ${owner}`));
      return by(holders(seat), task.giveShares.populateTransaction(round, seat, seatBits(owners), shares));
    },
    rebuildSeed(round: number, seat: number) {
      const { seed, keyAddress, sharesHash } = dealt(round, seat);
      return by(sponsor.address, task.rebuildSeed.populateTransaction(round, seat, seed, keyAddress, sharesHash));
    },
    propose: (round: number, seat: number) =>
      by(
        holders(seat),
        task.propose.populateTransaction(round, seat, id(`sum ${round}`), id(`model ${round}`), ZeroHash, ZeroHash),
      ),
    missModel: (round: number, seat: number) => by(holders(seat), task.missModel.populateTransaction(round, seat)),
    advance: () => by(sponsor.address, task.advance.populateTransaction()),
    settle: (round: number, seat: number) => by(sponsor.address, task.settle.populateTransaction(round, seat)),
    claim: (trainer: string) => by(sponsor.address, task.claim.populateTransaction(trainer)),
    cancel: () => by(sponsor.address, task.cancel.populateTransaction()),
    blame: (round: number, cohort = 0) => byCourt(task.blame.populateTransaction(round, cohort)),
    convict: (round: number, seat: number) =>
      byCourt(task.convict.populateTransaction(round, seat, trainers[1]!.address)),
    overturn: (round: number) =>
      byCourt(task.overturn.populateTransaction(round, FAULTS.indexOf("WrongSum"), trainers[1]!.address)),
    hold: (round: number) => byCourt(task.hold.populateTransaction(round)),
  };
}

const AGREEMENT = {
  Agreement: [
    { name: "round", type: "uint32" },
    { name: "members", type: "uint256" },
    { name: "cohortView", type: "bytes32" },
  ],
};

async function courtOf({ deployment }: LocalChain): Promise<string> {
  return deployment.maskCourt.getAddress();
}

/** Lets the mask court, which alone may, send transactions. */
export async function fundCourt(chain: LocalChain): Promise<void> {
  const court = await courtOf(chain);
  await chain.rpc("hardhat_impersonateAccount", court);
  await chain.rpc("hardhat_setBalance", court, toQuantity(10n ** 21n));
}

export async function send(chain: LocalChain, { opened }: TaskOnChain, { from, request }: Sent): Promise<void> {
  await chain.rpc("eth_sendTransaction", { from, to: opened.address, data: request.data, gas: "0xf4240" });
}

/** The cohort of a seat. */
export function cohortWith(round: RoundState, seat: number): RoundState {
  return cohortRounds(round).find(({ seats }) => seats.has(seat)) ?? round;
}
