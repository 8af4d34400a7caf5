/** The contracts, typed: what typechain made of their ABIs, and the ones that one deployment of Foedus consists of. */
import { Interface } from "ethers";
import type { ContractRunner, JsonFragment, Log, LogDescription } from "ethers";
import type {
  AggregationCourt,
  Foedus,
  FoedusToken,
  MaskCourt,
  MaskedTask,
  SealedTask,
  StakeVault,
  TrainerRegistry,
  TrainingTask,
} from "../../types/ethers-contracts/index.js";
import { AggregationCourt__factory } from "../../types/ethers-contracts/factories/AggregationCourt__factory.ts";
import { Foedus__factory } from "../../types/ethers-contracts/factories/Foedus__factory.ts";
import { FoedusToken__factory } from "../../types/ethers-contracts/factories/FoedusToken__factory.ts";
import { MaskCourt__factory } from "../../types/ethers-contracts/factories/MaskCourt__factory.ts";
import { MaskedTask__factory } from "../../types/ethers-contracts/factories/MaskedTask__factory.ts";
import { SealedTask__factory } from "../../types/ethers-contracts/factories/SealedTask__factory.ts";
import { StakeVault__factory } from "../../types/ethers-contracts/factories/StakeVault__factory.ts";
import { TrainerRegistry__factory } from "../../types/ethers-contracts/factories/TrainerRegistry__factory.ts";
import { TrainingTask__factory } from "../../types/ethers-contracts/factories/TrainingTask__factory.ts";

export type {
  AggregationCourt,
  Foedus,
  FoedusToken,
  MaskCourt,
  MaskedTask,
  SealedTask,
  StakeVault,
  TrainerRegistry,
  TrainingTask,
};

export const foedusAt = (address: string, runner: ContractRunner): Foedus => Foedus__factory.connect(address, runner);
export const tokenAt = (address: string, runner: ContractRunner): FoedusToken =>
  FoedusToken__factory.connect(address, runner);
export const vaultAt = (address: string, runner: ContractRunner): StakeVault =>
  StakeVault__factory.connect(address, runner);
export const registryAt = (address: string, runner: ContractRunner): TrainerRegistry =>
  TrainerRegistry__factory.connect(address, runner);
export const courtAt = (address: string, runner: ContractRunner): AggregationCourt =>
  AggregationCourt__factory.connect(address, runner);
export const maskCourtAt = (address: string, runner: ContractRunner): MaskCourt =>
  MaskCourt__factory.connect(address, runner);
/** What tasks of either kind can do. */
export const taskAt = (address: string, runner: ContractRunner): TrainingTask =>
  TrainingTask__factory.connect(address, runner);
export const sealedTaskAt = (address: string, runner: ContractRunner): SealedTask =>
  SealedTask__factory.connect(address, runner);
export const maskedTaskAt = (address: string, runner: ContractRunner): MaskedTask =>
  MaskedTask__factory.connect(address, runner);

export const foedusInterface = Foedus__factory.createInterface();
/** The events that tasks of either kind write, those they have in common once. */
export const taskInterface = new Interface(distinct("event", [SealedTask__factory, MaskedTask__factory]));

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
  distinct("error", [
    AggregationCourt__factory,
    Foedus__factory,
    FoedusToken__factory,
    MaskCourt__factory,
    MaskedTask__factory,
    SealedTask__factory,
    StakeVault__factory,
    TrainerRegistry__factory,
  ]),
);

/** What contracts' ABIs have of one type, each once. */
function distinct(
  type: "event" | "error",
  contracts: readonly { readonly abi: readonly JsonFragment[] }[],
): JsonFragment[] {
  const all = contracts.flatMap(({ abi }) => abi.filter((entry) => entry.type === type));
  return all.filter((entry, index) => all.findIndex((other) => isSame(other, entry)) === index);
}

function isSame(a: JsonFragment, b: JsonFragment): boolean {
  return a.name === b.name && JSON.stringify(a.inputs) === JSON.stringify(b.inputs);
}
