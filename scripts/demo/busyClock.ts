/** For how long at least one of several was busy: the time in which a federation trains, however many do at once. */
export interface BusyClock {
  start(index: number): void;
  stop(index: number): void;
  seconds(): number;
}

export function createBusyClock(now: () => number = () => performance.now()): BusyClock {
  const busy = new Set<number>();
  let since = 0;
  let milliseconds = 0;
  return {
    start(index) {
      if (busy.size === 0) since = now();
      busy.add(index);
    },
    stop(index) {
      if (busy.delete(index) && busy.size === 0) milliseconds += now() - since;
    },
    seconds: () => (milliseconds + (busy.size > 0 ? now() - since : 0)) / 1000,
  };
}
