/** Deploys Foedus with Ignition to a local chain, and hands out its coins and tokens from the deployer's account. */
import hre from "hardhat";
import { parseEther } from "ethers";
import FoedusModule from "../../ignition/modules/Foedus.ts";

export interface LocalDeployment {
  readonly foedus: string;
  /** Sends coins for gas and tokens, in one account after another. */
  fund(accounts: readonly { readonly address: string; readonly tokens: bigint }[]): Promise<void>;
  close(): Promise<void>;
}

const GAS_MONEY = parseEther("10");

export async function deployTo(url: string): Promise<LocalDeployment> {
  const connection = await hre.network.create({ network: "localhost", override: { url } });
  const { foedus, stakeToken } = await connection.ignition.deploy(FoedusModule, { displayUi: false });
  const [deployer] = await connection.ethers.getSigners();
  if (deployer === undefined) throw new Error("The local chain has no accounts.");
  return {
    foedus: await foedus.getAddress(),
    async fund(accounts) {
      for (const { address, tokens } of accounts) {
        await (await deployer.sendTransaction({ to: address, value: GAS_MONEY })).wait();
        if (tokens > 0n) await (await stakeToken.connect(deployer).getFunction("transfer")(address, tokens)).wait();
      }
    },
    close: () => connection.close(),
  };
}
