/**
 * Packages that Foedus can use and does not install: they are large, or bring compiled code for one kind of machine. They
 * are found beside Foedus, or in the folders that NODE_PATH names.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** Imports a package by name: undefined if it is not installed. Throws what the package throws when it is loaded. */
export type ImportOptional = (name: string) => Promise<Record<string, unknown> | undefined>;

export const importOptional: ImportOptional = async (name) => {
  let file: string;
  try {
    file = createRequire(import.meta.url).resolve(name);
  } catch {
    return undefined;
  }
  return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
};
