/** The ways in which a party of the demonstration cheats, each in one round and only there. */
import { stepRuleOf } from "../../trainer/chain/taskRules.ts";
import { divisorOf, roundNow, seatOf } from "../../trainer/chain/taskState.ts";
import type { RoundState, TaskState } from "../../trainer/chain/taskState.ts";
import { chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { modelRoot } from "../../trainer/protocol/modelRoot.ts";
import { serverStep } from "../../trainer/protocol/serverStep.ts";
import type { ServerState } from "../../trainer/protocol/serverStep.ts";
import { HONEST } from "../../trainer/roles/conduct.ts";
import type { Conduct } from "../../trainer/roles/conduct.ts";
import type { Step } from "../../trainer/roles/nextModel.ts";
import type { ContentId } from "../../trainer/storage/contentId.ts";

export const CHEATS = ["sum", "step", "encoding", "withhold", "silent"] as const;
export type Cheat = (typeof CHEATS)[number];

export interface Occasion {
  /** The round to cheat in. */
  readonly round: number;
  /** The cheat's account: of those who would, it is whoever is drawn to aggregate. */
  readonly account: string;
  /** Called once, when it cheats. */
  readonly onCheat: () => void;
}

/** Well-formed ids of contents that nobody has. */
const NOWHERE: readonly [ContentId, ContentId] = [`0x${"ab".repeat(32)}`, `0x${"cd".repeat(32)}`];
/** The number that is changed, and by how much: one of a hundred thousand, by one unit of the last place. */
const LANE = 4_321;
const CHANGE = 1;
/** Far beyond any clip. */
const TOO_LARGE = 2 ** 31 - 1;

/** Honest but for one cheat on one occasion. */
export function conductOf(cheat: Cheat, { round, account, onCheat }: Occasion): Conduct {
  let hasCheated = false;
  const cheatNow = () => {
    if (!hasCheated) onCheat();
    hasCheated = true;
  };
  if (cheat === "encoding") {
    return {
      ...HONEST,
      delta(number, trained) {
        if (number !== round) return trained;
        cheatNow();
        return withLane(trained, () => TOO_LARGE);
      },
    };
  }
  return {
    ...HONEST,
    async proposal(state, computed, contents) {
      const now = roundNow(state);
      if (now.number !== round || !isFirst(now, account)) return computed;
      cheatNow();
      switch (cheat) {
        case "sum": {
          const { sum, next } = wrongSum(state, computed);
          const wrong = { sumRoot: chunkRoot(sum), modelRoot: modelRoot(next) };
          return { ...wrong, sumId: await contents.keepSum(sum), modelId: await contents.keep(wrong.modelRoot, next) };
        }
        case "step": {
          const { model, moments } = computed.next;
          const next = { model: withLane(model, (lane) => lane + CHANGE), moments };
          const root = modelRoot(next);
          return { ...computed, modelRoot: root, modelId: await contents.keep(root, next) };
        }
        case "withhold": {
          const { sum, next } = wrongSum(state, computed);
          return { sumRoot: chunkRoot(sum), modelRoot: modelRoot(next), sumId: NOWHERE[0], modelId: NOWHERE[1] };
        }
        case "silent":
          return undefined;
      }
    },
    answers: cheat !== "withhold",
  };
}

/** The drawn aggregator, before anything has been proposed. */
function isFirst(round: RoundState, account: string): boolean {
  return round.overturned.length === 0 && seatOf(round, account)?.seat === round.drawn;
}

/** A sum with one number changed, and the step of that sum. */
function wrongSum(state: TaskState, computed: Step): { readonly sum: Int32Array; readonly next: ServerState } {
  const { rules } = state;
  // Large enough to change the model too.
  const sum = withLane(computed.sum, (lane) => lane + CHANGE * rules.maxTrainers * rules.maxWeight);
  const next = serverStep(stepRuleOf(rules), computed.from, sum, divisorOf(rules, roundNow(state)));
  return { sum, next };
}

function withLane(vector: Int32Array, changed: (lane: number) => number): Int32Array {
  const copy = vector.slice();
  const lane = LANE % copy.length;
  copy[lane] = changed(copy[lane] ?? 0);
  return copy;
}
