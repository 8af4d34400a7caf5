/** What was thrown, which JavaScript lets be anything: libraries, wallets and nodes make use of that. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
