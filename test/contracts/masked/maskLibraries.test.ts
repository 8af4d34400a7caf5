// The libraries of masked rounds against the standards and the off-chain code that they must agree with.
import { createCipheriv } from "node:crypto";
import { expect } from "chai";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { hintsOf, proveSharedPoint, verifySharedPoint } from "../../../trainer/privacy/dleq.ts";
import type { SharedPointClaim, SharedPointProof } from "../../../trainer/privacy/dleq.ts";
import { edgeSeed, edgeSeedOfPoint, sharedPoint } from "../../../trainer/privacy/edgeSeed.ts";
import {
  GENERATOR,
  ORDER,
  addressOfPoint,
  coordinates,
  publicPoint,
  scalarBytes,
} from "../../../trainer/privacy/secp256k1.ts";
import { dealShares, interpolateSecret } from "../../../trainer/privacy/shamir.ts";
import type { Share } from "../../../trainer/privacy/shamir.ts";
import { KEY_SHARE, SEED_SHARE, shareLeaf, sharesHashOf } from "../../../trainer/privacy/sharesBundle.ts";
import type { Random } from "../../../trainer/learning/random.ts";
import { addLanes, bytesToLanes, lanesToBytes } from "../../../trainer/protocol/lanes.ts";
import type { MaskHarness } from "../../../types/ethers-contracts/index.js";
import { randomBytes, randomHex, randomLanes, seededRandom } from "../../support/seededRandom.ts";
import { ethers } from "../../support/task.ts";

const MAX_BLOCK_GAS = 7_000;
const MAX_EDGE_GAS = 6_000;
const MAX_PROOF_GAS = 15_000;
const MAX_SECRET_GAS = 150_000;

let harness: MaskHarness;

before(async () => {
  harness = (await ethers.deployContract("MaskHarness")) as unknown as MaskHarness;
});

