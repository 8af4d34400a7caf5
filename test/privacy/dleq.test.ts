import { expect } from "chai";
import { AbiCoder, id, keccak256, recoverAddress } from "ethers";
import { hintsOf, proveSharedPoint, verifySharedPoint } from "../../trainer/privacy/dleq.ts";
import type { SharedPointClaim } from "../../trainer/privacy/dleq.ts";
import { sharedPoint } from "../../trainer/privacy/edgeSeed.ts";
import { ORDER, UnusablePointError, addressOfPoint, publicPoint } from "../../trainer/privacy/secp256k1.ts";
import type { CurvePoint } from "../../trainer/privacy/secp256k1.ts";
import { randomBytes, randomHex, seededRandom } from "../support/seededRandom.ts";

const FIELD = 2n ** 256n - 2n ** 32n - 977n;

describe("dleq", () => {
  const random = seededRandom("dleq");
  const key = randomBytes(random, 32);
  const peerKey = randomBytes(random, 32);
  const peer = publicPoint(peerKey);
  const task = { domain: randomHex(random, 32), round: 12 };
  const { claim, proof } = proveSharedPoint(key, peer, task);

  it("proves the point that both ends share", () => {
    expect(claim.shared).to.deep.equal(sharedPoint(peerKey, publicPoint(key)));
    expect(verifySharedPoint(claim, proof)).to.equal(true);
    for (let i = 0; i < 10; i++) {
      const made = proveSharedPoint(randomBytes(random, 32), peer, task);
      expect(verifySharedPoint(made.claim, made.proof)).to.equal(true);
    }
  });

  it("is the same each time, and another for another claim", () => {
    expect(proveSharedPoint(key, peer, task).proof).to.deep.equal(proof);
    expect(proveSharedPoint(key, peer, { ...task, round: 13 }).proof.z).not.to.equal(proof.z);
  });

  it("does not hold for another point, key, peer, task or round", () => {
    const point = publicPoint(randomBytes(random, 32));
    const others = [
      { ...claim, shared: point },
      { ...claim, shared: { x: claim.shared.x, y: FIELD - claim.shared.y } },
      { ...claim, prover: point },
      { ...claim, peer: point },
      { ...claim, prover: claim.peer, peer: claim.prover },
      { ...claim, domain: randomHex(random, 32) },
      { ...claim, round: 13 },
      { ...claim, shared: { x: 0n, y: 0n } },
      { ...claim, peer: { x: peer.x, y: peer.y + 1n } },
      { ...claim, domain: "0x" },
    ];
    for (const [i, other] of others.entries()) expect(verifySharedPoint(other, proof), `${i}`).to.equal(false);
  });

  it("does not hold with another challenge or response, nor with values out of range", () => {
    const { c, z } = proof;
    for (const bad of [
      { c: c ^ 1n, z },
      { c, z: z ^ 1n },
      { c, z: 0n },
      { c: 0n, z },
      { c, z: z + ORDER },
      { c: c + ORDER, z },
      { c: c + 2n ** 256n, z },
      { c: -c, z },
      { c, z: -z },
    ]) {
      expect(verifySharedPoint(claim, bad)).to.equal(false);
    }
  });

  it("cannot be made for a wrong point by whoever knows the key", () => {
    // The prover goes by the book, with the point that it would like to have.
    const wrong = { ...claim, shared: sharedPoint(randomBytes(random, 32), peer) };
    const nonce = randomBytes(random, 32);
    const c = challengeOf(wrong, addressOfPoint(publicPoint(nonce)), addressOfPoint(sharedPoint(nonce, peer)));
    const z = modulo(number(nonce) + c * number(key));
    expect(verifySharedPoint(wrong, { c, z })).to.equal(false);
    const right = challengeOf(claim, addressOfPoint(publicPoint(nonce)), addressOfPoint(sharedPoint(nonce, peer)));
    const honest = { c: right, z: modulo(number(nonce) + right * number(key)) };
    expect(verifySharedPoint(claim, honest), "by the book with the right point").to.equal(true);
  });

  it("can be checked as a contract does: ecrecover, hints and the hash", () => {
    const { c, z } = proof;
    const { zPeer, cShared, inverse } = hintsOf(claim, proof);
    const { prover } = claim;
    // z G - c PK, by ecrecover of -z x with s = -c x
    const first = ecrecover(modulo(-z * prover.x), prover, modulo(-c * prover.x));
    expect(timesByEcrecover(peer, z)).to.equal(addressOfPoint(zPeer));
    expect(timesByEcrecover(claim.shared, c)).to.equal(addressOfPoint(cShared));
    expect(((zPeer.x - cShared.x + FIELD) * inverse) % FIELD).to.equal(1n);
    const slope = ((zPeer.y + cShared.y) * inverse) % FIELD;
    const x = (((slope * slope - zPeer.x - cShared.x) % FIELD) + FIELD) % FIELD;
    const y = (((slope * (zPeer.x - x) - zPeer.y) % FIELD) + FIELD) % FIELD;
    expect(challengeOf(claim, first, addressOfPoint({ x, y }))).to.equal(c);
  });

  it("refuses to multiply a point that is none by the key", () => {
    expect(() => proveSharedPoint(key, { x: 1n, y: 1n }, task)).to.throw(UnusablePointError);
    expect(() => proveSharedPoint(new Uint8Array(32), peer, task)).to.throw(RangeError, "secret");
  });
});

function challengeOf({ domain, round, prover, peer, shared }: SharedPointClaim, first: string, second: string): bigint {
  const points = [prover, peer, shared].flatMap(({ x, y }) => [x, y]);
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ["bytes32", "bytes32", "uint32", ...Array<string>(6).fill("uint256"), "address", "address"],
    [id("Foedus/v1 dleq"), domain, round, ...points, first, second],
  );
  return BigInt(keccak256(encoded));
}

/** The address of `scalar * point`, as a contract gets it. */
function timesByEcrecover(point: CurvePoint, scalar: bigint): string {
  return ecrecover(0n, point, modulo(scalar * point.x));
}

function ecrecover(message: bigint, { x, y }: CurvePoint, s: bigint): string {
  // ethers refuses a high s where the precompile does not: (r, s, v) and (r, -s, other v) give the same key.
  const isHigh = s > ORDER / 2n;
  const parity = Number(y & 1n) ^ (isHigh ? 1 : 0);
  return recoverAddress(word(message), { r: word(x), s: word(isHigh ? ORDER - s : s), v: 27 + parity });
}

function modulo(value: bigint): bigint {
  return ((value % ORDER) + ORDER) % ORDER;
}

function number(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}
