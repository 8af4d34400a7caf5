import { expect } from "chai";
import {
  BLOCK,
  NotCompact,
  decodeCompact,
  encodeCompact,
  mostCompactBytes,
} from "../../trainer/protocol/compactUpdate.ts";
import type { CompactForm, CompactUpdate } from "../../trainer/protocol/compactUpdate.ts";
import type { Random } from "../../trainer/learning/random.ts";
import { seededRandom } from "../support/seededRandom.ts";

const FORMS: CompactForm[] = [
  ...([32, 8, 4, 1] as const).flatMap((bits) => [
    { lanes: 1_000, keep: "largest", kept: 10, bits } as const,
    { lanes: 1_000, keep: "largest", kept: 500, bits } as const,
    { lanes: 1, keep: "largest", kept: 1, bits } as const,
    { lanes: 1_000, keep: "random", kept: 130, bits } as const,
  ]),
  ...([8, 4, 1] as const).map((bits) => ({ lanes: 777, keep: "all", kept: 777, bits }) as const),
];
const nameOf = ({ keep, kept, lanes, bits }: CompactForm) => `${keep} ${kept} of ${lanes}, ${bits} bits`;

/** Values on grids of the form's bits. */
function someUpdate({ lanes, keep, kept, bits }: CompactForm, { below }: Random): CompactUpdate {
  const chosen = new Set<number>();
  while (chosen.size < kept) chosen.add(below(lanes));
  const values = new Int32Array(kept);
  let [least, step] = [0, 0];
  for (let i = 0; i < kept; i++) {
    if (bits === 32) values[i] = below(2 ** 32);
    else {
      if (i % BLOCK[bits] === 0) [least, step] = [below(2 ** 20) - 2 ** 20, below(5_000)];
      values[i] = least + below(2 ** bits) * step;
    }
  }
  return { positions: keep === "largest" ? Uint32Array.from(chosen).sort() : undefined, values };
}

