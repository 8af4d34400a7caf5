/**
 * Which view is shown: the hash of the address, so that the page runs from any path and needs no server. `#/task/3` is the
 * view "task" with "3"; a query behind it (`#/tasks?rpc=…`) gives settings and is taken out of the address.
 */
import { signal } from "@preact/signals";

export interface Place {
  /** A name of the table of views, or one that is not in it. */
  readonly view: string;
  /** What follows the name, each part decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

const MAX_HASH = 4_000;
const FIRST_VIEW = "tasks";

/** Reads a hash. One that is no address leads to the first view. */
export function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash
    .slice(0, MAX_HASH)
    .replace(/^#?\/?/, "")
    .split("?", 2);
  const [view = "", ...parts] = path
    .split("/")
    .filter((part) => part !== "")
    .map(decoded);
  return { view: view === "" ? FIRST_VIEW : view, parts, query: new URLSearchParams(query) };
}

/** A link to a view. */
export function linkTo(view: string, ...parts: readonly (string | number)[]): string {
  return `#/${[view, ...parts.map((part) => encodeURIComponent(part))].join("/")}`;
}

export const place = signal<Place>(placeOf(""));

/** Follows the address from now on. */
export function followAddress(): void {
  const read = () => (place.value = placeOf(location.hash));
  window.addEventListener("hashchange", read);
  read();
}

/** Takes the query out of the address, without a step in the history. */
export function dropQuery(): void {
  const { view, parts } = place.value;
  history.replaceState(history.state, "", linkTo(view, ...parts));
  place.value = { view, parts, query: new URLSearchParams() };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
