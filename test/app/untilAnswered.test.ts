import { mock } from "node:test";
import { expect } from "chai";
import { trouble } from "../../app/chain/node.ts";
import { untilAnswered } from "../../app/chain/untilAnswered.ts";
import { UnknownTask } from "../../trainer/chain/chainErrors.ts";

describe("Asking the node until it answers", () => {
  const never = new AbortController().signal;
  let asked: number;
  beforeEach(() => {
    asked = 0;
    trouble.value = undefined;
    mock.timers.enable({ apis: ["setTimeout"] });
  });
  afterEach(() => mock.timers.reset());

  /** A node that fails with these, one after another, and then answers. */
  function failing(...faults: Error[]): () => Promise<string> {
    return async () => {
      const fault = faults[asked++];
      if (fault !== undefined) throw fault;
      return "answer";
    };
  }
  const turn = () => new Promise((next) => setImmediate(next));

  it("asks again three seconds after a fault, and tells of it meanwhile", async () => {
    const answer = untilAnswered(failing(new Error("it lags")), never);
    await turn();
    expect(trouble.value?.message).to.equal("it lags");
    mock.timers.tick(2_999);
    await turn();
    expect(asked).to.equal(1);
    mock.timers.tick(1);
    expect(await answer).to.equal("answer");
  });

  it("takes it for an answer that there is no such task", async () => {
    const unknown = new UnknownTask("no task 7");
    expect(await untilAnswered(failing(unknown), never).catch((error: unknown) => error)).to.equal(unknown);
    expect(trouble.value).to.equal(undefined);
  });

  it("asks no more when nobody waits any more, and tells of no trouble that comes of that", async () => {
    for (const isPausing of [true, false]) {
      const ends = new AbortController();
      const gone = new RangeError("gone");
      const node = failing(new Error("it lags"), new Error("it lags"));
      asked = 0;
      if (!isPausing) ends.abort(gone);
      const answer = untilAnswered(node, ends.signal).catch((error: unknown) => error);
      await turn();
      expect(trouble.value?.message).to.equal(isPausing ? "it lags" : undefined);
      ends.abort(gone);
      expect(await answer).to.equal(gone);
      expect(asked).to.equal(1);
      trouble.value = undefined;
    }
  });
});
