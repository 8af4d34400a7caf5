/** Stays online so that others can fetch what this participant holds, letting go of what need not be kept any more. */
import { setTimeout as pause } from "node:timers/promises";
import type { Retention } from "../storage/retention.ts";

const LOOK_EVERY_MS = 600_000;

/** Returns after `seconds`, or when the signal aborts. */
export async function serveContent(retention: Retention, signal: AbortSignal, seconds = Infinity): Promise<void> {
  const endsAt = Date.now() + seconds * 1000;
  while (!signal.aborted && Date.now() < endsAt) {
    await retention.letGoOfExpired(Math.floor(Date.now() / 1000));
    await pause(Math.min(LOOK_EVERY_MS, endsAt - Date.now()), undefined, { signal }).catch(() => undefined);
  }
}
