/** What wakes a role's loop: every new state of its task, and whatever else rings. What fails meanwhile is thrown there. */
import { createBell } from "./bell.ts";
import type { Party } from "./party.ts";
import { followTask } from "../chain/followTask.ts";
import type { FollowOptions } from "../chain/followTask.ts";
import type { TaskState } from "../chain/taskState.ts";

export interface TaskNewsOptions extends Pick<FollowOptions, "confirmations" | "pollMs"> {
  /** Told every new state, before the loop hears of it. */
  readonly onState?: (state: TaskState) => void;
}

export interface TaskNews {
  /** The newest state; there is one as soon as something was heard. */
  readonly state: TaskState;
  /** Begins to follow the task, until it is closed or the party's signal aborts. */
  begin(): void;
  ring(): void;
  /** Has the loop end with this error. */
  fail(error: unknown): void;
  /** Resolves at the next ring once there is a state; rejects with what failed, or with the signal's reason. */
  heard(): Promise<void>;
}

export function createTaskNews(
  { deployment, opened, log, signal }: Pick<Party, "deployment" | "opened" | "log" | "signal">,
  { confirmations, pollMs, onState }: TaskNewsOptions,
): TaskNews {
  const bell = createBell(signal);
  let latest: TaskState | undefined;
  let fault: { readonly error: unknown } | undefined;

  async function follow(): Promise<void> {
    const states = followTask(deployment.provider, opened, {
      ...{ confirmations, pollMs, signal },
      onReorganisation: ({ number }) => log.warn({ block: number }, "the chain was reorganised: reading it again"),
    });
    for await (const next of states) {
      latest = next;
      onState?.(next);
      bell.ring();
      if (next.closed) return;
    }
  }

  function fail(error: unknown): void {
    fault ??= { error };
    bell.ring();
  }

  return {
    get state() {
      if (latest === undefined) throw new Error("Nothing has been heard of the task yet.");
      return latest;
    },
    begin: () => void follow().catch(fail),
    ring: bell.ring,
    fail,
    async heard() {
      do {
        await bell.heard();
        if (fault !== undefined) throw fault.error;
      } while (latest === undefined);
    },
  };
}