describe("compact updates", () => {
  const random = seededRandom("compact updates");

  for (const form of FORMS) {
    it(`come back as they were: ${nameOf(form)}`, () => {
      for (let i = 0; i < 20; i++) {
        const update = someUpdate(form, random);
        const bytes = encodeCompact(form, update);
        expect(bytes.length).to.be.at.most(mostCompactBytes(form));
        if (form.keep !== "largest") expect(bytes.length).to.equal(mostCompactBytes(form));
        expect(decodeCompact(form, bytes)).to.deep.equal(update);
      }
    });

    it(`are refused or are their own coding, whatever bytes come: ${nameOf(form)}`, () => {
      const honest = encodeCompact(form, someUpdate(form, random));
      for (let i = 0; i < 50; i++) {
        const bytes = honest.slice(0, random.below(3) === 0 ? random.below(honest.length + 1) : honest.length);
        const flips = random.below(2) === 0 ? 1 : bytes.length;
        for (let flip = 0; flip < flips && bytes.length > 1; flip++) {
          bytes[1 + random.below(bytes.length - 1)] = random.below(256);
        }
        try {
          const update = decodeCompact(form, bytes);
          expect(encodeCompact(form, update)).to.deep.equal(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(NotCompact);
        }
      }
    });
  }

  it("take the bytes that are promised", () => {
    expect(mostCompactBytes({ lanes: 100_000, keep: "all", kept: 100_000, bits: 8 })).to.equal(1 + 391 * 8 + 100_000);
    expect(mostCompactBytes({ lanes: 100_000, keep: "random", kept: 1_000, bits: 32 })).to.equal(1 + 4_000);
    // Each position some 8.1 bits on average where 1 of 100 is kept at random (the entropy is 8.08), 8.6 at most.
    const form = { lanes: 100_000, keep: "largest", kept: 1_000, bits: 32 } as const;
    const lengths = Array.from({ length: 20 }, () => encodeCompact(form, someUpdate(form, random)).length);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    expect((8 * (mean - 1 - 4_000)) / 1_000).to.be.within(8, 8.2);
    expect((8 * (mostCompactBytes(form) - 1 - 4_000)) / 1_000).to.be.within(8.5, 8.6);
  });

  it("hold the extremes of 32 bits", () => {
    const values = Int32Array.of(2 ** 31 - 1, -(2 ** 31));
    for (const bits of [32, 8, 1] as const) {
      const form = { lanes: 2, keep: bits === 32 ? "random" : "all", kept: 2, bits } as const;
      expect(decodeCompact(form, encodeCompact(form, { positions: undefined, values })).values).to.deep.equal(values);
    }
  });

  const largest = { lanes: 20, keep: "largest", kept: 2, bits: 32 } as const;
  const all = { lanes: 3, keep: "all", kept: 3, bits: 8 } as const;
  const grid = (least: number, step: number, ...levels: number[]) => {
    const bytes = new Uint8Array(9 + levels.length);
    bytes[0] = 1;
    new DataView(bytes.buffer).setInt32(1, least);
    new DataView(bytes.buffer).setUint32(5, step);
    bytes.set(levels, 9);
    return bytes;
  };

  for (const [what, form, bytes, message] of [
    ["nothing", all, new Uint8Array(), "end before"],
    ["another version", all, Uint8Array.of(2, ...grid(0, 1, 0, 1, 2).subarray(1)), "version 2"],
    ["a byte too many", all, Uint8Array.of(...grid(0, 1, 0, 1, 2), 0), "more than the 12"],
    ["a byte too few", all, grid(0, 1, 0, 1), "missing"],
    ["a step that could be larger", all, grid(0, 1, 0, 2, 4), "one coding"],
    ["a least number that is not there", all, grid(0, 1, 1, 2, 3), "one coding"],
    ["a step between equal numbers", all, grid(5, 1, 0, 0, 0), "one coding"],
    ["steps of no length", all, grid(5, 0, 0, 1, 0), "one coding"],
    ["a number beyond 32 bits", all, grid(2 ** 31 - 10, 1, 0, 1, 10), "beyond 32 bits"],
    // r = 3: 1111... is further than 20 lanes, 01110 and 01111 are lanes 7 and 7 + 1 + 7.
    ["positions beyond the vector", largest, Uint8Array.of(1, 0b1110_0000, 0, 0, 0, 0, 1, 0, 0, 0, 2), "behind"],
    ["positions without an end", largest, Uint8Array.of(1, 0xff, 0xff, 0xff), "end before"],
    ["a bit in the padding", largest, Uint8Array.of(1, 0b0111_0111, 1, 0, 0, 0, 1, 0, 0, 0, 2), "one coding"],
  ] as const) {
    it(`refuse ${what}`, () => {
      expect(() => decodeCompact(form, bytes)).to.throw(NotCompact, message);
    });
  }

  it("and take the same without that", () => {
    expect(decodeCompact(all, grid(5, 3, 0, 1, 7)).values).to.deep.equal(Int32Array.of(5, 8, 26));
    const bytes = Uint8Array.of(1, 0b0111_0111, 0, 0, 0, 1, 0, 0, 0, 2);
    expect(decodeCompact(largest, bytes)).to.deep.equal({
      positions: Uint32Array.of(7, 15),
      values: Int32Array.of(1, 2),
    });
  });

  it("do not write what does not fit the form", () => {
    const positions = Uint32Array.of(1, 2);
    const values = Int32Array.of(1, 2);
    expect(() => encodeCompact(all, { positions: undefined, values: Int32Array.of(0, 1, 256) })).to.throw(RangeError);
    expect(() => encodeCompact(all, { positions: undefined, values })).to.throw(RangeError);
    expect(() => encodeCompact(largest, { positions: undefined, values })).to.throw(RangeError);
    expect(() => encodeCompact({ ...largest, keep: "random" }, { positions, values })).to.throw(RangeError);
    for (const wrong of [Uint32Array.of(2, 2), Uint32Array.of(3, 2), Uint32Array.of(3, 20)]) {
      expect(() => encodeCompact(largest, { positions: wrong, values })).to.throw(RangeError, "ascending");
    }
  });
});
