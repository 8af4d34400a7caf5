// A task on the local chain in which one trainer has seen a round through alone, and so has earned all of it.
import { id } from "ethers";
import type { Wallet } from "ethers";
import type { LocalChain } from "../support/localChain.ts";
import { anUpdate, aTaskOnChain, STAKE } from "../chain/aTaskOnChain.ts";
import type { TaskOnChain } from "../chain/aTaskOnChain.ts";

/** What the round pays the trainer, in tokens: the data pot, the compute pot, and for aggregating. */
export const EARNED = 102n;

export async function aTaskForOne(chain: LocalChain, rounds?: number): Promise<TaskOnChain> {
  const more = rounds === undefined ? {} : { rounds };
  return aTaskOnChain(chain, { staked: 0, rules: { minTrainers: 1, maxTrainers: 1, ...more } });
}

/** @param trainer With a provider, coins, and tokens to stake, which it does in the first round. */
export async function anEarnedRound(
  chain: LocalChain,
  there: Pick<TaskOnChain, "opened" | "task" | "sponsor">,
  trainer: Wallet,
  round = 1,
): Promise<void> {
  const { opened, sponsor } = there;
  const { stakeToken, vault } = chain.deployment;
  const task = there.task.connect(trainer);
  const deadline = async () => chain.mine(Number((await task.clock())[2]));
  if (round === 1) {
    await (await stakeToken.connect(trainer).approve(await vault.getAddress(), STAKE)).wait();
    await (await vault.connect(trainer).deposit(opened.address, STAKE)).wait();
  }
  const { commitment, root, contentKeyHash, contentId } = anUpdate(opened, round, trainer.address);
  await (await task.enter(0, 5)).wait();
  await (await task.commit(round, 0, commitment)).wait();
  await (await task.reveal(round, 0, root, contentKeyHash, contentId)).wait();
  await deadline();
  await (await task.propose(round, 0, id("sum"), id("model"), id("a"), id("b"))).wait();
  await deadline();
  await there.task.connect(sponsor).advance();
}
