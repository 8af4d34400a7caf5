/** What this browser keeps between visits. Where it keeps nothing (a private window), the page works all the same. */

const PREFIX = "foedus.";

/** What was kept under this name, as JSON gives it; undefined if nothing can be read. */
export function remembered(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a value of JSON; undefined forgets it. */
export function remember(name: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // It is forgotten with the page.
  }
}
