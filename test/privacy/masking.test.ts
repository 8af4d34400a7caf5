import { expect } from "chai";
import { edgeSeed } from "../../trainer/privacy/edgeSeed.ts";
import { mask, unmask } from "../../trainer/privacy/masking.ts";
import { UnusableSharesError, interpolateSecret } from "../../trainer/privacy/shamir.ts";
import { addLanes } from "../../trainer/protocol/lanes.ts";
import { rejection } from "../support/rejection.ts";
import { randomBytes, randomLanes, seededRandom } from "../support/seededRandom.ts";
import { aMaskedCohort } from "./aMaskedCohort.ts";
import type { MaskedCohort } from "./aMaskedCohort.ts";

/** How far a seat gets before it vanishes. */
const FATES = ["never shared", "never committed", "struck", "never revealed", "stayed"] as const;
type Fate = (typeof FATES)[number];

describe("masking: dropouts", () => {
  const random = seededRandom("masking: dropouts");

  for (const size of [3, 4, 5]) {
    it(`gives the plain sum of ${size} trainers bit for bit, or nothing, for every pattern of dropouts`, async () => {
      const cohort = await aMaskedCohort(random, { size, threshold: Math.ceil((2 * size) / 3), lanes: 35 });
      let unmasked = 0;
      for (let pattern = 0; pattern < FATES.length ** size; pattern++) {
        const fates = cohort.seats.map((_, seat) => FATES[Math.floor(pattern / FATES.length ** seat) % FATES.length]!);
        if (await checkPattern(cohort, fates)) unmasked++;
      }
      expect(unmasked).to.be.greaterThan(size);
      expect(unmasked).to.be.lessThan(FATES.length ** size / 2);
    });
  }

  for (const size of [6, 7, 8, 9, 10, 11, 12]) {
    it(`does so for random thresholds and dropouts among ${size} trainers, down to the threshold and below`, async () => {
      const threshold = Math.floor(size / 2) + 1 + random.below(size - Math.floor(size / 2) - 1);
      const cohort = await aMaskedCohort(random, { size, threshold, lanes: 100 + random.below(100) });
      let unmasked = 0;
      for (let i = 0; i < 40; i++) {
        // So many stay as are needed, or one fewer, or some more.
        const staying = threshold - 1 + (i < 20 ? i % 2 : random.below(size - threshold + 2));
        const order = shuffled(cohort.seats.map(({ seat }) => seat));
        const fates = cohort.seats.map(({ seat }): Fate =>
          order.indexOf(seat) < staying ? "stayed" : FATES[random.below(FATES.length - 1)]!,
        );
        if (await checkPattern(cohort, fates)) unmasked++;
      }
      expect(unmasked).to.be.greaterThan(5);
      expect(unmasked).to.be.lessThan(40);
    });
  }

  /** Plays a round to its end; says whether there is a sum, which then is the plain one. */
  async function checkPattern(cohort: MaskedCohort, fates: readonly Fate[]): Promise<boolean> {
    const { seats, threshold, task } = cohort;
    const having = (...wanted: Fate[]) => seats.filter(({ seat }) => wanted.includes(fates[seat]!));
    const shared = having("never committed", "struck", "never revealed", "stayed").map(({ seat }) => seat);
    const missing = having("never committed", "struck");
    const members = having("never revealed", "stayed");
    const vanished = having("never revealed");
    const present = having("stayed");
    if (members.length < Math.max(3, threshold)) return false; // no agreement: void

    const rebuild = (dealer: number, kind: "key" | "seed") => {
      const shares = present.map(({ seat, held }) => ({ seat, share: held.get(dealer)![kind] }));
      return interpolateSecret(shuffled(shares), threshold);
    };
    if (present.length < threshold && missing.length + vanished.length > 0) {
      for (const { seat } of missing) expect(() => rebuild(seat, "key")).to.throw(UnusableSharesError);
      for (const { seat } of vanished) expect(() => rebuild(seat, "seed")).to.throw(UnusableSharesError);
      return false;
    }
    const loose = missing.flatMap(({ seat }) => {
      const key = rebuild(seat, "key");
      return members.map((member) => ({
        member: member.seat,
        missing: seat,
        seed: edgeSeed(key, member.publicKey, task, [seat, member.seat]),
      }));
    });
    const seeds = [...present.map(({ secrets }) => secrets.seed), ...vanished.map(({ seat }) => rebuild(seat, "seed"))];
    const [sum, plain] = [new Int32Array(seats[0]!.vector.length), new Int32Array(seats[0]!.vector.length)];
    for (const { seat, vector } of members) {
      addLanes(sum, await cohort.masked(seat, shared));
      addLanes(plain, vector);
    }
    expect(await unmask(sum, { seeds, edges: loose }), fates.join()).to.deep.equal(plain);
    return true;
  }

  function shuffled<T>(items: readonly T[]): T[] {
    const order = Uint32Array.from(items.keys());
    random.shuffle(order);
    return [...order].map((i) => items[i]!);
  }
});

