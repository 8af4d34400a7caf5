/** The contracts, typed: what typechain made of their ABIs, and the ones that one deployment of Foedus consists of. */
import { Contract, Interface } from "ethers";
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

/** Reading an ABI takes milliseconds, and lists ask hundreds of tasks: each is read once. */
function connecting<C>(factory: { createInterface(): Interface; connect(address: string, runner: ContractRunner): C }) {
  let read: Interface | undefined;
  const interfaceOf = () => (read ??= factory.createInterface());
  // The same as the factory's own `connect` does, which reads the ABI each time.
  const at = (address: string, runner: ContractRunner) => new Contract(address, interfaceOf(), runner) as unknown as C;
  return { at, interfaceOf };
}

const foedusContract = connecting(Foedus__factory);
export const foedusAt: (address: string, runner: ContractRunner) => Foedus = foedusContract.at;
export const tokenAt: (address: string, runner: ContractRunner) => FoedusToken = connecting(FoedusToken__factory).at;
export const vaultAt: (address: string, runner: ContractRunner) => StakeVault = connecting(StakeVault__factory).at;
export const registryAt: (address: string, runner: ContractRunner) => TrainerRegistry =
  connecting(TrainerRegistry__factory).at;
export const courtAt: (address: string, runner: ContractRunner) => AggregationCourt =
  connecting(AggregationCourt__factory).at;
export const maskCourtAt: (address: string, runner: ContractRunner) => MaskCourt = connecting(MaskCourt__factory).at;
/** What tasks of either kind can do. */
export const taskAt: (address: string, runner: ContractRunner) => TrainingTask = connecting(TrainingTask__factory).at;
export const sealedTaskAt: (address: string, runner: ContractRunner) => SealedTask = connecting(SealedTask__factory).at;
export const maskedTaskAt: (address: string, runner: ContractRunner) => MaskedTask = connecting(MaskedTask__factory).at;

export const foedusInterface: Interface = foedusContract.interfaceOf();
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
export function errorInterface(): Interface {
  return (errors ??= new Interface(
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
  ));
}

let errors: Interface | undefined;

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
