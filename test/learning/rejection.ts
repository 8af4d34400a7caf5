/** What a promise is rejected with; fails if it is fulfilled. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new TypeError(`Rejected with ${String(error)}, which is no Error.`);
  }
  throw new Error("The promise was fulfilled.");
}