describe("masking: what a masked vector shows", () => {
  const LANES = 2 ** 18;
  /** Six and a half standard deviations: chance passes it once in 10^10. */
  const SIGMAS = 6.5;
  const random = seededRandom("masking: statistics");
  // What an update looks like: small, of one sign in places, and mostly zeros in its upper bits.
  const vector = Int32Array.from({ length: LANES }, (_, i) => Math.round(random.normal() * 50 + (i % 1000)));
  const own = { seat: 2, seed: randomBytes(random, 32) };
  const edges = [0, 1, 5].map((seat) => ({ seat, seed: randomBytes(random, 32) }));

  const views: [string, () => Promise<Int32Array>][] = [
    ["a masked vector", () => mask(vector, { ...own, edges })],
    [
      "a masked vector whose own seed and all edges but one are known",
      async () => {
        const masked = await mask(vector, { ...own, edges });
        const known = edges.slice(1).map(({ seat, seed }) => ({ member: own.seat, missing: seat, seed }));
        return unmask(masked, { seeds: [own.seed], edges: known });
      },
    ],
    [
      "a masked vector of which all edges are known, but not its own seed",
      async () => {
        const masked = await mask(vector, { ...own, edges });
        return unmask(masked, {
          seeds: [],
          edges: edges.map(({ seat, seed }) => ({ member: own.seat, missing: seat, seed })),
        });
      },
    ],
  ];
  for (const [name, view] of views) {
    it(`${name} is uniform in its bytes and bits, and tells nothing of the vector`, async () => {
      const seen = await view();
      expect(byteDeviation(seen), "bytes").to.be.lessThan(SIGMAS);
      for (let bit = 0; bit < 32; bit++) expect(bitDeviation(seen, bit), `bit ${bit}`).to.be.lessThan(SIGMAS);
      expect(correlationDeviation(vector, seen), "correlation").to.be.lessThan(SIGMAS);
      const lowBits = [vector, seen].map((lanes) => lanes.map((lane) => lane & 1)) as [Int32Array, Int32Array];
      expect(correlationDeviation(...lowBits), "correlation of the lowest bits").to.be.lessThan(SIGMAS);
      expect(correlationDeviation(seen.subarray(1), seen.subarray(0, -1)), "neighbours").to.be.lessThan(SIGMAS);
    });
  }

  it("fails these checks without masks, or with one short mask repeated", () => {
    expect(byteDeviation(vector)).to.be.greaterThan(SIGMAS);
    expect(bitDeviation(vector, 31)).to.be.greaterThan(SIGMAS);
    expect(correlationDeviation(vector, vector)).to.be.greaterThan(SIGMAS);
    const short = randomLanes(random, 64);
    expect(byteDeviation(vector.map((lane, i) => lane + short[i % 64]!))).to.be.greaterThan(SIGMAS);
  });

  /** Chi-square of 256 byte values, as standard deviations of a normal (Wilson and Hilferty 1931). */
  function byteDeviation(lanes: Int32Array): number {
    const counts = new Float64Array(256);
    const bytes = new Uint8Array(lanes.buffer, lanes.byteOffset, lanes.byteLength);
    for (const byte of bytes) counts[byte]!++;
    const expected = bytes.length / 256;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    const freedom = 255;
    return Math.abs((Math.cbrt(chiSquare / freedom) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom)));
  }

  function bitDeviation(lanes: Int32Array, bit: number): number {
    const ones = lanes.reduce((sum, lane) => sum + ((lane >>> bit) & 1), 0);
    return Math.abs(ones - lanes.length / 2) / Math.sqrt(lanes.length / 4);
  }

  /** Pearson's correlation times the root of the number of lanes. */
  function correlationDeviation(one: Int32Array, other: Int32Array): number {
    const mean = (lanes: Int32Array) => lanes.reduce((sum, lane) => sum + lane, 0) / lanes.length;
    const [meanOne, meanOther] = [mean(one), mean(other)];
    let [product, squareOne, squareOther] = [0, 0, 0];
    for (let i = 0; i < one.length; i++) {
      const [a, b] = [one[i]! - meanOne, other[i]! - meanOther];
      product += a * b;
      squareOne += a * a;
      squareOther += b * b;
    }
    return Math.abs(product / Math.sqrt(squareOne * squareOther)) * Math.sqrt(one.length);
  }
});

