// The libraries of masked rounds against the standards and the off-chain code that they must agree with.
import { createCipheriv } from "node:crypto";
import { expect } from "chai";
import { addLanes, bytesToLanes, lanesToBytes } from "../../trainer/protocol/lanes.ts";
import type { MaskHarness } from "../../types/ethers-contracts/index.js";
import { randomBytes, randomHex, randomLanes, seededRandom } from "../support/seededRandom.ts";
import { ethers } from "../support/task.ts";

const MAX_BLOCK_GAS = 7_000;

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
