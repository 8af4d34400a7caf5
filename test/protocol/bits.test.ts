import { expect } from "chai";
import { BitsEnded, createBitReader, createBitWriter } from "../../trainer/protocol/bits.ts";
import { seededRandom } from "../support/seededRandom.ts";

describe("bits", () => {
  it("are written with the most significant first", () => {
    const out = createBitWriter(3);
    out.write(0b1, 1);
    out.write(0b0110, 4);
    out.write(0b111, 3);
    out.write(0xa, 4);
    out.align();
    out.align();
    expect([...out.bytes()]).to.deep.equal([0b1011_0111, 0xa0]);
  });

  it("come back as they were written, in numbers of any width", () => {
    const random = seededRandom("bits");
    const numbers = Array.from({ length: 500 }, () => {
      const width = random.below(25);
      return { width, value: random.below(2 ** width), aligned: random.uniform() < 0.1 };
    });
    const out = createBitWriter(2_000);
    for (const { width, value, aligned } of numbers) {
      out.write(value, width);
      if (aligned) out.align();
    }
    out.align();
    const from = createBitReader(out.bytes());
    for (const { width, value, aligned } of numbers) {
      expect(from.read(width)).to.equal(value);
      if (aligned) from.align();
    }
  });

  it("end where the bytes do, on either side", () => {
    const out = createBitWriter(1);
    out.write(0xff, 8);
    expect(() => out.write(0xff, 8)).to.throw(RangeError, "room for 1 bytes");
    const from = createBitReader(out.bytes());
    expect(from.left).to.equal(1);
    expect(from.read(3)).to.equal(7);
    expect(from.left).to.equal(0);
    expect(() => from.read(6)).to.throw(BitsEnded);
  });
});
