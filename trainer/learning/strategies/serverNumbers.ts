/** Bounds on the numbers of a server's rule: those of a task file, which the contract can hold. */
import { z } from "zod";

/** A server's learning rate. */
export const rate = z
  .number()
  .min(2 ** -16)
  .max(16);
/** What is kept of a moment each round. */
export const momentum = z.number().min(0).lt(1);
/** tau of Reddi et al. 2021: the smaller, the more it evens out how far numbers of the model move. */
export const adaptivity = z.number().positive().max(2048);
