/** A role's events as lines of the log, for --log json: what would else be moving lines. */
import type { Log } from "../observe/log.ts";
import type { TrainerEvent } from "../roles/trainer.ts";
import type { WatcherEvent } from "../roles/watcher.ts";

/** Every event with its fields, but of training's progress only where it begins. @param task The task's number. */
export function logEvents(log: Log, task: number): (event: TrainerEvent | WatcherEvent) => void {
  let training: number | undefined;
  return (event) => {
    const isProgress = event.event === "phase" && "fraction" in event;
    if (isProgress && training === event.round) return;
    training = isProgress ? event.round : event.event === "trained" ? undefined : training;
    log.info({ task, ...event }, event.event === "phase" ? event.phase : event.event);
  };
}
