import { expect } from "chai";
import { asError } from "../../trainer/protocol/asError.ts";

describe("what was thrown, as an error", () => {
  it("is the error itself, and of anything else what it says", () => {
    const error = new RangeError("too far");
    expect(asError(error)).to.equal(error);
    for (const [thrown, message] of [
      ["gone", "gone"],
      [undefined, "undefined"],
      [404, "404"],
    ]) {
      expect(asError(thrown)).to.be.instanceOf(Error).with.property("message", message);
    }
  });
});
