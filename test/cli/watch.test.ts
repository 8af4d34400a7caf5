/** foedus watch: what can be given on its command line, and what it says. */
import { expect } from "chai";
import { inWords } from "../../trainer/cli/watchWords.ts";
import { detectionProbability } from "../../trainer/protocol/judgement.ts";
import { TABLE_TASK, json, useScene } from "./scene.ts";
import type { Account } from "./scene.ts";

/** 3 inputs, 166 hidden units, 2 classes: 998 parameters. */
const CHUNKS = 32;

describe("foedus watch", function () {
  this.timeout(60_000);
  const scene = useScene();
  let account: Account;
  let task: string;
  before(async () => {
    account = await scene().account({ tokens: 0 });
    const stake = { ...TABLE_TASK.stake };
    task = String(await scene().open({ architecture: { kind: "mlp", inputs: [3], hidden: [166], classes: 2 }, stake }));
  });

  for (const share of ["0", "-0.1", "1.1", "half", "NaN"]) {
    it(`refuses to look at a share of ${share}`, async () => {
      const { code, stderr } = await scene().foedus(["watch", task, `--sample=${share}`], account);
      expect(code).to.equal(1);
      expect(stderr).to.include("--sample").and.include("a share above 0 and up to 1, like 0.05");
    });
  }

  it("says which task there is not, also beside one that there is", async () => {
    const [one, two] = await Promise.all([
      scene().foedus(["watch", "9999"], account),
      scene().foedus(["watch", task, "9999"], account),
    ]);
    for (const { code, stderr } of [one, two]) {
      expect(code).to.equal(1);
      expect(stderr).to.include("Task 9999 does not exist").and.include("foedus task list");
    }
    const none = await scene().foedus(["watch"], account);
    expect(none.stderr).to.include("missing required argument 'tasks'");
  });

  it("says with which probability a sample shows a lie, needs no stake, and ends on Ctrl-C", async () => {
    const running = scene().start(["watch", task, "--sample", "0.25"], account);
    const line = await running.says("Checking");
    const [, looked, chunks] = /Checking (\d+) of (\d+) chunks/.exec(line) ?? [];
    expect(Number(chunks)).to.equal(CHUNKS);
    for (const wrong of [1, 10]) {
      const percent = (100 * detectionProbability(CHUNKS, Number(looked), wrong)).toFixed(1);
      expect(line).to.include(`${wrong} wrong: ${percent}%`);
    }
    expect(line, "there are not so many").not.to.include("100 wrong");
    running.kill("SIGINT");
    expect((await running.ended).code).to.equal(130);
  });

  it("says the same for machines", async () => {
    const running = scene().start(["watch", task, "--sample", "1", "--json"], account);
    await running.says('"event":"phase"');
    running.kill("SIGINT");
    const [first = ""] = (await running.ended).stdout.split("\n");
    const said = json<{ odds: unknown[] }>({ code: 0, stdout: first, stderr: "" });
    expect(said).to.deep.include({ event: "sample", chunks: CHUNKS, looked: CHUNKS });
    expect(said.odds).to.deep.equal([
      { wrong: 1, probability: 1 },
      { wrong: 10, probability: 1 },
    ]);
  });
});

describe("what foedus watch tells people", () => {
  const trainer = "0x00000000000000000000000000000000000000aB";
  const asked = { round: 3, vector: 2, chunk: 17, gas: 1_234 };

  it("names round, trainer, fraud, chunk and what it cost", () => {
    expect(inWords({ event: "checked", round: 3, found: "right" })).to.equal(
      "round 3: the proposal's sum and step are right",
    );
    expect(inWords({ event: "checked", round: 3, found: "step right" })).to.equal(
      "round 3: the proposal's step is right",
    );
    expect(inWords({ event: "caught", round: 3, trainer, fraud: "hidden" })).to.include(`${trainer} hides`);
    expect(inWords({ event: "caught", round: 3, trainer, fraud: "wrongSum" })).to.include(
      `found the wrong sum of ${trainer}`,
    );
    const convicted = { event: "convicted", round: 3, trainer, chunk: 17, gas: 1_234, fine: "5", reward: "2" } as const;
    for (const [fraud, words] of [
      ["wrongSum", "the wrong sum"],
      ["wrongStep", "the wrong step"],
      ["malformed", "the malformed update"],
    ] as const) {
      expect(inWords({ ...convicted, fraud })).to.include(`${words} of ${trainer} proved at chunk 17, with 1234 gas`);
    }
    const { chunk: _, ...badShares } = convicted;
    expect(inWords({ ...badShares, fraud: "badShares" })).to.include(`the bad shares of ${trainer} proved, with`);
    expect(inWords({ event: "accused", round: 3, chunk: 4, gas: 1 })).to.include("out of range at chunk 4");
    expect(inWords({ event: "asked", ...asked })).to.equal("round 3: asked for chunk 17 of the first moment");
    expect(inWords({ event: "answered", ...asked, vector: 0 })).to.equal("round 3: showed chunk 17 of the sum");
    expect(
      inWords({ event: "silence", trainer, ...asked, vector: 1, fine: "5", reward: "2", asker: trainer }),
    ).to.include("chunk 17 of the model");
    expect(inWords({ event: "model missed", round: 3, gas: 1 })).to.include("cannot be had");
  });
});
