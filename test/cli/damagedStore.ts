/** The story of a trainer whose disk flips a bit of every block: once when nobody has the content, once when its sponsor has. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { blockFiles } from "../storage/fixtures.ts";
import { TABLE_TASK, json, table } from "./scene.ts";
import type { Account, Ended, Scene } from "./scene.ts";

export interface DamagedStore {
  readonly task: number;
  readonly trainer: Account;
  /** How it ended while nobody else had the content. */
  readonly alone: Ended;
  /** How it ended when the sponsor was online again. */
  readonly helped: Ended;
}

export async function damagedStore(scene: Scene): Promise<DamagedStore> {
  const [sponsor, trainer] = await Promise.all([scene.account(), scene.account()]);
  const seconds = { ...TABLE_TASK.seconds, enter: 600, commit: 600, retention: 3_600 };
  const file = await scene.file("patient.json", JSON.stringify({ ...TABLE_TASK, rounds: 1, seconds }));
  const task = json<{ id: number }>(await scene.foedus(["task", "open", file, "--json"], sponsor)).id;
  const data = await scene.file("patient.csv", table(100));
  const run = ["trainer", "run", String(task), "--data", data, "--deposit", "--claim", "--leave", "--json"];
  const store = join(trainer.home, "content", "default");

  const serving = scene.start(["serve"], sponsor);
  await serving.says("Serving at");
  const first = scene.start(run, trainer);
  await first.says('"act":"enter"');
  first.kill("SIGKILL");
  await first.ended;
  serving.kill("SIGINT");
  await serving.ended;
  await flipBits(store);
  const alone = await scene.foedus(run, trainer);

  const again = scene.start(["serve"], sponsor);
  await again.says("Serving at");
  await flipBits(store);
  const helped = await scene.foedus(run, trainer);
  again.kill("SIGINT");
  await again.ended;
  return { task, trainer, alone, helped };
}

async function flipBits(store: string): Promise<void> {
  for (const file of await blockFiles(store)) {
    await using handle = await open(file, "r+");
    const byte = new Uint8Array(1);
    const middle = Math.floor((await handle.stat()).size / 2);
    await handle.read(byte, 0, 1, middle);
    byte[0]! ^= 1;
    await handle.write(byte, 0, 1, middle);
  }
}