describe("ChaCha20, on chain", () => {
  const SUNSCREEN =
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
  const COUNTED_KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => i));

  it("is the block function of RFC 8439, section 2.3.2", async () => {
    const nonce = Buffer.from("000000090000004a00000000", "hex");
    const [block] = await blocksOnChain(COUNTED_KEY, [1, 1], nonce);
    expect(block!.toString("hex")).to.equal(
      "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e" +
        "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
    );
  });

  it("encrypts as RFC 8439, section 2.4.2", async () => {
    const nonce = Buffer.from("000000000000004a00000000", "hex");
    const keystream = Buffer.concat(await blocksOnChain(COUNTED_KEY, [1, 2], nonce));
    const encrypted = Buffer.from(SUNSCREEN).map((byte, i) => byte ^ keystream[i]!);
    expect(Buffer.from(encrypted).toString("hex")).to.equal(
      "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b" +
        "f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8" +
        "07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736" +
        "5af90bbf74a35be6b40b8eedf2785e42874d",
    );
  });

  it("gives the keystreams of RFC 8439, appendix A.1", async () => {
    const none = Buffer.alloc(12);
    const zero = Buffer.alloc(32);
    const [first, second] = await blocksOnChain(zero, [0, 1], none);
    expect(first!.toString("hex")).to.equal(
      "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7" +
        "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
    );
    expect(second!.toString("hex")).to.equal(
      "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed" +
        "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
    );
    const [third] = await blocksOnChain(Buffer.from("01".padStart(64, "0"), "hex"), [1, 0], none);
    expect(third!.toString("hex")).to.equal(
      "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a" +
        "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0",
    );
    const [fourth] = await blocksOnChain(Buffer.from("00ff".padEnd(64, "0"), "hex"), [2, 0], none);
    expect(fourth!.toString("hex")).to.equal(
      "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca" +
        "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096",
    );
    const [, fifth] = await blocksOnChain(zero, [7, 0], Buffer.from("02".padStart(24, "0"), "hex"));
    expect(fifth!.toString("hex")).to.equal(
      "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7" +
        "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d",
    );
  });

  it("agrees with OpenSSL on random keys and chunks", async () => {
    const random = seededRandom("keystreams");
    for (let i = 0; i < 40; i++) {
      const key = randomBytes(random, 32);
      const chunk = [0, 2 ** 31 - 1][i] ?? Math.floor(random.uint32() / 2 ** (1 + random.below(31)));
      const words = await harness.keystream(key, chunk);
      expect(fromWords(words), `chunk ${chunk} of ${ethers.hexlify(key)}`).to.deep.equal(openSslLanes(key, chunk));
    }
  });

  it("agrees with OpenSSL on random keys, counters and nonces", async () => {
    const random = seededRandom("blocks");
    for (let i = 0; i < 20; i++) {
      const [key, nonce] = [randomBytes(random, 32), randomBytes(random, 12)];
      const counters = [random.uint32(), random.uint32()] as const;
      const blocks = await blocksOnChain(key, counters, nonce);
      for (const half of [0, 1] as const) {
        expect(blocks[half]!.toString("hex")).to.equal(openSsl(key, counters[half], nonce, 64).toString("hex"));
      }
    }
  });

  it("adds and subtracts the masked lanes of a chunk and leaves the others", async () => {
    const random = seededRandom("masked sums");
    for (let lanes = 0; lanes <= 32; lanes++) {
      const sum = randomLanes(random, 32);
      const [key, chunk] = [randomBytes(random, 32), random.below(2 ** 31)];
      const mask = openSslLanes(key, chunk).fill(0, lanes);
      const more = sum.slice();
      addLanes(more, mask);
      const less = sum.map((lane, i) => lane - mask[i]!);
      expect(fromWords(await harness.addChunk(toWords(sum), key, chunk, lanes))).to.deep.equal(more);
      expect(fromWords(await harness.subtractChunk(toWords(sum), key, chunk, lanes))).to.deep.equal(less);
    }
  });

  it("refuses what is no chunk", async () => {
    const library = await libraryErrors("ChaCha20");
    const key = ethers.ZeroHash;
    for (const act of [harness.addChunk, harness.subtractChunk]) {
      await expect(act([0, 0, 0, 0], key, 2 ** 31, 32))
        .to.be.revertedWithCustomError(library, "ChunkOutsideKeystream")
        .withArgs(2 ** 31, 2 ** 31 - 1);
      await expect(act([0, 0, 0, 0], key, 0, 33))
        .to.be.revertedWithCustomError(library, "LanesOutsideChunk")
        .withArgs(33, 32);
      await expect(act([0, 0, 0], key, 0, 0))
        .to.be.revertedWithCustomError(library, "NotAChunk")
        .withArgs(3);
    }
  });

  it(`costs at most ${MAX_BLOCK_GAS} gas a block`, async () => {
    const random = seededRandom("gas of a block");
    for (const subtract of [false, true]) {
      const gas = Number(await harness.gasOfChunk(randomHex(random, 32), random.below(2 ** 31), subtract));
      console.log(`      ${gas / 2} gas a block`);
      expect(gas / 2).to.be.at.most(MAX_BLOCK_GAS);
    }
  });

  /** Two blocks as the bytes that the RFC prints. */
  async function blocksOnChain(
    key: Uint8Array,
    counters: readonly [number, number],
    nonce: Uint8Array,
  ): Promise<Buffer[]> {
    const rows = counters.map((counter) => {
      const row = Buffer.alloc(16);
      row.writeUInt32BE(counter);
      row.set(Buffer.from(nonce).swap32(), 4);
      return row;
    });
    const words = await harness.blocks(key, `0x${Buffer.concat(rows).toString("hex")}`);
    const bytes = Buffer.concat(words.map((word) => ethers.getBytes(ethers.toBeHex(word, 32)))).swap32();
    return [bytes.subarray(0, 64), bytes.subarray(64)];
  }
});

const FIELD = secp256k1.Point.Fp.ORDER;

