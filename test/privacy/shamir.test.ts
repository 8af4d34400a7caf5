import { expect } from "chai";
import { ORDER } from "../../trainer/privacy/secp256k1.ts";
import {
  MAX_SEATS,
  MAX_SHARES,
  UnusableSharesError,
  dealShares,
  interpolateSecret,
} from "../../trainer/privacy/shamir.ts";
import type { Share } from "../../trainer/privacy/shamir.ts";
import { randomBytes, seededRandom } from "../support/seededRandom.ts";

describe("shamir", () => {
  const random = seededRandom("shamir");

  it("gives the secret back from any shares, as many as the threshold", () => {
    for (let i = 0; i < 60; i++) {
      const threshold = 1 + random.below(12);
      const secret = randomBytes(random, 32);
      const seats = someSeats(threshold + random.below(MAX_SHARES - threshold));
      const shares = dealShares(secret, threshold, seats);
      const some = shuffled(shares).slice(0, threshold);
      expect(interpolateSecret(some, threshold), `${threshold} of ${seats.length}`).to.deep.equal(secret);
      expect(interpolateSecret(shuffled(shares), threshold)).to.deep.equal(secret);
    }
  });

  it("knows a polynomial calculated by hand", () => {
    // 7 + 5x + 3x^2 at 1, 2 and 4
    const shares = [15n, 29n, 75n].map((value, i) => ({ seat: [0, 1, 3][i]!, share: bytes(value) }));
    expect(interpolateSecret(shares, 3)).to.deep.equal(bytes(7n));
  });

  it("gives nothing from fewer", () => {
    const secret = randomBytes(random, 32);
    const shares = dealShares(secret, 4, someSeats(9));
    expect(() => interpolateSecret(shares.slice(0, 3), 4)).to.throw(UnusableSharesError, "4 are needed");
    expect(interpolateSecret(shares.slice(0, 3), 3)).not.to.deep.equal(secret);
  });

  it("lets fewer shares than the threshold fit every secret", () => {
    // Two shares of a threshold of three, and any secret: one polynomial goes through them, so they say nothing.
    const shares = dealShares(randomBytes(random, 32), 3, [4, 9]);
    const claimed = randomBytes(random, 32);
    const third = interpolateAt(7, [{ seat: -1, share: claimed }, ...shares]);
    expect(interpolateSecret([...shares, { seat: 7, share: third }], 3)).to.deep.equal(claimed);
  });

  it("deals other shares each time", () => {
    const secret = randomBytes(random, 32);
    expect(dealShares(secret, 2, [1, 2])).not.to.deep.equal(dealShares(secret, 2, [1, 2]));
  });

  it("gives another secret when a share is not the one dealt, or names another seat", () => {
    const secret = randomBytes(random, 32);
    const [first, second, third] = dealShares(secret, 3, [0, 1, 2]) as [Share, Share, Share];
    const changed = third.share.slice();
    changed[31]! ^= 1;
    expect(interpolateSecret([first, second, { seat: 2, share: changed }], 3)).not.to.deep.equal(secret);
    expect(interpolateSecret([first, second, { ...third, seat: 5 }], 3)).not.to.deep.equal(secret);
  });

  it("refuses two shares of one seat, seats that no task has, and values that are no scalar", () => {
    const [first, second] = dealShares(randomBytes(random, 32), 2, [0, 1]) as [Share, Share];
    expect(() => interpolateSecret([first, { ...second, seat: 0 }], 2)).to.throw(UnusableSharesError, "one seat");
    for (const seat of [-1, 256, 0.5, NaN, 2 ** 32]) {
      expect(() => interpolateSecret([first, { ...second, seat }], 2)).to.throw(UnusableSharesError, "no task");
    }
    for (const share of [bytes(ORDER), new Uint8Array(32).fill(0xff), new Uint8Array(31), new Uint8Array(0)]) {
      expect(() => interpolateSecret([first, { seat: 1, share }], 2)).to.throw(UnusableSharesError, "no scalar");
    }
  });

  it("does not deal what is no secret, nor to seats out of range or twice", () => {
    const secret = randomBytes(random, 32);
    expect(() => dealShares(bytes(0n), 2, [0, 1])).to.throw(RangeError, "secret");
    expect(() => dealShares(bytes(ORDER), 2, [0, 1])).to.throw(RangeError, "secret");
    for (const seats of [[0, 0], [-1], [256], [0.5]]) {
      expect(() => dealShares(secret, 2, seats)).to.throw(RangeError, "Deal to each seat once");
    }
    for (const threshold of [0, 1.5, 33]) {
      expect(() => dealShares(secret, threshold, [0])).to.throw(RangeError, "threshold");
    }
  });

  /** Of a cohort, which may be any seats of its task. */
  function someSeats(count: number): number[] {
    return shuffled(Array.from({ length: MAX_SEATS }, (_, seat) => seat)).slice(0, count);
  }

  function shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, at: random.uint32() }))
      .sort((one, other) => one.at - other.at)
      .map(({ item }) => item);
  }
});

function bytes(value: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(64, "0"), "hex"));
}

/** Lagrange at `seat`, written again for the test: seat -1 is where the secret is. */
function interpolateAt(seat: number, shares: readonly Share[]): Uint8Array {
  let sum = 0n;
  for (const one of shares) {
    let term = BigInt(`0x${Buffer.from(one.share).toString("hex")}`);
    for (const other of shares) {
      if (other === one) continue;
      term = (term * BigInt(seat - other.seat) * inverse(BigInt(one.seat - other.seat))) % ORDER;
    }
    sum += term;
  }
  return bytes(((sum % ORDER) + ORDER) % ORDER);
}

function inverse(value: bigint): bigint {
  let [result, base] = [1n, ((value % ORDER) + ORDER) % ORDER];
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}
