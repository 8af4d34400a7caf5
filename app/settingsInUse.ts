/** The settings that the page reads by, and those that a link asks for when they are others. */
import { effect, signal } from "@preact/signals";
import { dropQuery, place } from "./router.ts";
import { isOwnMachine, isSame, rememberSettings, rememberedSettings, settingsOfLink } from "./settings.ts";
import type { Settings } from "./settings.ts";

export const settings = signal<Settings | undefined>(rememberedSettings());
/** A link's, which are not used before one has agreed: they decide what is believed. */
export const asked = signal<Settings | undefined>(undefined);

export function useSettings(chosen: Settings): void {
  rememberSettings(chosen);
  asked.value = undefined;
  if (!isSame(chosen, settings.value)) settings.value = chosen;
}

/** Takes settings out of links that are followed, from now on. */
export function applyLink(): void {
  effect(() => {
    const { query } = place.value;
    if (query.size === 0) return;
    const given = settingsOfLink(query);
    dropQuery();
    if (given === undefined || isSame(given, settings.peek())) return;
    // A node of this machine's own may be the first one unasked; any other could have the page explain what it likes.
    if (settings.peek() === undefined && isOwnMachine(given)) useSettings(given);
    else asked.value = given;
  });
}