describe("masking: arguments", () => {
  const random = seededRandom("masking: arguments");
  const seed = randomBytes(random, 32);

  it("leaves the given vectors as they are", async () => {
    const vector = randomLanes(random, 50);
    const before = vector.slice();
    const masked = await mask(vector, { seat: 0, seed, edges: [{ seat: 1, seed: randomBytes(random, 32) }] });
    const sum = masked.slice();
    await unmask(sum, { seeds: [seed], edges: [] });
    expect(vector).to.deep.equal(before);
    expect(sum).to.deep.equal(masked);
  });

  it("adds a mask in the lower of two seats and subtracts it in the higher one", async () => {
    const zeros = new Int32Array(40);
    const edge = randomBytes(random, 32);
    const [lower, higher] = await Promise.all([
      mask(zeros, { seat: 3, seed, edges: [{ seat: 8, seed: edge }] }),
      mask(zeros, { seat: 8, seed, edges: [{ seat: 3, seed: edge }] }),
    ]);
    const streams = await mask(zeros, { seat: 0, seed, edges: [] });
    const edgeStream = await mask(zeros, { seat: 0, seed: edge, edges: [] });
    expect(lower).to.deep.equal(streams.map((lane, i) => lane + edgeStream[i]!));
    expect(higher).to.deep.equal(streams.map((lane, i) => lane - edgeStream[i]!));
  });

  it("refuses edges to oneself, twice, or on both sides, and seeds of another size", async () => {
    const vector = new Int32Array(32);
    const bad = [
      { seat: 1, seed, edges: [{ seat: 1, seed }] },
      { seat: 1, seed, edges: [0, 0].map((seat) => ({ seat, seed })) },
      { seat: 1, seed: seed.subarray(1), edges: [] },
      { seat: 1, seed, edges: [{ seat: 0, seed: new Uint8Array(33) }] },
    ];
    for (const own of bad) await rejection(mask(vector, own), RangeError);
    const edge = { member: 1, missing: 2, seed };
    for (const edges of [
      [edge, edge],
      [edge, { ...edge, member: 2, missing: 3 }],
      [{ ...edge, missing: 1 }],
      [{ ...edge, seed: new Uint8Array(0) }],
    ]) {
      await rejection(unmask(vector, { seeds: [seed], edges }), RangeError);
    }
  });
});
