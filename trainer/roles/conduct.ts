/** What a trainer lets out of its hands after it has computed it. Only demonstrations and tests have another than honest. */
import type { TaskState } from "../chain/taskState.ts";
import type { GlobalModel } from "./globalModel.ts";
import type { Step } from "./nextModel.ts";

/** What a proposal says. */
export type ProposedStep = Pick<Step, "sumRoot" | "modelRoot" | "sumId" | "modelId">;

export interface Conduct {
  /** The weighted delta that it commits to, given the one it has trained. */
  delta(round: number, trained: Int32Array): Int32Array;
  /** What it proposes, given what it has computed and where to keep other contents; undefined to let its turn pass. */
  proposal(state: TaskState, computed: Step, contents: GlobalModel): Promise<ProposedStep | undefined>;
  /** Whether it shows chunks that it is asked for. */
  readonly answers: boolean;
}

export const HONEST: Conduct = {
  delta: (_round, trained) => trained,
  proposal: async (_state, computed) => computed,
  answers: true,
};
