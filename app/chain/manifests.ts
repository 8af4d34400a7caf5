/** Manifests of tasks, fetched from the gateway when a view wants them, checked, and kept for the visit. */
import { signal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { printable } from "../../trainer/observe/printable.ts";
import type { Manifest } from "../../trainer/roles/manifest.ts";
import type { Chain } from "./node.ts";

/** A manifest, or why there is none. */
export type KnownManifest = Manifest | "no gateway" | "unavailable" | "unusable";

const MAX_TITLE = 120;
const AT_ONCE = 4;
/** After which a gateway that did not have a manifest is asked for it again. */
const ASK_AGAIN_MS = 60_000;

interface Entry {
  readonly found: Signal<KnownManifest | undefined>;
  /** When a gateway that did not have it may be asked again: milliseconds since 1970. */
  askAgainAt: number;
}

const known = new Map<string, Entry>();
let running = 0;
const waiting: (() => void)[] = [];

/** What is known of a task's manifest; undefined while it is fetched. */
export function manifestOf(
  { settings, signal: ends }: Chain,
  { genesis, rules }: OpenedTask,
): KnownManifest | undefined {
  const { gateway } = settings;
  if (gateway === undefined) return "no gateway";
  const key = `${gateway} ${genesis.manifestId} ${rules.parameters}`;
  const before = known.get(key);
  if (before !== undefined && Date.now() < before.askAgainAt) return before.found.value;
  const entry = before ?? { found: signal<KnownManifest | undefined>(undefined), askAgainAt: 0 };
  entry.askAgainAt = Infinity;
  known.set(key, entry);
  void inTurn(() => fetchManifest(gateway, genesis.manifestId, rules.parameters, ends)).then((manifest) => {
    // What settings have broken off says nothing of the gateway.
    if (manifest === "unavailable") entry.askAgainAt = ends.aborted ? 0 : Date.now() + ASK_AGAIN_MS;
    entry.found.value = manifest;
  });
  return entry.found.value;
}

/** A task's title as its sponsor wrote it, on one line and bounded. */
export function titleOf(manifest: KnownManifest | undefined): string | undefined {
  return typeof manifest === "object" ? printable(manifest.title, MAX_TITLE) : undefined;
}

async function fetchManifest(
  gateway: string,
  id: `0x${string}`,
  parameters: number,
  ends: AbortSignal,
): Promise<KnownManifest> {
  try {
    // A page that has lost its server cannot load these either.
    const [{ MAX_MANIFEST_BYTES, UnusableManifest, decodeManifest }, { fetchContent }] = await Promise.all([
      import("../../trainer/roles/manifest.ts"),
      import("../model/gateway.ts"),
    ]);
    const bytes = await fetchContent(gateway, id, { maxBytes: MAX_MANIFEST_BYTES, signal: ends });
    try {
      return decodeManifest(bytes, parameters);
    } catch (error) {
      if (error instanceof UnusableManifest) return "unusable";
      throw error;
    }
  } catch {
    return "unavailable";
  }
}

/** A list of a thousand tasks asks for its manifests a few at a time. */
async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  while (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  try {
    return await act();
  } finally {
    running--;
    waiting.shift()?.();
  }
}
