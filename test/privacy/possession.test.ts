import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import { AbiCoder, Signature, SigningKey, computeAddress, getAddress, id, keccak256 } from "ethers";
import { keyAddress } from "../../trainer/privacy/dealing.ts";
import {
  ForgedPossessionError,
  possessionDigest,
  provePossession,
  recoverRoundKey,
} from "../../trainer/privacy/possession.ts";
import type { PossessionProof } from "../../trainer/privacy/possession.ts";
import { ORDER, addressOfPoint, publicPoint } from "../../trainer/privacy/secp256k1.ts";
import { randomBytes, randomHex, seededRandom } from "../support/seededRandom.ts";

const TOP = 1n << 255n;

describe("possession", () => {
  const random = seededRandom("possession");
  const key = randomBytes(random, 32);
  const subject = { domain: randomHex(random, 32), round: 9, trainer: getAddress(randomHex(random, 20)) };
  const proof = provePossession(key, subject);
  const address = keyAddress(key);

  it("signs what the contract hashes, so that ethers recovers the key's address", () => {
    const digest = keccak256(
      AbiCoder.defaultAbiCoder().encode(
        ["bytes32", "bytes32", "uint32", "address"],
        [id("Foedus/v1 possession"), subject.domain, subject.round, subject.trainer],
      ),
    );
    expect(`0x${Buffer.from(possessionDigest(subject)).toString("hex")}`).to.equal(digest);
    const signature = Signature.from({ r: proof.r, yParityAndS: proof.vs });
    expect(computeAddress(SigningKey.recoverPublicKey(digest, signature))).to.equal(address);
  });

  it("gives everybody the public key, both parities of its signature included", () => {
    const parities = new Set<boolean>();
    for (let round = 0; round < 20; round++) {
      const made = provePossession(key, { ...subject, round });
      parities.add((BigInt(made.vs) & TOP) !== 0n);
      expect(recoverRoundKey(made, { ...subject, round }, address.toLowerCase())).to.deep.equal(publicPoint(key));
    }
    expect(parities.size).to.equal(2);
  });

  it("refuses a proof of another round, task, trainer or key", () => {
    const other = { domain: randomHex(random, 32), trainer: randomHex(random, 20), round: 8 };
    for (const [name, value] of Object.entries(other)) {
      expectForged(proof, { ...subject, [name]: value });
    }
    expectForged(proof, subject, keyAddress(randomBytes(random, 32)));
    expectForged(provePossession(randomBytes(random, 32), subject));
  });

  it("refuses a high s, values out of range, and what is no hex", () => {
    const vs = BigInt(proof.vs);
    // The mirrored signature hardly ever fits, so take the highest s that does, and the key that it is by.
    const high = { r: proof.r, vs: word(TOP - 1n) };
    const signature = new secp256k1.Signature(BigInt(high.r), TOP - 1n, 0);
    expectForged(high, subject, addressOfPoint(signature.recoverPublicKey(possessionDigest(subject)).toAffine()));
    for (const r of [word(0n), word(ORDER), word(2n ** 256n - 1n), "0x", "0x12", "r", `${proof.r}00`]) {
      expectForged({ r, vs: proof.vs });
    }
    for (const bad of [word(0n), word(TOP), word(TOP - 1n), word(2n ** 256n - 1n), "0x", word(vs ^ TOP)]) {
      expectForged({ r: proof.r, vs: bad });
    }
  });

  it("does not sign with what is no key, and does not say it", () => {
    for (const bad of [new Uint8Array(32), new Uint8Array(32).fill(0xff), key.subarray(1)]) {
      expect(() => provePossession(bad, subject))
        .to.throw(RangeError, "A secret must be")
        .with.property("message")
        .not.contain("ff");
    }
  });

  function expectForged(forged: PossessionProof, of = subject, claimed = address): void {
    expect(() => recoverRoundKey(forged, of, claimed), JSON.stringify(forged)).to.throw(ForgedPossessionError);
  }
});

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}
