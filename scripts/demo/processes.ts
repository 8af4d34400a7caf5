/** The child processes of a demonstration. Whatever happens, none of them outlives it. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

export interface Processes {
  add<C extends ChildProcess>(child: C): C;
  /** Ends all, politely first. */
  stop(): Promise<void>;
}

const GRACE_MS = 4_000;

export function createProcesses(): Processes {
  const children = new Set<ChildProcess>();
  // The last resort: an exit that nobody foresaw.
  const killAll = () => children.forEach((child) => child.kill("SIGKILL"));
  process.on("exit", killAll);
  return {
    add(child) {
      children.add(child);
      for (const end of ["exit", "error"]) child.once(end, () => children.delete(child));
      return child;
    },
    async stop() {
      const running = [...children];
      const ended = Promise.all(running.map((child) => once(child, "exit")));
      running.forEach((child) => child.kill("SIGTERM"));
      await Promise.race([ended, pause(GRACE_MS, undefined, { ref: false })]);
      killAll();
      await ended;
      process.removeListener("exit", killAll);
    },
  };
}
