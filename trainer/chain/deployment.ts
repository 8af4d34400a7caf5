/** One deployment of Foedus on one chain: its contracts, known by the address of Foedus alone. */
import { getAddress, isAddress, isError } from "ethers";
import type { JsonRpcProvider } from "ethers";
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

/**
 * @param address Of Foedus.
 * @throws WrongNetwork if there is none.
 */
export async function deploymentAt(provider: JsonRpcProvider, address: string): Promise<Deployment> {
  const { chainId } = await provider.getNetwork();
  const foedusAddress = checked(address);
  const foedus = foedusAt(foedusAddress, provider);
  // Asked at once: whoever opens a page waits for every round trip.
  const [code, parts] = await Promise.all([
    provider.getCode(foedusAddress),
    partsOf(foedus, provider).catch((error: unknown) => {
      // No such function, or it gives something else.
      if (!isError(error, "CALL_EXCEPTION") && !isError(error, "BAD_DATA")) throw error;
      return undefined;
    }),
  ]);
  if (code === "0x") {
    throw new WrongNetwork(
      `There is no contract at ${foedusAddress} on chain ${chainId}. ` +
        "Check --rpc and --foedus, or deploy: npx hardhat ignition deploy ignition/modules/Foedus.ts --network NAME.",
    );
  }
  if (parts === undefined) {
    throw new WrongNetwork(`The contract at ${foedusAddress} on chain ${chainId} is not Foedus. Check --foedus.`);
  }
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

function checked(address: string): string {
  if (!isAddress(address)) {
    throw new WrongNetwork(
      `${JSON.stringify(String(address).slice(0, 60))} is no address. Give --foedus 0x and 40 hex digits.`,
    );
  }
  return getAddress(address);
}
