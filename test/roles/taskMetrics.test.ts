import { expect } from "chai";
import { createMetrics } from "../../trainer/observe/metrics.ts";
import { createTaskMetrics } from "../../trainer/roles/taskMetrics.ts";
import { START, account, after, allEnter, commits, opens, openedTask, proposes, reveals } from "./aTask.ts";

type Parts = Parameters<typeof createTaskMetrics>[1];

/** Trainer 1 of a task whose node answers nothing. */
function aTrainer() {
  const metrics = createMetrics();
  const silent = { eligible: () => Promise.reject(new Error("no answer")) };
  const parts = {
    deployment: { vault: silent, provider: null },
    sender: { address: account(1) },
    opened: openedTask(),
  } as unknown as Parts; // what is asked of the chain fails: all that is tested here comes from the log
  const decimals = { reward: 1, stake: 0 };
  const task = createTaskMetrics(metrics, parts, { decimals, confirmations: 0 });
  return { metrics, task };
}

const ENTERED = [opens(1), ...allEnter(1, [0, 1, 2, 3])];

describe("The metrics of a task", () => {
  it("say where the round stands, and that it waits for the own seat", async () => {
    const { metrics, task } = aTrainer();
    task.onState(after([...ENTERED, commits(1, 1)]));
    const before = await metrics.text();
    for (const line of [
      'foedus_round_number{task="1"} 1',
      'foedus_round_phase{task="1",phase="committing"} 1',
      'foedus_round_phase{task="1",phase="entering"} 0',
      'foedus_round_seats{task="1",turn="acted"} 1',
      'foedus_round_seats{task="1",turn="awaited"} 3',
      'foedus_own_turn{task="1"} 1',
      'foedus_own_stake_needed_tokens{task="1"} 100',
      'foedus_task_open{task="1"} 1',
      `foedus_task_block_timestamp_seconds{task="1"} ${START + 5}`,
      'foedus_budget_tokens{task="1",part="escrowed"} 603.3',
    ]) {
      expect(before.split("\n")).to.include(line);
    }
    const left = Number(/^foedus_round_deadline_seconds\{task="1"\} (\S+)$/m.exec(before)?.[1]);
    expect(left).to.be.within(98, 99.1);
    task.onState(after([...ENTERED, commits(1, 1), commits(1, 0)]));
    expect(await metrics.text()).to.include('foedus_own_turn{task="1"} 0\n');
  });

  it("count faults by what they are, and what the own stake has lost", async () => {
    const { metrics, task } = aTrainer();
    const seats = [0, 1, 2, 3];
    const proposed = [
      ...ENTERED,
      ...seats.map((seat) => commits(1, seat)),
      ...seats.map((seat) => reveals(1, seat, 0)),
    ];
    task.onState(
      after([
        ...proposed,
        { ...proposes(1, 0), at: START + 200 },
        {
          name: "ProposalOverturned",
          ...{ round: 1, seat: 0, fault: "WrongStep", fine: 80n, challenger: account(2) },
        },
      ]),
    );
    const text = await metrics.text();
    expect(text).to.include('foedus_disputes_total{task="1",fault="wrong_step"} 1\n');
    expect(text).to.include('foedus_disputes_total{task="1",fault="wrong_sum"} 0\n');
    expect(text).to.include('foedus_own_fines_tokens{task="1"} 80\n');
  });

  it("add up what the role tells", async () => {
    const { metrics, task } = aTrainer();
    const seconds = { train: 1, encrypt: 2, transfer: 3, chain: 4, total: 10 };
    task.onEvent({ event: "phase", round: 1, phase: "training", fraction: 0.25 });
    for (const round of [1, 2]) {
      task.onEvent({ event: "trained", round, loss: 0.5, seconds: 2, samples: 300 });
      task.onEvent({ event: "act", round, act: "commit", gas: 100 });
      task.onEvent({ event: "round", round, outcome: "final", seconds, bytes: 7 });
    }
    task.onEvent({ event: "model missed", round: 2, gas: 1 });
    task.onEvent({ event: "finished", completed: 2 });
    const lines = (await metrics.text()).split("\n");
    for (const line of [
      'foedus_training_progress_ratio{task="1"} 0.25',
      'foedus_training_samples_total{task="1"} 600',
      'foedus_training_seconds_total{task="1"} 4',
      'foedus_training_samples_per_second{task="1"} 150',
      'foedus_training_loss{task="1"} 0.5',
      'foedus_acts_total{task="1",act="commit"} 2',
      'foedus_round_time_seconds_total{task="1",kind="transfer"} 6',
      'foedus_verdicts_total{task="1",finding="model_missed"} 1',
    ]) {
      expect(lines).to.include(line);
    }
  });

  it("have as many series however many trainers and rounds there are, and none named after them", async () => {
    const { metrics, task } = aTrainer();
    const series = async () => (await metrics.text()).split("\n").filter((line) => line.startsWith("foedus_")).length;
    task.onState(after(ENTERED.slice(0, 2)));
    const few = await series();
    task.onState(after([...ENTERED, ...[0, 1, 2, 3].map((seat) => commits(1, seat)), opens(2, START + 500)]));
    expect(await series()).to.equal(few);
    for (const trainer of [1, 2, 3, 4]) expect(await metrics.text()).not.to.include(account(trainer));
  });
});