describe("Secp256k1, on chain", () => {
  it("knows the points of the curve, and their addresses", async () => {
    const random = seededRandom("points");
    for (let i = 0; i < 10; i++) {
      const point = publicPoint(randomSecret(random));
      for (const { x, y } of [point, { x: point.x, y: FIELD - point.y }]) {
        await harness.checkPoint({ x, y });
        expect(await harness.addressOf({ x, y })).to.equal(addressOfPoint({ x, y }));
      }
    }
  });

  it("refuses what is no point, or none that ecrecover could take", async () => {
    const library = await libraryErrors("Secp256k1");
    const { x, y } = publicPoint(randomSecret(seededRandom("no points")));
    const none = [
      { x: 0n, y: 0n },
      { x: 0n, y: 1n },
      { x, y: 0n },
      { x, y: y + 1n },
      { x: x + 1n, y },
      { x: y, y: x },
      { x, y: y + FIELD < 1n << 256n ? y + FIELD : FIELD },
      twistPoint(),
      pointBeyondOrder(),
    ];
    for (const point of none) {
      await expect(harness.checkPoint(point), `${point.x}, ${point.y}`)
        .to.be.revertedWithCustomError(library, "NotAPoint")
        .withArgs(point.x, point.y);
    }
  });

  it("finds the address of a G - b P, and none at infinity", async () => {
    const random = seededRandom("differences");
    for (let i = 0; i < 10; i++) {
      const [a, b, key] = [randomScalar(random), randomScalar(random), randomScalar(random)];
      const point = GENERATOR.multiply(key);
      const difference = coordinates(GENERATOR.multiply(a).subtract(point.multiply(b)));
      expect(await harness.addressOfDifference(a, b, coordinates(point))).to.equal(addressOfPoint(difference));
    }
    expect(await harness.addressOfDifference(6n, 2n, coordinates(GENERATOR.multiply(3n)))).to.equal(ethers.ZeroAddress);
  });
});

