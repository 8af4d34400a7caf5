import type { ContractFuture, IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";

/** The parts every network has, in the order they depend on each other. */
export function deployFoedus(m: IgnitionModuleBuilder, stakeToken: ContractFuture<string>) {
  const registry = m.contract("TrainerRegistry");
  const vault = m.contract("StakeVault", [stakeToken]);
  const court = m.contract("AggregationCourt");
  const maskCourt = m.contract("MaskCourt");
  const sealedTask = m.contract("SealedTask", [vault, court]);
  const maskedTask = m.contract("MaskedTask", [vault, court, maskCourt]);
  const foedus = m.contract("Foedus", [sealedTask, maskedTask, vault, registry]);
  return { foedus, vault, court, maskCourt, registry };
}
