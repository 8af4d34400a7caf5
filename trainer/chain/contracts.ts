/** The contracts, typed: what typechain made of their ABIs, and the ones that one deployment of Foedus consists of. */
import { Interface } from "ethers";
import type { ContractRunner, Log, LogDescription } from "ethers";
import type {
  AggregationCourt,
  Foedus,
  FoedusToken,
  StakeVault,
  TrainerRegistry,
  SealedTask,
} from "../../types/ethers-contracts/index.js";
import { AggregationCourt__factory } from "../../types/ethers-contracts/factories/AggregationCourt__factory.ts";
import { Foedus__factory } from "../../types/ethers-contracts/factories/Foedus__factory.ts";
import { FoedusToken__factory } from "../../types/ethers-contracts/factories/FoedusToken__factory.ts";
import { StakeVault__factory } from "../../types/ethers-contracts/factories/StakeVault__factory.ts";
import { TrainerRegistry__factory } from "../../types/ethers-contracts/factories/TrainerRegistry__factory.ts";
import { TrainingTask__factory } from "../../types/ethers-contracts/factories/TrainingTask__factory.ts";

export type { AggregationCourt, Foedus, FoedusToken, StakeVault, TrainerRegistry, SealedTask };

export const foedusAt = (address: string, runner: ContractRunner): Foedus => Foedus__factory.connect(address, runner);
export const tokenAt = (address: string, runner: ContractRunner): FoedusToken =>
  FoedusToken__factory.connect(address, runner);
export const vaultAt = (address: string, runner: ContractRunner): StakeVault =>
  StakeVault__factory.connect(address, runner);
export const registryAt = (address: string, runner: ContractRunner): TrainerRegistry =>
  TrainerRegistry__factory.connect(address, runner);
export const courtAt = (address: string, runner: ContractRunner): AggregationCourt =>
  AggregationCourt__factory.connect(address, runner);
export const taskAt = (address: string, runner: ContractRunner): SealedTask =>
  TrainingTask__factory.connect(address, runner);

export const courtInterface = AggregationCourt__factory.createInterface();
export const foedusInterface = Foedus__factory.createInterface();
export const taskInterface = TrainingTask__factory.createInterface();

/** The event of this name that the contract at `address` wrote into a transaction's logs; undefined if it wrote none. */
export function eventIn(
  logs: readonly Log[],
  contract: Interface,
  address: string,
  name: string,
): LogDescription | undefined {
  const own = logs.filter((log) => log.address === address).map((log) => contract.parseLog(log));
  return own.find((event) => event?.name === name) ?? undefined;
}

/** Every custom error that any of the contracts, or a part they call, can revert with. */
export const errorInterface = new Interface(
  [
    AggregationCourt__factory,
    Foedus__factory,
    FoedusToken__factory,
    StakeVault__factory,
    TrainerRegistry__factory,
    TrainingTask__factory,
  ]
    .flatMap(({ abi }) => [...abi])
    .filter((entry) => entry.type === "error")
    .filter((entry, index, all) => all.findIndex((other) => sameError(other, entry)) === index),
);

function sameError(a: { name?: string; inputs?: readonly unknown[] }, b: typeof a): boolean {
  return a.name === b.name && JSON.stringify(a.inputs) === JSON.stringify(b.inputs);
}
