import { createCipheriv } from "node:crypto";
import { expect } from "chai";
import { addStreams, streamLanes } from "../../trainer/privacy/maskStream.ts";
import { randomBytes, randomLanes, seededRandom } from "../support/seededRandom.ts";

/** RFC 8439, appendix A.1: those of its vectors whose nonce is zero. */
const VECTORS = [
  {
    name: "1",
    seed: "00".repeat(32),
    counter: 0,
    stream:
      "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7" +
      "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
  },
  {
    name: "2",
    seed: "00".repeat(32),
    counter: 1,
    stream:
      "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed" +
      "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
  },
  {
    name: "3",
    seed: `${"00".repeat(31)}01`,
    counter: 1,
    stream:
      "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a" +
      "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0",
  },
  {
    name: "4",
    seed: `00ff${"00".repeat(30)}`,
    counter: 2,
    stream:
      "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca" +
      "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096",
  },
];

describe("maskStream", () => {
  const random = seededRandom("maskStream");

  for (const { name, seed, counter, stream } of VECTORS) {
    it(`is RFC 8439's keystream: vector ${name} of appendix A.1`, () => {
      const lanes = streamLanes(Buffer.from(seed, "hex"), 16 * counter, 16);
      expect(Buffer.from(lanes.buffer).toString("hex")).to.equal(stream);
    });
  }

  it("has the RFC's state words as its lanes", () => {
    // RFC 8439, A.1, vector 1: the first row of the state at the end.
    const [first, second, third, fourth] = streamLanes(new Uint8Array(32), 0, 4);
    expect([first, second, third, fourth]).to.deep.equal(
      [0xade0b876, 0x903df1a0, 0xe56a5d40, 0x28bd8653].map((word) => word | 0),
    );
  });

  for (const length of [0, 1, 7, 8, 15, 32, 33, 16 * 1024, 16 * 1024 + 5, 50_003]) {
    it(`adds and subtracts ${length} lanes as OpenSSL's keystream says`, () => {
      const [one, other] = [randomBytes(random, 32), randomBytes(random, 32)];
      const before = randomLanes(random, length);
      const after = new Int32Array(before);
      addStreams(after, [
        { seed: one, sign: 1 },
        { seed: other, sign: -1 },
      ]);
      const [plus, minus] = [wholeStream(one, length), wholeStream(other, length)];
      const expected = before.map((lane, i) => (lane + plus[i]! - minus[i]!) | 0);
      expect(Buffer.compare(Buffer.from(after.buffer), Buffer.from(expected.buffer))).to.equal(0);
    });
  }

  it("gives a chunk of the stream as the whole stream has it", () => {
    const seed = randomBytes(random, 32);
    const whole = wholeStream(seed, 40_000);
    for (const chunk of [0, 1, 511, 512, 513, 1249]) {
      expect(streamLanes(seed, 32 * chunk, 32), `chunk ${chunk}`).to.deep.equal(
        whole.slice(32 * chunk, 32 * chunk + 32),
      );
    }
  });

  it("works on a part of a vector and leaves the rest alone", () => {
    const seed = randomBytes(random, 32);
    const vector = new Int32Array(100);
    addStreams(vector.subarray(10, 42), [{ seed, sign: 1 }], 64);
    expect([...vector.subarray(0, 10), ...vector.subarray(42)].every((lane) => lane === 0)).to.equal(true);
    expect(vector.slice(10, 42)).to.deep.equal(streamLanes(seed, 64, 32));
  });

  it("refuses seeds of another size before anything is added, and starts inside a block", () => {
    const vector = new Int32Array(64);
    const good = { seed: randomBytes(random, 32), sign: 1 } as const;
    for (const bytes of [0, 31, 33]) {
      const bad = { seed: new Uint8Array(bytes), sign: 1 } as const;
      expect(() => addStreams(vector, [good, bad])).to.throw(RangeError, "32 bytes");
    }
    for (const lane of [-16, 1, 8, 17, 0.5, NaN, 2 ** 36]) {
      expect(() => addStreams(vector, [good], lane), String(lane)).to.throw(RangeError, "multiple of 16");
    }
    expect(vector.every((lane) => lane === 0)).to.equal(true);
  });
});

function wholeStream(seed: Uint8Array, lanes: number): Int32Array {
  const bytes = createCipheriv("chacha20", seed, Buffer.alloc(16)).update(Buffer.alloc(4 * lanes));
  return Int32Array.from({ length: lanes }, (_, i) => bytes.readInt32LE(4 * i));
}
