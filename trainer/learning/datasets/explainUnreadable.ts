import { UnsuitableData } from "./dataset.ts";

/** A system's error about a file as UnsuitableData that says what to do; any other error as it is. */
export function explainUnreadable(error: unknown, path: string): unknown {
  if (error instanceof Error && "code" in error && "syscall" in error) {
    return new UnsuitableData(`${path} cannot be read (${String(error.code)}). Check the path and its permissions.`, {
      cause: error,
    });
  }
  return error;
}