describe("EcdhSeed, on chain", () => {
  it("knows the address of any round key", async () => {
    const random = seededRandom("round keys");
    const keys = [1n, 2n, ORDER - 1n, ...Array.from({ length: 10 }, () => randomScalar(random))];
    for (const key of keys) {
      expect(await harness.publicKeyAddress(key)).to.equal(addressOfPoint(publicPoint(scalarBytes(key))));
      expect(await harness.publicKeyAddress(key)).to.equal(ethers.computeAddress(ethers.toBeHex(key, 32)));
    }
  });

  it("agrees with both ends on the seed of their edge", async () => {
    const random = seededRandom("edges");
    const least = scalarBytes(1n);
    const most = scalarBytes(ORDER - 1n);
    const keys = [
      [least, most],
      [least, least],
      [most, most],
    ];
    for (let i = 0; i < 10; i++) keys.push([randomSecret(random), randomSecret(random)]);
    for (const [one, other] of keys as [Uint8Array, Uint8Array][]) {
      const of = { domain: randomHex(random, 32), round: random.uint32() };
      const [lo, hi] = [random.below(16), 16 + random.below(16)];
      const seed = ethers.hexlify(edgeSeed(one, publicPoint(other), of, [lo, hi]));
      for (const [a, b] of [
        [lo, hi],
        [hi, lo],
      ] as const) {
        expect(await harness.edgeSeed(of.domain, of.round, a, b, word(one), publicPoint(other))).to.equal(seed);
        expect(await harness.edgeSeed(of.domain, of.round, a, b, word(other), publicPoint(one))).to.equal(seed);
      }
      const shared = sharedPoint(one, publicPoint(other));
      expect(seed).to.equal(ethers.hexlify(edgeSeedOfPoint(shared, of, [lo, hi])));
      expect(await harness.edgeSeedOf(of.domain, of.round, lo, hi, addressOfPoint(shared))).to.equal(seed);
    }
  });

  it("gives another seed for another task, round, seat or sign of the key", async () => {
    const random = seededRandom("other edges");
    const [key, { x, y }] = [randomScalar(random), publicPoint(randomSecret(random))];
    const domain = randomHex(random, 32);
    const seeds = await Promise.all([
      harness.edgeSeed(domain, 7, 1, 2, key, { x, y }),
      harness.edgeSeed(randomHex(random, 32), 7, 1, 2, key, { x, y }),
      harness.edgeSeed(domain, 8, 1, 2, key, { x, y }),
      harness.edgeSeed(domain, 7, 1, 3, key, { x, y }),
      harness.edgeSeed(domain, 7, 0, 2, key, { x, y }),
      harness.edgeSeed(domain, 7, 1, 2, key, { x, y: FIELD - y }),
    ]);
    expect(new Set(seeds).size).to.equal(seeds.length);
  });

  it("refuses scalars out of range, points that are none, and a seat's edge to itself", async () => {
    const [curve, library] = [await libraryErrors("Secp256k1"), await libraryErrors("EcdhSeed")];
    const peer = publicPoint(scalarBytes(5n));
    for (const secret of [0n, ORDER, ORDER + 1n, (1n << 256n) - 1n]) {
      await expect(harness.publicKeyAddress(secret))
        .to.be.revertedWithCustomError(curve, "NotAScalar")
        .withArgs(secret);
      await expect(harness.edgeSeed(ethers.ZeroHash, 1, 0, 1, secret, peer))
        .to.be.revertedWithCustomError(curve, "NotAScalar")
        .withArgs(secret);
    }
    for (const { x, y } of [twistPoint(), pointBeyondOrder(), { x: 0n, y: 0n }, { x: peer.x, y: peer.y ^ 2n }]) {
      await expect(harness.edgeSeed(ethers.ZeroHash, 1, 0, 1, 3n, { x, y }))
        .to.be.revertedWithCustomError(curve, "NotAPoint")
        .withArgs(x, y);
    }
    await expect(harness.edgeSeed(ethers.ZeroHash, 1, 4, 4, 3n, peer))
      .to.be.revertedWithCustomError(library, "NotAnEdge")
      .withArgs(4);
  });

  it(`costs at most ${MAX_EDGE_GAS} gas an edge`, async () => {
    const random = seededRandom("gas of an edge");
    const peer = publicPoint(randomSecret(random));
    const gas = Number(await harness.gasOfEdge(randomHex(random, 32), 9, randomScalar(random), peer));
    console.log(`      ${gas} gas an edge`);
    expect(gas).to.be.at.most(MAX_EDGE_GAS);
  });
});

