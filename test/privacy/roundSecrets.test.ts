import { hkdfSync } from "node:crypto";
import { expect } from "chai";
import { deriveRoundSecrets, newDealingNonce } from "../../trainer/privacy/roundSecrets.ts";
import { randomBytes, randomHex, seededRandom } from "../support/seededRandom.ts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe("roundSecrets", () => {
  const random = seededRandom("roundSecrets");
  const privateKey = randomBytes(random, 32);
  const nonce = randomBytes(random, 32);
  const task = { domain: randomHex(random, 32), round: 0x01020304 };

  it("derives as written down: HKDF-SHA256, 48 bytes, modulo the order", () => {
    const { key, seed } = deriveRoundSecrets(privateKey, nonce, task);
    for (const [label, secret] of [
      ["Foedus/v1 round key", key],
      ["Foedus/v1 self mask", seed],
    ] as const) {
      const info = Buffer.concat([
        Buffer.from(label),
        Buffer.from(task.domain.slice(2), "hex"),
        Uint8Array.of(1, 2, 3, 4),
      ]);
      const uniform = Buffer.from(hkdfSync("sha256", privateKey, nonce, info, 48));
      const expected = (BigInt(`0x${uniform.toString("hex")}`) % ORDER).toString(16).padStart(64, "0");
      expect(Buffer.from(secret).toString("hex"), label).to.equal(expected);
    }
  });

  it("gives the same secrets again, and others for another key, nonce, task or round", () => {
    const all = [
      deriveRoundSecrets(privateKey, nonce, task),
      deriveRoundSecrets(randomBytes(random, 32), nonce, task),
      deriveRoundSecrets(privateKey, newDealingNonce(), task),
      deriveRoundSecrets(privateKey, nonce, { ...task, domain: randomHex(random, 32) }),
      deriveRoundSecrets(privateKey, nonce, { ...task, round: task.round + 1 }),
    ].flatMap(({ key, seed }) => [key, seed].map((secret) => Buffer.from(secret).toString("hex")));
    expect(new Set(all).size).to.equal(10);
    expect(deriveRoundSecrets(privateKey, nonce, task)).to.deep.equal(deriveRoundSecrets(privateKey, nonce, task));
  });

  it("refuses arguments of another size", () => {
    const short = new Uint8Array(31);
    expect(() => deriveRoundSecrets(short, nonce, task)).to.throw(RangeError, "private key");
    expect(() => deriveRoundSecrets(privateKey, short, task)).to.throw(RangeError, "nonce");
    expect(() => deriveRoundSecrets(privateKey, nonce, { ...task, domain: "0x12" })).to.throw(RangeError, "domain");
    for (const round of [-1, 0.5, NaN, 2 ** 32]) {
      expect(() => deriveRoundSecrets(privateKey, nonce, { ...task, round })).to.throw(RangeError, "round");
    }
  });
});
