/** What a verdict took from a stake, and what of it went to whoever brought it about. */
import type { TransactionReceipt } from "ethers";
import type { Deployment } from "../chain/deployment.ts";

/** In wei of the stake token; what is not the reward is burnt. */
export interface Slash {
  readonly trainer: string;
  readonly fine: bigint;
  readonly reward: bigint;
  readonly rewarded: string;
}

/** Every slash of a stake in `task` that a transaction has brought about. */
export async function slashesIn(
  { logs }: Pick<TransactionReceipt, "logs">,
  { vault }: Pick<Deployment, "vault">,
  task: string,
): Promise<Slash[]> {
  const address = await vault.getAddress();
  return logs
    .filter((log) => log.address === address)
    .map((log) => vault.interface.parseLog(log))
    .filter((event) => event?.name === "StakeSlashed" && event.args["task"] === task)
    .map((event) => {
      const { trainer, burnt, reward, rewarded } = event!.args.toObject() as {
        readonly trainer: string;
        readonly burnt: bigint;
        readonly reward: bigint;
        readonly rewarded: string;
      };
      return { trainer, fine: burnt + reward, reward, rewarded };
    });
}
