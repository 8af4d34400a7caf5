import { expect } from "chai";
import { PassThrough } from "node:stream";
import { createProgress, progressKindFor } from "../../trainer/observe/progress.ts";
import type { Progress, ProgressKind } from "../../trainer/observe/progress.ts";

/** A progress view, a clock that a test moves, and what was written. */
function aProgress(kind: ProgressKind) {
  let milliseconds = 0;
  let text = "";
  const stream = Object.assign(new PassThrough(), { isTTY: kind === "live", columns: 100, rows: 12 });
  stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const progress: Progress = createProgress({ kind, stream, now: () => milliseconds });
  return { progress, pass: (seconds: number) => (milliseconds += seconds * 1000), text: () => text };
}

/** The text without what moves the cursor and colours it. */
function plain(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
}

describe("progress", () => {
  it("writes one plain line for each change of phase", () => {
    const { progress, text } = aProgress("plain");
    progress.round({ round: 1, rounds: 4, phase: "training" });
    for (const fraction of [0, 0.3, 0.9]) progress.trainer(2, { phase: "training", fraction });
    progress.trainer(2, { phase: "committed" });
    progress.trainer(0, { phase: "training", name: "trainer 0xabc" });
    progress.round({ round: 1, rounds: 4, phase: "training" });
    progress.note("trainer 3 was killed");
    progress.stop();
    expect(text()).to.equal(
      [
        "round 1 of 4: training · 0%",
        "  trainer 3: training",
        "  trainer 3: committed",
        "  trainer 0xabc: training",
        "trainer 3 was killed",
        "",
      ].join("\n"),
    );
  });

  it("estimates the whole from the rounds before", () => {
    const { progress, pass, text } = aProgress("plain");
    progress.round({ round: 1, rounds: 4, phase: "training" });
    pass(20);
    progress.round({ round: 2, rounds: 4, phase: "training", worth: "accuracy 91.23%" });
    pass(10);
    progress.round({ round: 2, rounds: 4, phase: "revealing", worth: "accuracy 91.23%" });
    progress.round({ round: 4, rounds: 4, phase: "finished", fraction: 1 });
    expect(text().split("\n").slice(1, 4)).to.deep.equal([
      "round 2 of 4: training · 25% · ETA 1 min · accuracy 91.23%",
      "round 2 of 4: revealing · 38% · ETA 50 s · accuracy 91.23%",
      "round 4 of 4: finished · 100%",
    ]);
  });

  it("lets no name or note speak to the terminal", () => {
    const { progress, text } = aProgress("plain");
    progress.trainer(0, { phase: "a\u001b[2Jb", name: "x\u0007\ny" });
    progress.note("\u001b]0;owned\u0007\nround 9 of 9: finished");
    expect(text()).not.to.match(/[\u0000-\u0009\u000b-\u001f]/);
    expect(text().split("\n")).to.have.length(3);
  });

  it("shows percent and estimate of each trainer on a terminal, and gives the cursor back", () => {
    const { progress, pass, text } = aProgress("live");
    progress.round({ round: 1, rounds: 2, phase: "training" });
    progress.trainer(0, { phase: "training", fraction: 0 });
    progress.trainer(1, { phase: "training", fraction: 0.5, etaSeconds: 7 });
    pass(3);
    progress.trainer(0, { phase: "training", fraction: 0.25 });
    progress.trainer(2, { phase: "committed" });
    progress.note("trainer 2 was killed");
    progress.stop();
    progress.stop();
    const shown = plain(text());
    expect(shown).to.include("round 1 of 2: training · 0%");
    expect(shown).to.match(/trainer 1 {2}━{6}─{18} {2}training 25% · ETA 9 s/);
    expect(shown).to.match(/trainer 2 {2}━{12}─{12} {2}training 50% · ETA 7 s/);
    expect(shown).to.match(/trainer 3 +committed/);
    expect(shown.match(/trainer 2 was killed/g)).to.have.length(1);
    expect(text().lastIndexOf("\u001b[?25h")).to.be.above(text().lastIndexOf("\u001b[?25l"));
  });

  it("counts the trainers that a small terminal has no line for", () => {
    const { progress, text } = aProgress("live");
    progress.round({ round: 1, rounds: 2, phase: "training" });
    for (let index = 0; index < 30; index++) progress.trainer(index, { phase: index < 20 ? "training" : "committed" });
    progress.stop();
    expect(plain(text())).to.include("and 21 more: 11 training, 10 committed");
    expect(plain(text())).not.to.include("trainer 10 ");
  });

  it("says nothing when quiet", () => {
    const { progress, text } = aProgress("quiet");
    progress.round({ round: 1, rounds: 1, phase: "training" });
    progress.trainer(0, { phase: "training" });
    progress.note("hello");
    progress.stop();
    expect(text()).to.equal("");
  });

  it("is live only on a terminal", () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const dumb = process.env["TERM"] === "dumb";
    expect(progressKindFor(terminal, false)).to.equal(dumb ? "plain" : "live");
    expect(progressKindFor(new PassThrough(), false)).to.equal("plain");
    expect(progressKindFor(terminal, true)).to.equal("quiet");
  });
});
