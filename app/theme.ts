/** Light or dark: as the system says, or as one has chosen here. */
import { effect, signal } from "@preact/signals";
import { remember, remembered } from "./remembered.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "theme";
const known = THEMES.find((theme) => theme === remembered(KEY));

export const theme = signal<Theme>(known ?? "system");

/** Keeps the page's colours in step with the choice. */
export function applyTheme(): void {
  effect(() => {
    const chosen = theme.value;
    if (chosen === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = chosen;
    remember(KEY, chosen === "system" ? undefined : chosen);
  });
}
