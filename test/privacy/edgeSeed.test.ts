import { expect } from "chai";
import { AbiCoder, SigningKey, computeAddress, keccak256 } from "ethers";
import { edgeSeed, edgeSeedOfKnownKey, edgeSeedOfPoint, sharedPoint } from "../../trainer/privacy/edgeSeed.ts";
import { ORDER, UnusablePointError, publicPoint, usablePoint } from "../../trainer/privacy/secp256k1.ts";
import { randomBytes, randomHex, seededRandom } from "../support/seededRandom.ts";

const FIELD = 2n ** 256n - 2n ** 32n - 977n;

describe("edgeSeed", () => {
  const random = seededRandom("edgeSeed");
  const task = { domain: randomHex(random, 32), round: 3 };
  const [one, other] = [randomBytes(random, 32), randomBytes(random, 32)];

  it("is the same from both ends and in both orders of the seats", () => {
    const seed = edgeSeed(one, publicPoint(other), task, [4, 11]);
    expect(edgeSeed(other, publicPoint(one), task, [11, 4])).to.deep.equal(seed);
    expect(edgeSeedOfPoint(sharedPoint(one, publicPoint(other)), task, [4, 11])).to.deep.equal(seed);
    expect(edgeSeedOfKnownKey(one, publicPoint(other), task, [4, 11])).to.deep.equal(seed);
  });

  it("hashes task, round, seats and the shared point's address as the contract does", () => {
    const shared = new SigningKey(one).computeSharedSecret(new SigningKey(other).publicKey);
    const expected = keccak256(
      AbiCoder.defaultAbiCoder().encode(
        ["bytes32", "uint32", "uint16", "uint16", "address"],
        [task.domain, task.round, 4, 11, computeAddress(shared)],
      ),
    );
    expect(`0x${Buffer.from(edgeSeed(one, publicPoint(other), task, [11, 4])).toString("hex")}`).to.equal(expected);
  });

  it("is another for another round, task, seat or key", () => {
    const peer = publicPoint(other);
    const seeds = [
      edgeSeed(one, peer, task, [0, 1]),
      edgeSeed(one, peer, { ...task, round: 4 }, [0, 1]),
      edgeSeed(one, peer, { ...task, domain: randomHex(random, 32) }, [0, 1]),
      edgeSeed(one, peer, task, [0, 2]),
      edgeSeed(randomBytes(random, 32), peer, task, [0, 1]),
    ].map((seed) => Buffer.from(seed).toString("hex"));
    expect(new Set(seeds).size).to.equal(5);
  });

  it("refuses points off the curve, at infinity, of the twist, and with coordinates out of range", () => {
    const { x, y } = publicPoint(other);
    const hostile = [
      { x: 0n, y: 0n },
      { x: 0n, y: 1n },
      { x, y: y + 1n },
      { x: x + 1n, y },
      { x: x + FIELD, y },
      { x, y: y - FIELD },
      { x, y: FIELD },
      { x: -1n, y: 1n },
      // y^2 = x^3 + 2, another curve with points of small order: the formulas never use the constant.
      { x: 1n, y: squareRoot(3n) ?? 2n },
      { x: FIELD, y },
    ];
    for (const point of hostile) {
      expect(() => edgeSeed(one, point, task, [0, 1]), `${point.x}`).to.throw(UnusablePointError);
    }
  });

  it("refuses points whose x is the order or more: ecrecover takes x for a scalar", () => {
    let found = 0;
    for (let x = ORDER; found < 3; x++) {
      const y = squareRoot((x ** 3n + 7n) % FIELD);
      if (y === undefined) continue;
      found++;
      expect(() => usablePoint({ x, y })).to.throw(UnusablePointError, "below the curve's order");
    }
  });

  it("refuses an edge to oneself and a key that is none", () => {
    const peer = publicPoint(other);
    expect(() => edgeSeed(one, peer, task, [3, 3])).to.throw(RangeError, "itself");
    expect(() => edgeSeed(new Uint8Array(32), peer, task, [3, 4])).to.throw(RangeError, "secret");
  });
});

function squareRoot(square: bigint): bigint | undefined {
  let [root, base] = [1n, square];
  for (let exponent = (FIELD + 1n) / 4n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) root = (root * base) % FIELD;
    base = (base * base) % FIELD;
  }
  return (root * root) % FIELD === square ? root : undefined;
}
