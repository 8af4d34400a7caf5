/** The numbers of a server's rule: their bounds in a task file, and what they are in the integers of the protocol. */
import { z } from "zod";
import type { StepRule } from "../../protocol/serverStep.ts";
import type { ServerPlan } from "./strategy.ts";

/** Rates and momenta are whole numbers of these. */
export const UNIT = 2 ** -16;

/** A server's learning rate. */
export const rate = z.number().min(UNIT).max(16);
/** What is kept of a moment each round. */
export const momentum = z.number().min(0).lt(1);
/** tau of Reddi et al. 2021: the smaller, the more it evens out how far numbers of the model move. */
export const adaptivity = z.number().positive().max(2048);

/** A server's rule as the protocol steps by it; 0 for what it does not use. */
export function stepRule(server: ServerPlan, fractionBits: number): StepRule {
  // Below one in integers, too.
  const kept = (share = 0) => Math.min(Math.round(share / UNIT), 1 / UNIT - 1);
  return {
    ...{ rule: server.rule, fractionBits, serverRate: Math.round((server.rate ?? 0) / UNIT) },
    ...{ momentum: kept(server.momentum), secondMomentum: kept(server.secondMomentum) },
    adaptivity: Math.round((server.adaptivity ?? 0) * 2 ** fractionBits),
  };
}
