import { expect } from "chai";
import { printable } from "../../trainer/observe/printable.ts";

describe("printable", () => {
  it("leaves nothing that a terminal obeys or that reorders text", () => {
    expect(printable("a\u001b[31mb\r\nc\u009bd\u202ee\u2028f\u0000")).to.equal("a [31mb c d e f");
  });

  it("keeps other alphabets, and cuts what is too long", () => {
    expect(printable("тренер 三 ✓")).to.equal("тренер 三 ✓");
    expect(printable("abcdef", 4)).to.equal("abc…");
  });
});
