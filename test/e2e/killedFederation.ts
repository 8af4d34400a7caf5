/** Federations in which one trainer is killed once it has committed to round 2, and begins again on what is on disk. */
import { expect } from "chai";
import { readTask } from "../../trainer/chain/followTask.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import type { TaskFile } from "../../trainer/roles/taskFile.ts";
import { table } from "../cli/scene.ts";
import type { Account, Scene } from "../cli/scene.ts";

export interface KilledFederation {
  readonly trainers: Account[];
  /** Of the task. */
  readonly number: number;
  readonly state: TaskState;
}

/** Plays a task with so many trainers of 80 rows each to its end; the second one is killed on the way. */
export async function playedWithAKill(
  { deployment, provider, account, start, file, open }: Scene,
  count: number,
  change: Partial<TaskFile>,
): Promise<KilledFederation> {
  const trainers = await Promise.all(Array.from({ length: count }, () => account()));
  const tables = await Promise.all(trainers.map((_, i) => file(`killed-${i}.csv`, table(80, 1_000 * i))));
  const number = await open(change);
  const opened = await findTask(deployment, String(number));
  const run = (i: number) => {
    const args = ["--data", tables[i] as string, "--deposit", "--leave", "--json"];
    return start(["trainer", "run", String(number), ...args], trainers[i]);
  };
  const running = trainers.map((_, i) => run(i));
  await running[1]!.says('"round":2,"act":"commit"');
  running[1]!.kill("SIGKILL");
  await running[1]!.ended;
  running[1] = run(1);
  for (const { code, stderr } of await Promise.all(running.map((each) => each.ended))) {
    expect(code, stderr).to.equal(0);
  }
  return { trainers, number, state: await readTask(provider, opened, { confirmations: 0 }) };
}
