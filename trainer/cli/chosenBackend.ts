/** Opens the backend that --backend asks for, and says which one "auto" is and why. */
import { openBackend } from "../learning/openBackend.ts";
import type { Backend, BackendName } from "../learning/backend.ts";
import { bestBackend } from "../learning/backends/automatic.ts";
import type { ChosenBackend } from "../learning/backends/automatic.ts";
import type { Log } from "../observe/log.ts";

/** @throws BackendUnavailable if the one that was named does not work; then no other takes its place. */
export async function openChosenBackend(name: BackendName | "auto", log: Log): Promise<Backend> {
  if (name !== "auto") return openBackend(name);
  const chosen = await bestBackend();
  for (const { name: other, isInstalled, reason } of chosen.passedOver) {
    if (isInstalled) log.warn(`${other} is installed and not used: ${reason}`);
  }
  log.info(choiceText(chosen));
  return chosen.backend;
}

/** In one line: what computes, and what does not because it is not installed. */
export function choiceText({ backend, passedOver }: ChosenBackend): string {
  const absent = passedOver.filter(({ isInstalled }) => !isInstalled).map(({ name }) => name);
  const because =
    absent.length === 0 ? "" : `; not installed: ${absent.join(", ")} (foedus doctor says how to get what is faster)`;
  return `computing on ${backend.name}, ${backend.hardware}${because}`;
}
