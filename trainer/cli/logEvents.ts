/** A role's events as lines of the log, for --log json: what would else be moving lines. */
import type { Log } from "../observe/log.ts";
import { DONE } from "../roles/act.ts";
import type { TrainerEvent } from "../roles/trainer.ts";
import type { WatcherEvent } from "../roles/watcher.ts";
import { inWords } from "./watchWords.ts";

type RoleEvent = TrainerEvent | WatcherEvent;

/** Every event with its fields and a sentence; of training's progress only the beginning. @param task The task's number. */
export function logEvents(log: Log, task: number): (event: RoleEvent) => void {
  let shown = "";
  return (event) => {
    const sentence = sentenceOf(event);
    // An act is told as a phase too, and training's phase many times.
    const key = event.event === "phase" || event.event === "act" ? `${event.round} ${sentence}` : "";
    if (key !== "" && key === shown) return;
    shown = key;
    log.info({ task, ...event }, sentence);
  };
}

function sentenceOf(event: RoleEvent): string {
  switch (event.event) {
    case "phase":
      return event.phase;
    case "act":
      return DONE[event.act];
    case "round":
      return `round ${event.round} is ${event.outcome}`;
    case "trained":
      return `trained for round ${event.round}`;
    case "converged":
      return "the model has come to rest";
    case "finished":
      return "finished";
    default:
      return inWords(event);
  }
}