describe("Dleq, on chain", () => {
  it("accepts the proof of a shared point", async () => {
    const random = seededRandom("proofs");
    for (const key of [scalarBytes(1n), scalarBytes(ORDER - 1n), randomSecret(random), randomSecret(random)]) {
      const { claim, proof } = aProof(random, key);
      expect(verifySharedPoint(claim, proof)).to.equal(true);
      await harness.verifyShared(claim, withHints(claim, proof));
    }
  });

  it("rejects a proof for another task, round, prover, peer or point", async () => {
    const random = seededRandom("replayed proofs");
    const { claim, proof } = aProof(random);
    const { claim: other } = aProof(random);
    const negated = { x: claim.shared.x, y: FIELD - claim.shared.y };
    const replayed: Partial<SharedPointClaim>[] = [
      { domain: other.domain },
      { round: claim.round + 1 },
      { prover: other.prover },
      { peer: other.peer },
      { shared: other.shared },
      { shared: negated },
      { prover: claim.peer, peer: claim.prover },
    ];
    for (const change of replayed) await expectRejected({ ...claim, ...change }, proof);
    await expectRejected(other, proof);
  });

  it("rejects a proof by a key that is not the prover's", async () => {
    const random = seededRandom("proofs by others");
    const { claim: lie, proof } = aProof(random);
    const honest = publicPoint(randomSecret(random));
    // Challenge and response fit the liar's own key: only R1 contradicts them.
    await expectRejected({ ...lie, prover: honest }, proof);
    // A point that both would like, proved by R2 alone.
    await expectRejected({ ...lie, shared: coordinates(GENERATOR.multiply(randomScalar(random))) }, proof);
  });

  it("rejects a changed challenge or response", async () => {
    const random = seededRandom("changed proofs");
    const { claim, proof } = aProof(random);
    for (let i = 0; i < 8; i++) {
      const c = proof.c ^ (1n << BigInt(random.below(256)));
      await expectRejected(claim, { c, z: proof.z });
      await expectRejected(claim, { c: proof.c, z: randomScalar(random) });
    }
    // As a scalar the same, but not as the hash.
    if (proof.c + ORDER < 1n << 256n) await expectRejected(claim, { c: proof.c + ORDER, z: proof.z });
    await expectRejected(claim, { c: (proof.c + ORDER) % (1n << 256n), z: (proof.z + 1n) % ORDER });
  });

  it("refuses numbers and points out of range", async () => {
    const random = seededRandom("proofs out of range");
    const curve = await libraryErrors("Secp256k1");
    const { claim, proof } = aProof(random);
    const hinted = withHints(claim, proof);
    for (const z of [0n, ORDER, proof.z + ORDER < 1n << 256n ? proof.z + ORDER : (1n << 256n) - 1n]) {
      await expect(harness.verifyShared(claim, { ...hinted, z }))
        .to.be.revertedWithCustomError(curve, "NotAScalar")
        .withArgs(z);
    }
    for (const c of [0n, ORDER]) {
      await expect(harness.verifyShared(claim, { ...hinted, c }))
        .to.be.revertedWithCustomError(curve, "NotAScalar")
        .withArgs(0n);
    }
    for (const role of ["prover", "peer", "shared"] as const) {
      // The parity of y is all that ecrecover would see.
      for (const { x, y } of [{ x: claim[role].x, y: claim[role].y ^ 2n }, twistPoint(), pointBeyondOrder()]) {
        await expect(harness.verifyShared({ ...claim, [role]: { x, y } }, hinted), role)
          .to.be.revertedWithCustomError(curve, "NotAPoint")
          .withArgs(x, y);
      }
    }
  });

  it("refuses every wrong hint", async () => {
    const random = seededRandom("wrong hints");
    const library = await libraryErrors("Dleq");
    const { claim, proof } = aProof(random);
    const right = withHints(claim, proof);
    const point = publicPoint(randomSecret(random));
    const wrong = [
      { zPeer: point },
      { cShared: point },
      { zPeer: right.cShared, cShared: right.zPeer },
      { zPeer: { x: right.zPeer.x, y: FIELD - right.zPeer.y } },
      { cShared: { x: right.cShared.x, y: FIELD - right.cShared.y } },
      { inverse: 0n },
      { inverse: FIELD - right.inverse },
      { inverse: right.inverse + 1n },
    ];
    for (const change of wrong) {
      await expect(harness.verifyShared(claim, { ...right, ...change })).to.be.revertedWithCustomError(
        library,
        "WrongHint",
      );
    }
  });

  it(`costs at most ${MAX_PROOF_GAS} gas a proof`, async () => {
    const { claim, proof } = aProof(seededRandom("gas of a proof"));
    const gas = Number(await harness.gasOfProof(claim, withHints(claim, proof)));
    console.log(`      ${gas} gas a proof`);
    expect(gas).to.be.at.most(MAX_PROOF_GAS);
  });

  function aProof(random: Random, key = randomSecret(random)) {
    const of = { domain: randomHex(random, 32), round: random.below(2 ** 31) };
    return proveSharedPoint(key, publicPoint(randomSecret(random)), of);
  }

  /** The hints fit what is claimed, so that nothing but the proof is wrong. */
  function withHints(claim: SharedPointClaim, proof: SharedPointProof) {
    return { ...proof, ...hintsOf(claim, proof) };
  }

  async function expectRejected(claim: SharedPointClaim, proof: SharedPointProof): Promise<void> {
    expect(verifySharedPoint(claim, proof)).to.equal(false);
    const library = await libraryErrors("Dleq");
    await expect(harness.verifyShared(claim, withHints(claim, proof))).to.be.revertedWithCustomError(
      library,
      "WrongProof",
    );
  }
});

