import { expect } from "chai";
import { logEvents } from "../../trainer/cli/logEvents.ts";
import { createLog } from "../../trainer/observe/log.ts";

describe("Events in the log", () => {
  function lines(tell: (say: ReturnType<typeof logEvents>) => void): Record<string, unknown>[] {
    let text = "";
    const destination = { write: (line: string) => (text += line) };
    tell(logEvents(createLog({ name: "ada", level: "info", json: true, destination }), 3));
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  it("are one line each, a sentence and their fields", () => {
    const [trained, caught] = lines((say) => {
      say({ event: "trained", round: 2, loss: 0.5, seconds: 2, samples: 300 });
      say({ event: "caught", round: 2, trainer: "0xab", fraud: "wrongSum" });
    });
    expect(trained).to.include({ level: "info", name: "ada", task: 3, event: "trained", samples: 300 });
    expect(trained).to.include({ msg: "trained for round 2" });
    expect(caught).to.include({ msg: "round 2: found the wrong sum of 0xab", fraud: "wrongSum" });
  });

  it("say once that training has begun, and an act once", () => {
    const said = lines((say) => {
      for (const fraction of [0.1, 0.2, 0.9]) say({ event: "phase", round: 1, phase: "training", fraction });
      say({ event: "act", round: 1, act: "commit", gas: 5 });
      say({ event: "phase", round: 1, phase: "committed" });
      say({ event: "phase", round: 2, phase: "training", fraction: 0.1 });
    });
    expect(said.map(({ round, msg }) => `${String(round)} ${String(msg)}`)).to.deep.equal([
      "1 training",
      "1 committed",
      "2 training",
    ]);
    expect(said[1]).to.include({ event: "act", gas: 5 });
  });
});
