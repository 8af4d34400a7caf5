import { expect } from "chai";
import { taskPicture } from "../../trainer/chain/taskPicture.ts";
import type { Unit } from "../../trainer/chain/tokenUnit.ts";
import { listLines, taskLines } from "../../trainer/cli/topView.ts";
import type { TopTask } from "../../trainer/cli/topView.ts";
import { painted } from "../../trainer/cli/liveScreen.ts";
import { RULES, START, account, after, allEnter, commits, opens } from "../roles/aTask.ts";
import type { Untimed } from "../roles/aTask.ts";

const FDS: Unit = { symbol: "FDS", decimals: 0, number: String, text: (wei) => `${wei} FDS` };

function seen(events: readonly Untimed[], changes: Partial<TopTask> = {}): TopTask {
  const state = after(events);
  const stakes = new Map([[account(1), 250n]]);
  return {
    ...{ id: 7, rules: RULES, picture: taskPicture(state), now: state.time, reward: FDS, stake: FDS, stakes },
    ...changes,
  };
}

const text = (top: TopTask) => taskLines(top).map((line) => line.text);
const COMMITTING = [opens(1), ...allEnter(1, [0, 1, 2, 3]), commits(1, 0), commits(1, 3)];

describe("What foedus top shows of a task", () => {
  it("is its round clock, who has acted and who is waited for, stakes and money", () => {
    const lines = text(seen(COMMITTING));
    expect(lines[0]).to.include("Task 7").and.include("sealed, FedAvg");
    expect(lines).to.include("round 1: Committing, 98 s left");
    expect(lines).to.include("Entering · [Committing] · Revealing · Attesting · Aggregating · Proposed · Final");
    expect(lines).to.include("2 have acted, 2 awaited");
    const rows = lines.filter((line) => line.includes("0x00"));
    expect(rows.find((row) => row.includes(account(1)))).to.match(/^✓ +0 .* 10 +250 FDS +Committed$/);
    expect(rows.find((row) => row.includes(account(2)))).to.match(/^… +1 .* 10 +Entered$/);
    expect(lines).to.include("budget 6 033 FDS: earned 0 FDS, claimed 0 FDS, for rounds to come 6 033 FDS");
  });

  it("counts down between two blocks, and never below nothing", () => {
    const at = (now: number) => text(seen(COMMITTING, { now })).find((line) => line.startsWith("round 1"));
    expect(at(START + 50)).to.equal("round 1: Committing, 54 s left");
    expect(at(START + 5_000)).to.equal("round 1: Committing, 0 s left");
  });

  it("tells disputes, void rounds, privacy and trouble with the node", () => {
    const events: Untimed[] = [
      ...COMMITTING,
      { name: "RoundVoided", round: 1, endedIn: "Revealing" },
      { ...opens(2), at: START + 200 },
      { name: "TurnMissed", round: 1, seat: 2 },
    ];
    const lines = text(seen(events, { privacySpent: "ε = 2.00", trouble: "The node is silent." }));
    expect(lines).to.include("0 of 3 rounds final, 1 void").and.include("The node is silent.");
    expect(lines).to.include("privacy spent: ε = 2.00").and.include("Disputes (1)");
    expect(lines).to.include(`  round 1: ${account(3)} was drawn to aggregate and did not`);
    expect(lines.some((line) => line.startsWith("  round 1 void: it ended while revealing"))).to.equal(true);
  });

  it("says what to do with a round that is over by the clock", () => {
    const state = after([opens(1)]);
    const late = taskPicture({ ...state, time: START + 500 });
    expect(text(seen([], { picture: late }))).to.include(
      "round 1 is void; anyone may end it with: foedus task advance 7",
    );
  });

  it("fits a small terminal: addresses are shortened, and seats left out that have no room", () => {
    const rules = { ...RULES, maxTrainers: 200 };
    const seats = Array.from({ length: 200 }, (_, seat) => seat);
    const picture = taskPicture(after([opens(1), ...allEnter(1, seats)], rules));
    const lines = taskLines(seen([], { picture, rules }), { columns: 60, rows: 24 });
    expect(lines.length).to.be.at.most(24);
    expect(lines.some(({ text }) => /^ {2}and \d+ more$/.test(text))).to.equal(true);
    expect(lines.some(({ text }) => text.includes("0x0000…0001"))).to.equal(true);
    expect(taskLines(seen([], { picture, rules })).length, "a snapshot has all").to.be.greaterThan(200);
  });

  it("gives a terminal nothing to obey, whatever the chain says", () => {
    const hostile = "\u001b[2J\u001b]0;mine\u0007\u202etxt\r\nsecond";
    const unit: Unit = { ...FDS, symbol: hostile, text: (wei) => `${wei} ${hostile}` };
    const top = seen(COMMITTING, { reward: unit, stake: unit, privacySpent: hostile, trouble: hostile });
    for (const line of taskLines(top)) {
      expect(painted(line, 80, false)).not.to.match(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    }
  });
});

describe("What foedus top shows of all tasks", () => {
  const task = (id: number, changes: object = {}) => ({
    ...{ id, address: account(id), phase: "Committing" as const, endsAt: START + 90, round: 2, completed: 1 },
    ...{ rules: RULES, rewardPerRound: 2_011n, unit: FDS, ...changes },
  });

  it("is a line for each, the chosen one marked", () => {
    const lines = listLines({ count: 5, tasks: [task(5), task(4, { phase: "Closed" })], now: START }, 5);
    expect(lines[0]?.text).to.equal("5 tasks, the newest 2");
    expect(lines[3]).to.include({ style: "inverse" });
    expect(lines[3]?.text).to.match(/^5 +Committing +2 min +2 +1\/3 +2-4 +2 011 FDS +0x/);
    expect(lines[4]).to.include({ style: "dim" });
    expect(lines[4]?.text, "nothing runs").to.match(/^4 +Closed +2 +1\/3/);
  });

  it("says how to open the first one", () => {
    expect(listLines({ count: 0, tasks: [], now: 0 })[0]?.text).to.include("foedus task open");
  });
});
