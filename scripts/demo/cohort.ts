/** All trainers of the demonstration at work, and what happens to them: one has an accident, or one cheats. */
import { setTimeout as pause } from "node:timers/promises";
import type { Unit } from "../../trainer/chain/tokenUnit.ts";
import type { Progress } from "../../trainer/observe/progress.ts";
import type { TrainerEvent } from "../../trainer/roles/trainer.ts";
import { createBusyClock } from "./busyClock.ts";
import type { Processes } from "./processes.ts";
import type { Story } from "./story.ts";
import { createCheatStory } from "./cheatStory.ts";
import type { Cheated } from "./cheatingTrainer.ts";
import { startTrainer } from "./trainerProcess.ts";
import type { CheatPlan, Federation, RunningTrainer, TrainerAccount } from "./trainerProcess.ts";

export type RoundEvent = Extract<TrainerEvent, { event: "round" }>;

export interface Cohort {
  /** Resolves when all have claimed; rejects when one has ended before. */
  readonly claimed: Promise<unknown>;
  /** What the trainers said about their rounds. */
  readonly rounds: ReadonlyMap<number, readonly RoundEvent[]>;
  /** Seconds in which at least one of them trained. */
  trainingSeconds(): number;
}

/** Who commits to an update out of range, if that is the cheat. */
const FORGER = 1;
/** Who is killed in which round, how far into its training, and for how long it is gone. */
const ACCIDENT = { trainer: 2, round: 2, fraction: 0.3, seconds: 1.5 };
/** In which round those who drop out vanish, until it is over for them. */
const DROP_ROUND = 2;
const DROP_SECONDS = 2;

export function startCohort(
  processes: Processes,
  accounts: readonly TrainerAccount[],
  federation: Federation,
  options: {
    readonly withAccident: boolean;
    /** How many vanish in a round, the last ones of the list. */
    readonly drop: number;
    /** How one of them cheats, if one does: then there is no accident. */
    readonly plan: CheatPlan | undefined;
    readonly unit: Unit;
    readonly progress: Progress;
    readonly story: Story;
    readonly signal: AbortSignal;
  },
): Cohort {
  const { plan, progress, story, signal } = options;
  const cheatStory = createCheatStory(accounts, options.unit, story);
  const training = createBusyClock();
  const rounds = new Map<number, RoundEvent[]>();
  let accident: "ahead" | "happened" | "over" = options.withAccident ? "ahead" : "over";
  const struck = Promise.withResolvers<undefined>();
  const firstToDrop = accounts.length - options.drop;
  /** Who has shared in the round in which some drop out, and who has committed. */
  const sharing = new Set<number>();
  const committed = new Set<number>();
  /** By trainer: it has got as far in the round as those who drop out get. */
  const dropping = accounts.map(() => Promise.withResolvers<undefined>());
  /** The others have gone on without them. */
  const goneOn = Promise.withResolvers<undefined>();
  const claimed = Promise.all(accounts.map((account, index) => play(account, index)));

  async function play(account: TrainerAccount, index: number): Promise<unknown> {
    const first = start(account, index);
    if (index >= firstToDrop) return dropOut(first, account, index);
    if (!options.withAccident || index !== ACCIDENT.trainer) return first.claimed;
    await Promise.race([first.claimed, struck.promise]);
    if (accident === "ahead") return undefined; // it was through before it could happen
    await first.kill();
    training.stop(index);
    progress.trainer(index, { name: account.name, phase: "killed" });
    story.tell(`${account.name} was killed while it trained for round ${ACCIDENT.round}`);
    await pause(ACCIDENT.seconds * 1000, undefined, { signal });
    story.tell(`${account.name} is started again`);
    return start(account, index).claimed;
  }

  async function dropOut(first: RunningTrainer, account: TrainerAccount, index: number): Promise<unknown> {
    await Promise.race([first.claimed, dropping[index]!.promise]);
    // Who vanishes before anybody has its shares takes the round with it; that is another story.
    await pause(DROP_SECONDS * 1000, undefined, { signal });
    await first.kill();
    training.stop(index);
    progress.trainer(index, { name: account.name, phase: "gone" });
    const when = committed.has(index) ? "after it had" : "before it";
    story.tell(`${account.name} has vanished from round ${DROP_ROUND} ${when} committed`);
    await goneOn.promise;
    story.tell(`${account.name} is back`);
    return start(account, index).claimed;
  }

  function start(account: TrainerAccount, index: number): RunningTrainer {
    // Whoever is drawn to aggregate has the chance of most cheats; of the update, one has it.
    const mayCheat = plan?.cheat !== "encoding" || index === FORGER;
    return startTrainer(processes, account, federation, mayCheat ? plan : undefined, (event) =>
      hear(account.name, index, event),
    );
  }

  function hear(name: string, index: number, event: TrainerEvent | Cheated): void {
    cheatStory.hear(name, event);
    switch (event.event) {
      case "phase": {
        const { phase, round, fraction } = event;
        if (phase === "training") training.start(index);
        const shown = `${phase} (round ${round})`;
        progress.trainer(index, { name, phase: shown, ...(fraction === undefined ? {} : { fraction }) });
        const due = index === ACCIDENT.trainer && round === ACCIDENT.round && (fraction ?? 0) > ACCIDENT.fraction;
        if (due && accident === "ahead") {
          accident = "happened";
          struck.resolve(undefined);
        }
        if (round !== DROP_ROUND) return;
        // Sealed rounds have no shares: there it vanishes while it trains.
        if (federation.privacy === "sealed" && (fraction ?? 0) > ACCIDENT.fraction) dropping[index]!.resolve(undefined);
        if (phase === "shared") sharing.add(index);
        // With everybody's shares on their way the others can go on without it.
        if (sharing.size === accounts.length) for (const { resolve } of dropping) resolve(undefined);
        return;
      }
      case "trained":
        training.stop(index);
        return;
      case "act":
        hearOfDropping(name, event);
        if (event.act !== "commit" && event.act !== "commitMasked") return;
        if (event.round === DROP_ROUND) committed.add(index);
        if (accident !== "happened" || index !== ACCIDENT.trainer) return;
        accident = "over";
        story.tell(`${name} has found its way back and committed to round ${event.round}`);
        return;
      case "round":
        rounds.set(event.round, [...(rounds.get(event.round) ?? []), event]);
        return;
      case "finished":
        progress.trainer(index, { name, phase: "finished" });
        return;
      default: // told by the story of the cheat
    }
  }

  /** What the others do about those who have dropped out. */
  function hearOfDropping(name: string, { act, round }: Extract<TrainerEvent, { event: "act" }>): void {
    if (options.drop === 0 || round !== DROP_ROUND) return;
    if (act === "reveal" || act === "revealSeed") goneOn.resolve(undefined);
    if (act === "rebuildKey") story.tell(`${name} has rebuilt the round key of a vanished trainer from shares`);
    if (act === "rebuildSeed") story.tell(`${name} has rebuilt the seed of a vanished trainer from shares`);
  }

  return { claimed, rounds, trainingSeconds: () => training.seconds() };
}
