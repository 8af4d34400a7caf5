/** Deploys Foedus with Ignition to a local chain, and hands out its coins and tokens from the deployer's account. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { parseEther } from "ethers";
import config from "../../hardhat.config.ts";
import { tokenAt } from "../../trainer/chain/contracts.ts";
import FoedusModule from "../../ignition/modules/Foedus.ts";

export interface LocalDeployment {
  readonly foedus: string;
  /** Sends coins for gas and tokens, to one account after another. */
  fund(accounts: readonly { readonly address: string; readonly tokens: bigint }[]): Promise<void>;
  close(): Promise<void>;
}

const GAS_MONEY = parseEther("10");
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Ignition's record of the deployment goes into `folder`: this chain lives no longer than the demonstration. */
export async function deployTo(url: string, folder: string): Promise<LocalDeployment> {
  const hre = await createHardhatRuntimeEnvironment(
    {
      ...config,
      paths: { ...config.paths, ignition: join(folder, "ignition") },
      networks: { local: { type: "http", chainType: "l1", url } },
    },
    { config: join(ROOT, "hardhat.config.ts") },
    ROOT,
  );
  const connection = await hre.network.create({ network: "local", chainType: "l1" });
  const { foedus, stakeToken } = await connection.ignition.deploy(FoedusModule);
  const token = await stakeToken.getAddress();
  const [deployer] = await connection.ethers.getSigners();
  if (deployer === undefined) throw new Error("The local chain has no accounts.");
  return {
    foedus: await foedus.getAddress(),
    async fund(accounts) {
      for (const { address, tokens } of accounts) {
        await (await deployer.sendTransaction({ to: address, value: GAS_MONEY })).wait();
        if (tokens > 0n) await (await tokenAt(token, deployer).transfer(address, tokens)).wait();
      }
    },
    close: () => connection.close(),
  };
}
