import { expect } from "chai";
import { MalformedIdx, parseIdx } from "../../trainer/learning/datasets/idx.ts";

const valid = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];

describe("idx", () => {
  it("reads shape and values", () => {
    const { shape, values } = parseIdx(Uint8Array.from(valid));
    expect(shape).to.deep.equal([2, 3]);
    expect([...values]).to.deep.equal([1, 2, 3, 4, 5, 6]);
  });

  it("reads a view that does not start at its buffer's beginning", () => {
    const { values } = parseIdx(Uint8Array.from([9, 9, 9, ...valid]).subarray(3));
    expect([...values]).to.deep.equal([1, 2, 3, 4, 5, 6]);
  });

  for (const [fault, bytes, message] of [
    ["nothing", [], /at least 4 bytes/],
    ["a gzipped file", [0x1f, 0x8b, 8, 0, 0, 0], /gzipped/],
    ["floats", [0, 0, 0x0d, 1, 0, 0, 0, 0], /type 0xd is not supported/],
    ["no dimensions", [0, 0, 8, 0], /1 to 4 dimensions, this one says 0/],
    ["too many dimensions", [0, 0, 8, 200], /1 to 4 dimensions, this one says 200/],
    ["half a header", valid.slice(0, 9), /ends inside its header/],
    ["missing values", valid.slice(0, -1), /2 x 3 = 6 values, the file holds 5/],
    ["too many values", [...valid, 7], /the file holds 7/],
    ["a size that overflows", [0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255], /the file holds 0/],
  ] as const) {
    it(`refuses ${fault}`, () => {
      expect(() => parseIdx(Uint8Array.from(bytes))).to.throw(MalformedIdx, message);
    });
  }
});
