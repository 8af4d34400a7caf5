/** Finds a deployment of Foedus by its address, or in the records that Hardhat Ignition keeps. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonRpcProvider } from "ethers";
import { z } from "zod";
import { WrongNetwork } from "./chainErrors.ts";
import { deploymentAt } from "./deployment.ts";
import type { Deployment } from "./deployment.ts";

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
  return deploymentAt(provider, address ?? (await ignitionAddress(ignitionFolder, chainId)));
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
  return entry[1];
}

function parseAddresses(text: string): Record<string, string> | undefined {
  try {
    return deployedAddresses.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
