import type { ContractFuture, IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";

/** The parts every network has, in the order they depend on each other. */
export function deployFoedus(m: IgnitionModuleBuilder, stakeToken: ContractFuture<string>) {
  const registry = m.contract("TrainerRegistry");
  const vault = m.contract("StakeVault", [stakeToken]);
  const court = m.contract("AggregationCourt");
  const implementation = m.contract("TrainingTask", [vault, court]);
  const foedus = m.contract("Foedus", [implementation, vault, registry]);
  return { foedus, vault, court, registry };
}
