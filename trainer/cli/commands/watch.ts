/** foedus watch: checks every proposal of a task and takes what is wrong to the court. */
import { Command, InvalidArgumentError } from "commander";
import type { OpenedTask } from "../../chain/openedTask.ts";
import { createProgress, progressKindFor } from "../../observe/progress.ts";
import type { Progress } from "../../observe/progress.ts";
import { CHUNK_LANES } from "../../protocol/chunkTree.ts";
import { detectionProbability, drawSample } from "../../protocol/judgement.ts";
import { runWatcher } from "../../roles/watcher.ts";
import type { WatcherEvent } from "../../roles/watcher.ts";
import { logEvents } from "../logEvents.ts";
import { withChain, withMetrics, withStore, withWallet } from "../options.ts";
import type { ChainOptions, StoreOptions, WalletOptions } from "../options.ts";
import { inSession } from "../session.ts";
import type { Session } from "../session.ts";
import { taskMetering } from "../taskMetering.ts";
import { inWords } from "../watchWords.ts";

interface WatchOptions extends ChainOptions, WalletOptions, StoreOptions {
  readonly sample?: number;
}

export function watchCommand(): Command {
  return withMetrics(withStore(withWallet(withChain(new Command("watch")))))
    .description("check every proposal of tasks and prove what is wrong, for the reward; until they end or Ctrl-C")
    .argument("<tasks...>", "numbers or addresses")
    .option("--sample <share>", "check only this share of the chunks, drawn at random, as 0.05", share)
    .addHelpText(
      "after",
      `
It needs an account with some coins for gas, and no stake: a proof cannot be wrong. Trainers watch anyway. Updates can
be read by those who sit in their round only: another account checks the steps of the model, and that all is shown.

Example:
  $ foedus watch 1 2`,
    )
    .action(
      inSession("bot", async (session, options: WatchOptions, names: string[]) => {
        const progress = createProgress({
          kind: progressKindFor(process.stderr, options.json || options.log === "json"),
          stream: process.stderr,
        });
        try {
          const tasks = await Promise.all(names.map((name) => session.task(name)));
          await Promise.all(tasks.map((task) => watchTask(session, task, options, progress)));
        } finally {
          progress.stop();
        }
      }),
    );
}

async function watchTask(session: Session, opened: OpenedTask, options: WatchOptions, progress: Progress) {
  const { signal, log } = session;
  const [deployment, sender, encryptionKey, store, retention] = [
    await session.deployment(),
    await session.sender(),
    await session.encryptionKey(),
    await session.store(),
    await session.retention(),
  ];
  const sample = options.sample === undefined ? undefined : drawSample(opened.rules.parameters, options.sample);
  if (sample !== undefined) tellSample(session, opened, sample.length);
  const metering = await taskMetering(session, opened);
  const tell = options.json
    ? printEvent(opened)
    : options.log === "json"
      ? logEvents(log, opened.id)
      : showIn(progress, opened);
  await runWatcher(
    { deployment, opened, sender, encryptionKey, store, log, signal },
    {
      ...{ retention, confirmations: session.confirmations, pollMs: session.pollMs },
      ...(sample === undefined ? {} : { sample }),
      onEvent(event) {
        metering?.onEvent(event);
        tell(event);
      },
      ...(metering === undefined ? {} : { onState: metering.onState }),
    },
  );
}

function tellSample(session: Session, { address, rules }: OpenedTask, looked: number): void {
  const chunks = Math.ceil(rules.parameters / CHUNK_LANES);
  const odds = [1, 10, 100, 1_000]
    .filter((wrong) => wrong <= chunks)
    .map((wrong) => ({ wrong, probability: detectionProbability(chunks, looked, wrong) }));
  const each = odds.map(({ wrong, probability }) => `${wrong} wrong: ${(100 * probability).toFixed(1)}%`).join(", ");
  session.show(
    { event: "sample", task: address, chunks, looked, odds },
    `Checking ${looked} of ${chunks} chunks. A proposal is caught with probability, by wrong chunks: ${each}.`,
  );
}

function printEvent({ address }: OpenedTask) {
  return (event: WatcherEvent): void => {
    process.stdout.write(`${JSON.stringify({ ...event, task: address })}\n`);
  };
}

function showIn(progress: Progress, { rules }: OpenedTask) {
  return (event: WatcherEvent): void => {
    if (event.event === "phase") {
      progress.round({ round: event.round, rounds: Math.max(event.round, rules.rounds), phase: event.phase });
    } else if (event.event !== "finished") progress.note(inWords(event));
  };
}

function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError("It must be a share above 0 and up to 1, like 0.05.");
  return value;
}
