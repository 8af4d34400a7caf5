/**
 * Many may share or one may have it alone, in the order they came. Keeps collection from deleting a block that a put
 * in progress has just found to be there.
 */
export interface SharedLock {
  shared<T>(work: () => Promise<T>): Promise<T>;
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function sharedLock(): SharedLock {
  let lastAlone: Promise<unknown> = Promise.resolve();
  const sharers = new Set<Promise<unknown>>();
  return {
    shared(work) {
      const run = lastAlone.then(work);
      const ended: Promise<unknown> = run.catch(() => {}).then(() => sharers.delete(ended));
      sharers.add(ended);
      return run;
    },
    alone(work) {
      const run = Promise.all([lastAlone, ...sharers]).then(work);
      lastAlone = run.catch(() => {});
      return run;
    },
  };
}