describe("ShamirShares, on chain", () => {
  it("rebuilds a secret from any shares that are enough", async () => {
    const random = seededRandom("shares");
    for (let i = 0; i < 12; i++) {
      const threshold = [1, 2, 32][i] ?? 2 + random.below(31);
      const secret = [scalarBytes(ORDER - 1n), scalarBytes(1n)][i] ?? randomSecret(random);
      // The seats of a cohort are any of the task's.
      const seats = i < 3 ? seatsBelow(32) : anyOf(random, seatsBelow(256), 32);
      const shares = anyOf(random, dealShares(secret, threshold, seats), threshold);
      expect(await secretOnChain(shares)).to.equal(word(secret));
    }
  });

  it("agrees with the bots on what other shares lead to: too few, of other seats or of another dealing", async () => {
    const random = seededRandom("other shares");
    for (let i = 0; i < 8; i++) {
      const threshold = 3 + random.below(20);
      const dealt = dealShares(randomSecret(random), threshold, seatsBelow(32));
      const few = anyOf(random, dealt, threshold - 1);
      const moved = few.map(({ share }, at) => ({ seat: at, share }));
      const made = few.map(({ seat }) => ({ seat, share: scalarBytes(random.below(9) ? randomScalar(random) : 0n) }));
      for (const shares of [few, moved, made]) {
        expect(await secretOnChain(shares)).to.equal(word(interpolateSecret(shares, shares.length)));
      }
    }
  });

  it("refuses seats out of order, named twice or beyond the last, and shares that are no scalars", async () => {
    const library = await libraryErrors("ShamirShares");
    const share = ethers.toBeHex(5n, 32);
    const three = [share, share, share];
    for (const [seats, seat, least] of [
      [[0, 2, 1], 1, 3],
      [[3, 3, 4], 3, 4],
      [[0, 255, 256], 256, 256],
      [[65_535, 1, 2], 65_535, 0],
    ] as const) {
      await expect(harness.secretOf([...seats], three))
        .to.be.revertedWithCustomError(library, "SeatOutOfOrder")
        .withArgs(seat, least, 255);
    }
    for (const large of [ORDER, (1n << 256n) - 1n]) {
      const bytes = ethers.toBeHex(large, 32);
      await expect(harness.secretOf([0, 4, 9], [share, bytes, share]))
        .to.be.revertedWithCustomError(library, "ShareTooLarge")
        .withArgs(4, bytes);
    }
    for (const [seats, shares] of [
      [[], []],
      [[1], []],
      [[1, 2], three],
      [seatsBelow(33), seatsBelow(33).map(() => share)], // more than a cohort has
    ] as const) {
      await expect(harness.secretOf([...seats], [...shares]))
        .to.be.revertedWithCustomError(library, "SharesLength")
        .withArgs(seats.length, shares.length);
    }
  });

  it("agrees with the bots on leaves and their hash, and takes a share only for the seat and kind it was dealt to", async () => {
    const random = seededRandom("leaves");
    const library = await libraryErrors("ShamirShares");
    const shares = Array.from({ length: 6 }, () => randomSecret(random));
    const leaves = shares.map((share, at) => shareLeaf(at % 2 === 0 ? KEY_SHARE : SEED_SHARE, at >> 1, share));
    leaves.splice(2, 2, new Uint8Array(32), new Uint8Array(32)); // seat 1 is the dealer's own
    expect(await harness.leafOf(KEY_SHARE, 0, shares[0]!)).to.equal(ethers.hexlify(leaves[0]!));
    expect(await harness.sharesHash(leaves)).to.equal(sharesHashOf(Buffer.concat(leaves)));

    await harness.checkDealt(leaves, KEY_SHARE, 0, shares[0]!);
    await harness.checkDealt(leaves, SEED_SHARE, 2, shares[5]!);
    const none = ethers.ZeroHash;
    for (const [kind, seat, share, leaf] of [
      [KEY_SHARE, 0, shares[1]!, leaves[0]!], // of the other kind
      [KEY_SHARE, 2, shares[0]!, leaves[4]!], // of another seat
      [SEED_SHARE, 1, shares[3]!, none],
      [KEY_SHARE, 3, shares[0]!, none],
    ] as const) {
      await expect(harness.checkDealt(leaves, kind, seat, share))
        .to.be.revertedWithCustomError(library, "NotDealt")
        .withArgs(kind, seat, ethers.hexlify(leaf));
    }
  });

  it(`costs at most ${MAX_SECRET_GAS} gas to rebuild a secret from 32 shares`, async () => {
    const random = seededRandom("gas of shares");
    for (const threshold of [6, 22, 32]) {
      const shares = dealShares(randomSecret(random), threshold, seatsBelow(threshold));
      const gas = Number(await harness.gasOfSecret(...columns(shares)));
      console.log(`      ${gas} gas from ${threshold} shares`);
      expect(gas).to.be.at.most(MAX_SECRET_GAS);
    }
  });

  async function secretOnChain(shares: readonly Share[]): Promise<bigint> {
    return harness.secretOf(...columns(shares));
  }

  function columns(shares: readonly Share[]): [number[], Uint8Array[]] {
    return [shares.map(({ seat }) => seat), shares.map(({ share }) => share)];
  }

  function anyOf<T>(random: Random, all: readonly T[], count: number): T[] {
    const chosen = [...all];
    while (chosen.length > count) chosen.splice(random.below(chosen.length), 1);
    return chosen;
  }

  function seatsBelow(count: number): number[] {
    return Array.from({ length: count }, (_, seat) => seat);
  }
});

