import { expect } from "chai";
import { boundedBody, boundedText } from "../../trainer/chain/boundedBody.ts";

describe("bodies of answers", () => {
  const tooLong = () => new RangeError("too long");
  const pieces = (bytes: Uint8Array, size: number) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size));

  /** An answer that comes in these pieces, and then ends or goes on for ever. */
  function anAnswer(parts: readonly Uint8Array[], { isEndless = false } = {}) {
    const seen = { given: 0, isCancelled: false };
    const body = new ReadableStream({
      pull(controller) {
        const part = parts[seen.given++ % (isEndless ? parts.length : Infinity)];
        if (part === undefined) controller.close();
        else controller.enqueue(part);
      },
      cancel: () => void (seen.isCancelled = true),
    });
    return { response: new Response(body), seen };
  }

  it("are given whole up to their bound, also characters that two pieces share", async () => {
    const bytes = new TextEncoder().encode("Gewicht: 3 µ, 重み");
    for (const size of [1, 2, 5, bytes.length]) {
      const { response } = anAnswer(pieces(bytes, size));
      expect(await boundedText(response, bytes.length, tooLong)).to.equal("Gewicht: 3 µ, 重み");
    }
  });

  it("are refused one byte beyond it, and their rest is not read", async () => {
    const { response, seen } = anAnswer([new Uint8Array(10)], { isEndless: true });
    const taken: number[] = [];
    try {
      for await (const { length } of boundedBody(response, 29, tooLong)) taken.push(length);
      expect.fail("an endless body ended");
    } catch (error) {
      expect(error).to.be.instanceOf(RangeError);
    }
    expect(taken).to.deep.equal([10, 10]);
    expect(seen.isCancelled).to.equal(true);
  });

  it("are empty where there is none", async () => {
    expect(await boundedText(new Response(null), 0, tooLong)).to.equal("");
  });
});
