import { expect } from "chai";
import { lookForScores, readScores, scoresOf } from "../../app/chain/scores.ts";
import { printable } from "../../trainer/observe/printable.ts";

type Chain = Parameters<typeof scoresOf>[0];

const TASK = `0x${"1a".repeat(20)}`;
const REPORT = {
  config: {
    chainId: 31_337,
    task: TASK,
    measure: { name: "mae\u202e\nx", unit: "m\u0000m", better: "lower" },
    loss: "mse",
  },
  rounds: [{ round: 1, score: 2, loss: 1 }],
};

describe("Scores of a report", () => {
  const { now } = Date;
  const { timeout } = AbortSignal;
  const { fetch } = globalThis;
  afterEach(() => {
    Object.assign(globalThis, { fetch });
    Object.assign(AbortSignal, { timeout });
    Date.now = now;
  });

  it("are asked for once at a time, given up after a while, and then asked for again", async () => {
    const { signal } = new AbortController();
    const chain = {
      chainId: 31_337n,
      settings: { report: "http://127.0.0.1:9/report.json" },
      signal,
    } as unknown as Chain;
    let asked = 0;
    const late = new AbortController();
    AbortSignal.timeout = () => late.signal;
    globalThis.fetch = (_, options) => {
      asked++;
      return new Promise((_resolve, reject) => {
        options!.signal!.addEventListener("abort", () => reject(new Error("given up")));
      });
    };
    Date.now = () => now() + 60_000;
    const look = lookForScores(chain);
    expect(asked).to.equal(1);
    Date.now = () => now() + 120_000;
    await lookForScores(chain);
    expect(asked).to.equal(1);
    late.abort();
    await look;
    AbortSignal.timeout = timeout;
    globalThis.fetch = () => Promise.resolve(Response.json(REPORT));
    Date.now = () => now() + 180_000;
    await lookForScores(chain);
    expect(scoresOf(chain, TASK)?.source).to.equal("127.0.0.1:9");
  });

  it("say of themselves what fits on a line", async () => {
    const file = new File([JSON.stringify(REPORT)], "re\u202eport\n.json");
    expect(await readScores(file)).to.equal(true);
    const { source, config } = scoresOf({ chainId: 31_337n } as Chain, TASK)!;
    for (const text of [source, config.measure.name, config.measure.unit!]) expect(text).to.equal(printable(text));
    expect(source).to.equal("re port .json");
  });
});