function randomScalar(random: Random): bigint {
  return 1n + (BigInt(randomHex(random, 40)) % (ORDER - 1n));
}

function randomSecret(random: Random): Uint8Array {
  return scalarBytes(randomScalar(random));
}

function word(bytes: Uint8Array): bigint {
  return BigInt(ethers.hexlify(bytes));
}

/** On y^2 = x^3 + b with another b: such curves have points of small order, which would tell a secret modulo it. */
function twistPoint(): { x: bigint; y: bigint } {
  const { Fp } = secp256k1.Point;
  return { x: 1n, y: Fp.sqrt(Fp.create(7n + 1n)) + 1n };
}

/** On the curve, but x is not below the order. */
function pointBeyondOrder(): { x: bigint; y: bigint } {
  const { Fp } = secp256k1.Point;
  for (let x = ORDER; ; x++) {
    try {
      return { x, y: Fp.sqrt(Fp.create(x ** 3n + 7n)) };
    } catch {
      // No point has this x.
    }
  }
}

/** The lanes that mask a chunk, by OpenSSL. */
function openSslLanes(key: Uint8Array, chunk: number): Int32Array {
  return bytesToLanes(openSsl(key, 2 * chunk, Buffer.alloc(12), 128).swap32());
}

function openSsl(key: Uint8Array, counter: number, nonce: Uint8Array, bytes: number): Buffer {
  const iv = Buffer.alloc(16);
  iv.writeUInt32LE(counter);
  iv.set(nonce, 4);
  return createCipheriv("chacha20", key, iv).update(Buffer.alloc(bytes));
}

/** A library's interface, to read its errors by. */
async function libraryErrors(name: string) {
  return ethers.getContractAt(name, ethers.ZeroAddress);
}

function toWords(lanes: Int32Array): bigint[] {
  const hex = Buffer.from(lanesToBytes(lanes)).toString("hex");
  return Array.from({ length: lanes.length / 8 }, (_, i) => BigInt(`0x${hex.slice(64 * i, 64 * (i + 1))}`));
}

function fromWords(words: readonly bigint[]): Int32Array {
  return bytesToLanes(Buffer.concat(words.map((word) => ethers.getBytes(ethers.toBeHex(word, 32)))));
}
