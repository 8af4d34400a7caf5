import { expect } from "chai";
import { concat, keccak256, toBeHex, zeroPadValue } from "ethers";
import { dealingHash, taskDomain, updateCommitment } from "../../trainer/protocol/commitments.ts";
import { randomHex, seededRandom } from "../support/seededRandom.ts";
import { referenceCommitment, referenceDomain } from "../vectors/reference.ts";

const BINDING = {
  domain: `0x${"11".repeat(32)}`,
  round: 7,
  trainer: `0x${"22".repeat(20)}`,
  root: `0x${"33".repeat(32)}`,
  contentKeyHash: `0x${"44".repeat(32)}`,
};

describe("commitments: taskDomain", () => {
  it("binds the chain and the task", () => {
    const task = `0x${"22".repeat(20)}`;
    const domains = [taskDomain(1, task), taskDomain(2, task), taskDomain(1, `0x${"23".repeat(20)}`)];
    expect(new Set(domains).size).to.equal(3);
    expect(taskDomain(1n, task)).to.equal(domains[0]);
  });

  it("agrees with the reference", () => {
    const random = seededRandom("domains");
    for (let i = 0; i < 20; i++) {
      const chainId = BigInt(randomHex(random, 1 + random.below(32)));
      const task = randomHex(random, 20);
      expect(taskDomain(chainId, task)).to.equal(referenceDomain(chainId, task));
    }
  });

  it("refuses an address that is none", () => {
    expect(() => taskDomain(1, "0x1234")).to.throw(TypeError);
  });
});

describe("commitments: updateCommitment", () => {
  it("agrees with the reference", () => {
    const random = seededRandom("commitments");
    for (let i = 0; i < 20; i++) {
      const binding = {
        domain: randomHex(random, 32),
        round: random.uint32(),
        trainer: randomHex(random, 20),
        root: randomHex(random, 32),
        contentKeyHash: randomHex(random, 32),
      };
      expect(updateCommitment(binding)).to.equal(referenceCommitment(binding));
    }
  });

  it("changes with every single field", () => {
    const changed = [
      { domain: `0x${"11".repeat(31)}12` },
      { round: 8 },
      { trainer: `0x${"22".repeat(19)}23` },
      { root: `0x${"33".repeat(31)}34` },
      { contentKeyHash: `0x${"44".repeat(31)}45` },
    ];
    const commitments = [BINDING, ...changed.map((change) => ({ ...BINDING, ...change }))].map(updateCommitment);
    expect(new Set(commitments).size).to.equal(6);
  });

  it("refuses fields of the wrong size", () => {
    for (const change of [
      { domain: "0x11" },
      { round: 2 ** 32 },
      { round: -1 },
      { round: 1.5 },
      { trainer: "0x22" },
      { root: `0x${"33".repeat(33)}` },
      { contentKeyHash: "0x" },
    ]) {
      expect(() => updateCommitment({ ...BINDING, ...change }), JSON.stringify(change)).to.throw(TypeError);
    }
  });
});

describe("commitments: dealingHash", () => {
  const random = seededRandom("dealings");
  const dealing = () => ({
    domain: randomHex(random, 32),
    round: random.uint32(),
    trainer: randomHex(random, 20),
    keyAddress: randomHex(random, 20),
    maskHash: randomHex(random, 32),
    sharesHash: randomHex(random, 32),
  });

  it("hashes six words: task, round, trainer, key, mask and shares", () => {
    for (let i = 0; i < 20; i++) {
      const some = dealing();
      const words = Object.values({ ...some, round: toBeHex(some.round) }).map((word) => zeroPadValue(word, 32));
      expect(dealingHash(some)).to.equal(keccak256(concat(words)));
    }
  });

  it("refuses fields of another size", () => {
    for (const wrong of [{ domain: "0x12" }, { keyAddress: "0x1234" }, { round: 2 ** 32 }, { maskHash: "" }]) {
      expect(() => dealingHash({ ...dealing(), ...wrong }), Object.keys(wrong)[0]).to.throw(TypeError);
    }
  });
});
