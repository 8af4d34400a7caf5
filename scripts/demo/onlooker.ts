/** The sponsor looks on: fetches each final model from the trainers and tries it on the test rows. */
import type { Deployment } from "../../trainer/chain/deployment.ts";
import { followTask } from "../../trainer/chain/followTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { roundNow } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import type { Backend } from "../../trainer/learning/backend.ts";
import { evaluate } from "../../trainer/learning/evaluate.ts";
import type { Evaluation } from "../../trainer/learning/evaluate.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { ACCURACY } from "../../trainer/learning/scenarios/measures.ts";
import { formatScore, scoreText } from "../../trainer/observe/measureText.ts";
import type { Progress } from "../../trainer/observe/progress.ts";
import type { Phase } from "../../trainer/protocol/roundClock.ts";
import { dequantise } from "../../trainer/protocol/quantise.ts";
import { createGlobalModel } from "../../trainer/roles/globalModel.ts";
import { createTraffic } from "../../trainer/roles/traffic.ts";
import type { ContentStore } from "../../trainer/storage/contentStore.ts";
import type { Story } from "./story.ts";
import type { Subject } from "./subject.ts";

export interface Observed {
  /** What the model of each round is worth; of round 0 the initial one. */
  readonly worth: ReadonlyMap<number, Evaluation>;
  /** When each round was first seen, by its number; when the task closed, by the number after the last. */
  readonly seenAt: ReadonlyMap<number, number>;
}

const POLL_MS = 200;
/** What a round was about when it failed. */
const WHILE: Partial<Record<Phase, string>> = {
  Entering: "while it was entered",
  Sharing: "while secrets were shared",
  Committing: "with too few commitments",
  Agreeing: "without agreement on its updates",
  Revealing: "with too few reveals",
  Recovering: "with a secret that could not be rebuilt",
  Attesting: "with too few updates",
  Aggregating: "without a proposal",
  Blaming: "with a sum out of range",
};

/** Follows the task to its end. */
export async function lookOn(
  deployment: Deployment,
  opened: OpenedTask,
  store: ContentStore,
  backend: Backend,
  { architecture, test, testRows, measure }: Subject,
  options: {
    readonly progress: Progress;
    readonly story: Story;
    readonly nameOf: (account: string) => string;
    /** Told what is known so far whenever a model has been judged. */
    readonly onWorth: (worth: Observed["worth"]) => Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<Observed> {
  const { progress, story, nameOf, onWorth, signal } = options;
  const model = createModel(backend, architecture, 0);
  const globalModel = createGlobalModel({ deployment, store }, createTraffic(store));
  const worth = new Map<number, Evaluation>();
  const seenAt = new Map<number, number>();
  const { rules } = opened;
  const told = new Set<string>();

  for await (const state of followTask(deployment.provider, opened, { confirmations: 0, pollMs: POLL_MS, signal })) {
    const running = state.closed ? state.current + 1 : state.current;
    if (!seenAt.has(running)) seenAt.set(running, story.now());
    show(state);
    tellTrouble(state);
    if (!worth.has(state.model.round)) await judge(state);
    if (state.closed) break;
  }
  model.dispose();
  return { worth, seenAt };

  function show(state: TaskState): void {
    const known = worth.get(state.model.round);
    progress.round({
      round: Math.min(state.completed + 1, rules.rounds),
      rounds: rules.rounds,
      phase: state.closed ? "finished" : roundNow(state).phase.toLowerCase(),
      ...(known === undefined ? {} : { worth: scoreText(measure.of(known.scores), measure) }),
      ...(state.closed ? { fraction: 1 } : {}),
    });
  }

  function tellTrouble(state: TaskState): void {
    for (const { number, endedIn, seats } of state.rounds.values()) {
      if (endedIn !== undefined) once(`Round ${number} is void: it ended ${WHILE[endedIn] ?? "early"}`);
      for (const { trainer, convicted } of seats.values()) {
        if (convicted) once(`${nameOf(trainer)} is convicted of a fraud in round ${number}, and its stake slashed`);
      }
    }
  }

  function once(text: string): void {
    if (!told.has(text)) story.tell(text);
    told.add(text);
  }

  async function judge(state: TaskState): Promise<void> {
    const { round } = state.model;
    const { model: lanes } = await globalModel.state(state, signal);
    model.writeWeights(dequantise(lanes, rules.fractionBits));
    const evaluation = await evaluate(model, test, { signal });
    worth.set(round, evaluation);
    await onWorth(worth);
    const name = round === 0 ? "initial model" : `model of round ${round}`;
    const score = measure.of(evaluation.scores);
    if (measure === ACCURACY) story.tell(`The ${name} is right for ${formatScore(score, measure)} of the ${testRows}`);
    else story.tell(`The ${name}: ${scoreText(score, measure)} on the ${testRows}`);
  }
}
