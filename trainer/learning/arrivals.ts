/** Whose updates a simulated round has, and on which round's model they were trained. */
import type { Random } from "./random.ts";
import type { OwnPace } from "./strategies/strategy.ts";

export interface Arrival {
  readonly client: number;
  /** The round, from 1, from whose starting model it trained. */
  readonly startedIn: number;
}

/** One list a round: so many clients, drawn anew each time, who all train on the round's model. */
export function* inRounds(clients: number, perRound: number, random: Random): Generator<Arrival[], never> {
  for (let round = 1; ; round++) {
    yield drawn(clients, perRound, random).map((client) => ({ client, startedIn: round }));
  }
}

/**
 * One list a round: the first so many updates that are finished while `active` clients train at a time, each for a time drawn
 * from a half-normal distribution as in Nguyen et al. 2022. Who is done makes way for another, and waits if its update is
 * in the round. One that has become too stale is thrown away.
 */
export function* atOwnPace(
  clients: number,
  perRound: number,
  active: number,
  { mostStaleness }: OwnPace,
  random: Random,
): Generator<Arrival[], never> {
  let now = 0;
  let idle = drawn(clients, clients, random);
  const training: (Arrival & { readonly until: number })[] = [];
  for (let round = 1; ; round++) {
    const buffer: Arrival[] = [];
    while (buffer.length < perRound) {
      while (training.length < active && idle.length > 0) {
        const [client] = idle.splice(random.below(idle.length), 1);
        training.push({ client: client!, startedIn: round, until: now + Math.abs(random.normal()) });
      }
      training.sort((a, b) => a.until - b.until || a.client - b.client);
      const done = training.shift();
      if (done === undefined) throw new RangeError(`${clients} clients cannot fill a round of ${perRound}.`);
      now = done.until;
      if (round - done.startedIn > mostStaleness) idle.push(done.client);
      else buffer.push({ client: done.client, startedIn: done.startedIn });
    }
    yield buffer;
    idle = [...idle, ...buffer.map(({ client }) => client)];
  }
}

/** So many of 0 to n - 1, in random order. */
function drawn(n: number, count: number, random: Random): number[] {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  random.shuffle(order);
  return [...order.subarray(0, count)];
}
