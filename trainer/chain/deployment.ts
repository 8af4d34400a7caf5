/** One deployment of Foedus on one chain: found by address or in the records that Hardhat Ignition keeps. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { getAddress, isAddress } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { z } from "zod";
import { WrongNetwork } from "./chainErrors.ts";
import { foedusAt, registryAt, tokenAt, vaultAt } from "./contracts.ts";
import type { Foedus, FoedusToken, StakeVault, TrainerRegistry } from "./contracts.ts";

export interface Deployment {
  readonly provider: JsonRpcProvider;
  readonly chainId: bigint;
  readonly address: string;
  readonly foedus: Foedus;
  readonly vault: StakeVault;
  readonly registry: TrainerRegistry;
  /** The token that is staked. */
  readonly stakeToken: FoedusToken;
}

const IGNITION_FOLDER = fileURLToPath(new URL("../../ignition/deployments", import.meta.url));
const deployedAddresses = z.record(z.string(), z.string());

/**
 * @param address Of Foedus; unless given, the one that Ignition deployed on this chain from this folder.
 * @throws WrongNetwork if there is none.
 */
export async function findDeployment(provider: JsonRpcProvider, address?: string): Promise<Deployment> {
  const { chainId } = await provider.getNetwork();
  const foedusAddress = address === undefined ? await ignitionAddress(chainId) : checked(address);
  if ((await provider.getCode(foedusAddress)) === "0x") {
    throw new WrongNetwork(
      `There is no contract at ${foedusAddress} on chain ${chainId}. ` +
        "Check --rpc and --foedus, or deploy: npx hardhat ignition deploy ignition/modules/Foedus.ts --network NAME.",
    );
  }
  const foedus = foedusAt(foedusAddress, provider);
  const [vaultAddress, registryAddress] = await Promise.all([foedus.vault(), foedus.registry()]).catch(() => {
    throw new WrongNetwork(`The contract at ${foedusAddress} on chain ${chainId} is not Foedus. Check --foedus.`);
  });
  const vault = vaultAt(vaultAddress, provider);
  const registry = registryAt(registryAddress, provider);
  const stakeToken = tokenAt(await vault.token(), provider);
  return { provider, chainId, address: foedusAddress, foedus, vault, registry, stakeToken };
}

async function ignitionAddress(chainId: bigint): Promise<string> {
  const file = join(IGNITION_FOLDER, `chain-${chainId}`, "deployed_addresses.json");
  const known = await readFile(file, "utf8").then(
    (text) => deployedAddresses.parse(JSON.parse(text)),
    () => ({}),
  );
  const entry = Object.entries(known).find(([name]) => name.endsWith("#Foedus"));
  if (entry === undefined) {
    throw new WrongNetwork(
      `Foedus is not known on chain ${chainId}. Give its address with --foedus 0x…, ` +
        "or deploy it: npx hardhat ignition deploy ignition/modules/Foedus.ts --network NAME.",
    );
  }
  return checked(entry[1]);
}

function checked(address: string): string {
  if (!isAddress(address)) {
    throw new WrongNetwork(
      `${JSON.stringify(String(address).slice(0, 60))} is no address. Give --foedus 0x and 40 hex digits.`,
    );
  }
  return getAddress(address);
}
