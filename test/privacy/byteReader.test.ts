import { expect } from "chai";
import { ByteReader } from "../../trainer/privacy/byteReader.ts";
import { seededRandom } from "../support/seededRandom.ts";

describe("byteReader", () => {
  it("gives the same bytes however the source cuts them", async () => {
    const random = seededRandom("cuts");
    const whole = Uint8Array.from({ length: 5000 }, () => random.below(256));
    for (let i = 0; i < 20; i++) {
      const reader = new ByteReader(cutAtRandom(whole));
      const read: number[] = [];
      for (;;) {
        const length = random.below(400);
        const available = await reader.fill(length);
        read.push(...reader.take(Math.min(length, available)));
        if (available < length) break;
      }
      expect(read).to.deep.equal([...whole]);
    }

    async function* cutAtRandom(bytes: Uint8Array) {
      for (let at = 0; at < bytes.length;) {
        const next = at + random.below(300);
        yield bytes.subarray(at, next);
        at = next;
      }
    }
  });

  it("asks the source for no more than it needs", async () => {
    let given = 0;
    const reader = new ByteReader(
      (async function* () {
        for (;;) {
          given++;
          yield new Uint8Array(10);
        }
      })(),
    );
    expect(await reader.fill(25)).to.equal(30);
    expect(await reader.fill(30)).to.equal(30);
    expect(given).to.equal(3);
  });

  it("refuses to take more than is there", async () => {
    const reader = new ByteReader(piecesOf(Uint8Array.of(1, 2)));
    expect(await reader.fill(5)).to.equal(2);
    expect(() => reader.take(3)).to.throw(RangeError, "Only 2 bytes are available, not 3.");
    expect([...reader.take(2)]).to.deep.equal([1, 2]);
    expect([...reader.take(0)]).to.deep.equal([]);
  });

  it("closes a source that it leaves before the end, once", async () => {
    let closed = 0;
    const reader = new ByteReader(
      (async function* () {
        try {
          yield new Uint8Array(1);
          yield new Uint8Array(1);
        } finally {
          closed++;
        }
      })(),
    );
    await reader.fill(1);
    await reader.close();
    await reader.close();
    expect(closed).to.equal(1);
    expect(await reader.fill(1)).to.equal(0);
  });

  it("stops waiting for a source that hangs when the signal aborts, and closes without waiting either", async () => {
    const controller = new AbortController();
    const reader = new ByteReader(hanging(), controller.signal);
    const filled = reader.fill(1);
    controller.abort(new Error("enough"));
    expect(await failureOf(filled)).to.equal(controller.signal.reason);
    await reader.close();
  });

  it("passes on what the source throws", async () => {
    const broken = new Error("no such block");
    const reader = new ByteReader(
      (async function* () {
        yield new Uint8Array(1);
        throw broken;
      })(),
      new AbortController().signal,
    );
    expect(await failureOf(reader.fill(2))).to.equal(broken);
    await reader.close();
  });
});

async function* piecesOf(...pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** A source whose first piece never comes. */
async function* hanging(): AsyncGenerator<Uint8Array> {
  yield await new Promise<never>(() => undefined);
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("it should have failed"),
    (error: unknown) => error,
  );
}
