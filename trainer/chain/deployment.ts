/** One deployment of Foedus on one chain: found by address or in the records that Hardhat Ignition keeps. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { getAddress, isAddress, isError } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { z } from "zod";
import { WrongNetwork } from "./chainErrors.ts";
import { courtAt, foedusAt, maskCourtAt, registryAt, tokenAt, vaultAt } from "./contracts.ts";
import type { AggregationCourt, Foedus, FoedusToken, MaskCourt, StakeVault, TrainerRegistry } from "./contracts.ts";

export interface Deployment {
  readonly provider: JsonRpcProvider;
  readonly chainId: bigint;
  readonly address: string;
  readonly foedus: Foedus;
  readonly vault: StakeVault;
  /** Judges fraud proofs. */
  readonly court: AggregationCourt;
  /** Judges what masks hide. */
  readonly maskCourt: MaskCourt;
  readonly registry: TrainerRegistry;
  /** The token that is staked. */
  readonly stakeToken: FoedusToken;
}

const IGNITION_FOLDER = fileURLToPath(new URL("../../ignition/deployments", import.meta.url));
const deployedAddresses = z.record(z.string(), z.string());

/**
 * @param address Of Foedus; unless given, the one that Ignition deployed on this chain from this folder.
 * @param ignitionFolder Where Ignition keeps its records.
 * @throws WrongNetwork if there is none.
 */
export async function findDeployment(
  provider: JsonRpcProvider,
  address?: string,
  ignitionFolder: string = IGNITION_FOLDER,
): Promise<Deployment> {
  const { chainId } = await provider.getNetwork();
  const foedusAddress = address === undefined ? await ignitionAddress(ignitionFolder, chainId) : checked(address);
  if ((await provider.getCode(foedusAddress)) === "0x") {
    throw new WrongNetwork(
      `There is no contract at ${foedusAddress} on chain ${chainId}. ` +
        "Check --rpc and --foedus, or deploy: npx hardhat ignition deploy ignition/modules/Foedus.ts --network NAME.",
    );
  }
  const foedus = foedusAt(foedusAddress, provider);
  const parts = await partsOf(foedus, provider).catch((error: unknown) => {
    // No such function, or it gives something else.
    if (!isError(error, "CALL_EXCEPTION") && !isError(error, "BAD_DATA")) throw error;
    throw new WrongNetwork(`The contract at ${foedusAddress} on chain ${chainId} is not Foedus. Check --foedus.`);
  });
  return { provider, chainId, address: foedusAddress, foedus, ...parts };
}

async function partsOf(
  foedus: Foedus,
  provider: JsonRpcProvider,
): Promise<Pick<Deployment, "vault" | "court" | "maskCourt" | "registry" | "stakeToken">> {
  const [vaultAddress, courtAddress, maskCourtAddress, registryAddress] = await Promise.all([
    foedus.vault(),
    foedus.court(),
    foedus.maskCourt(),
    foedus.registry(),
  ]);
  const vault = vaultAt(vaultAddress, provider);
  return {
    vault,
    court: courtAt(courtAddress, provider),
    maskCourt: maskCourtAt(maskCourtAddress, provider),
    registry: registryAt(registryAddress, provider),
    stakeToken: tokenAt(await vault.token(), provider),
  };
}

async function ignitionAddress(folder: string, chainId: bigint): Promise<string> {
  const file = join(folder, `chain-${chainId}`, "deployed_addresses.json");
  const known = await readFile(file, "utf8").then(parseAddresses, () => ({}));
  if (known === undefined) {
    throw new WrongNetwork(`${file} is damaged. Restore it, or give the address of Foedus with --foedus 0x….`);
  }
  const entry = Object.entries(known).find(([name]) => name.endsWith("#Foedus"));
  if (entry === undefined) {
    throw new WrongNetwork(
      `Foedus is not known on chain ${chainId}. Give its address with --foedus 0x…, ` +
        "or deploy it: npx hardhat ignition deploy ignition/modules/Foedus.ts --network NAME.",
    );
  }
  return checked(entry[1]);
}

function parseAddresses(text: string): Record<string, string> | undefined {
  try {
    return deployedAddresses.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function checked(address: string): string {
  if (!isAddress(address)) {
    throw new WrongNetwork(
      `${JSON.stringify(String(address).slice(0, 60))} is no address. Give --foedus 0x and 40 hex digits.`,
    );
  }
  return getAddress(address);
}
