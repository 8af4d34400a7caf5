import { expect } from "chai";

/** The error that a promise is rejected with, which must be of this kind. */
export async function rejection<E extends Error>(
  promise: Promise<unknown>,
  kind: abstract new (...args: never[]) => E,
): Promise<E> {
  const error = await promise.then(
    (value) => expect.fail(`nothing was thrown, but ${String(value)} returned`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof kind)) throw error;
  return error;
}
