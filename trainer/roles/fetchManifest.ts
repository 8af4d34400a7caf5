/** Fetches a task's manifest from its sponsor, or from anybody who has trained in it. */
import { roundOf, trainersOf } from "../chain/taskState.ts";
import type { TaskState } from "../chain/taskState.ts";
import { contentIdToString } from "../storage/contentId.ts";
import { entriesOf } from "./directory.ts";
import { MAX_MANIFEST_BYTES, decodeManifest } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import type { Party } from "./party.ts";
import type { Traffic } from "./traffic.ts";

const TIMEOUT_MS = 30_000;
const MOST_ASKED = 32;

/** @throws UnusableManifest, or the store's errors if nobody serves it. */
export async function fetchManifest(
  { deployment, opened, log, signal }: Pick<Party, "deployment" | "opened" | "log" | "signal">,
  traffic: Traffic,
  state: TaskState,
): Promise<Manifest> {
  const { manifestId } = opened.genesis;
  log.debug({ cid: contentIdToString(manifestId) }, "fetching the manifest");
  const trainers = [state.model.round, state.current].flatMap((round) => trainersOf(roundOf(state, round)));
  const holders = [...new Set([opened.rules.sponsor, ...trainers])].slice(0, MOST_ASKED);
  const from = await entriesOf(deployment, holders);
  const bytes = await traffic.fetch(manifestId, { maxBytes: MAX_MANIFEST_BYTES, timeoutMs: TIMEOUT_MS, from, signal });
  return decodeManifest(bytes, opened.rules.parameters);
}
