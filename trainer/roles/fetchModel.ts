/** A model as the chain names it: fetched from whoever has it, and checked against its root. */
import { WrongModelShape } from "../learning/wrongModelShape.ts";
import { modelRoot, stateFromBytes } from "../protocol/modelRoot.ts";
import { momentCount } from "../protocol/serverStep.ts";
import type { ServerRule, ServerState } from "../protocol/serverStep.ts";
import type { ContentId } from "../storage/contentId.ts";
import type { Entry } from "./directory.ts";
import type { Traffic } from "./traffic.ts";

/** What was fetched is not the model that the chain names. */
export class WrongModelRoot extends Error {
  override readonly name = "WrongModelRoot";
}

export interface Timing {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface ModelRequest extends Timing {
  readonly root: string;
  readonly id: ContentId;
  readonly parameters: number;
  readonly rule: ServerRule;
  readonly from: readonly Entry[];
}

/**
 * Fetches a model with its moments and checks it.
 * @throws WrongModelShape if it has another number of parameters, WrongModelRoot if it is another model, or the store's errors.
 */
export async function fetchModel(traffic: Pick<Traffic, "fetch">, request: ModelRequest): Promise<ServerState> {
  const { root, id, parameters, rule, from, signal, timeoutMs } = request;
  const vectors = 1 + momentCount(rule);
  const expected = 4 * parameters * vectors;
  const bytes = await traffic.fetch(id, { maxBytes: expected, timeoutMs, from, signal });
  if (bytes.length !== expected) throw new WrongModelShape(parameters, bytes.length / 4 / vectors);
  const state = stateFromBytes(bytes, parameters, rule);
  const found = modelRoot(state);
  if (found !== root) {
    throw new WrongModelRoot(
      `The model at ${id} has the root ${found}, the chain says ${root}. ` +
        "Its proposer published something else: wait for another proposal, or for the round to end.",
    );
  }
  return state;
}
