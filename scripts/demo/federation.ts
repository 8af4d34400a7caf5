/** The story of one demonstration, from the first block to the last claim, and the report of it. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Wallet } from "ethers";
import { taskAt } from "../../trainer/chain/contracts.ts";
import { findDeployment } from "../../trainer/chain/deployment.ts";
import { followTask, readTask } from "../../trainer/chain/followTask.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";
import { DEFAULT_MAX_FEE_PER_GAS, createSender } from "../../trainer/chain/sender.ts";
import { roundNow, roundOf } from "../../trainer/chain/taskState.ts";
import { openBackend } from "../../trainer/learning/backend.ts";
import { loadMnist } from "../../trainer/learning/datasets/mnist.ts";
import { evaluate } from "../../trainer/learning/evaluate.ts";
import type { Evaluation } from "../../trainer/learning/evaluate.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { createLog } from "../../trainer/observe/log.ts";
import type { Progress } from "../../trainer/observe/progress.ts";
import type { Report } from "../../trainer/observe/report.ts";
import { newEncryptionKeyPair } from "../../trainer/privacy/envelope.ts";
import { dequantise } from "../../trainer/protocol/quantise.ts";
import { createGlobalModel } from "../../trainer/roles/globalModel.ts";
import { openTask } from "../../trainer/roles/sponsor.ts";
import { createTraffic } from "../../trainer/roles/traffic.ts";
import type { TrainerEvent } from "../../trainer/roles/trainer.ts";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";
import { checkBalances, readBalances, refund, slashedStake } from "./accounts.ts";
import { createBusyClock } from "./busyClock.ts";
import { demoTask } from "./demoTask.ts";
import { deployTo } from "./deploy.ts";
import { gasByRound } from "./gasByRound.ts";
import { startLocalChain } from "./localChain.ts";
import type { DemoOptions } from "./options.ts";
import type { Processes } from "./processes.ts";
import { dealShards } from "./shards.ts";
import { createTrainerAccount, startTrainer } from "./trainerProcess.ts";
import type { RunningTrainer } from "./trainerProcess.ts";

export interface Surroundings {
  /** For everything that is written; the caller removes it. */
  readonly folder: string;
  readonly password: string;
  readonly processes: Processes;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

type RoundEvent = Extract<TrainerEvent, { event: "round" }>;

const TOKEN = 10n ** 18n;
/** What each trainer brings: stake with room for a few fines. */
const PURSE = 200n * TOKEN;
const POLL_MS = 200;
/** Who is killed in which round, and for how long it is gone. */
const ACCIDENT = { trainer: 2, round: 2, seconds: 1.5 };

export async function runFederation(options: DemoOptions, surroundings: Surroundings): Promise<Report> {
  const { folder, password, processes, progress, signal } = surroundings;
  const startedAt = performance.now();
  const secondsNow = () => (performance.now() - startedAt) / 1000;
  const story: { second: number; text: string }[] = [];
  const tell = (text: string) => {
    story.push({ second: secondsNow(), text });
    progress.note(`${secondsNow().toFixed(0).padStart(4)} s  ${text}`);
  };

  progress.note(`Dirichlet alpha ${options.alpha}, seed ${options.seed}`);
  const [url, shards] = await Promise.all([startLocalChain(processes, signal), dealShards(options)]);
  const provider = await connectRpc({ url, retries: 5, signal });
  const local = await deployTo(url, folder);
  tell(`Foedus is deployed on a local chain (${url})`);

  // Everybody makes keys; the deployer hands out coins for gas and tokens.
  const accounts = await Promise.all(
    shards.map((shard, index) => createTrainerAccount(folder, `trainer ${index + 1}`, shard, password)),
  );
  const sponsorWallet = Wallet.createRandom();
  const sponsor = createSender({
    wallet: sponsorWallet,
    provider,
    pollMs: 50,
    stuckAfterMs: 10_000,
    maxFeePerGas: DEFAULT_MAX_FEE_PER_GAS,
    signal,
  });
  const deployment = await findDeployment(provider, local.foedus);
  const file = demoTask(options, shards);
  await local.fund([
    { address: sponsor.address, tokens: 10_000n * TOKEN * BigInt(file.rounds) },
    ...accounts.map(({ address }) => ({ address, tokens: PURSE })),
  ]);
  await local.close();

  const store = await openHeliaStore({ folder: join(folder, "sponsor"), signal });
  try {
    return await underSponsor();
  } finally {
    await store.stop();
    provider.destroy();
  }

  async function underSponsor(): Promise<Report> {
    const log = createLog({ name: "sponsor", level: "silent", json: false });
    const encryptionKey = await newEncryptionKeyPair();
    const backend = await openBackend();
    const party = { deployment, sender: sponsor, encryptionKey, store, log, signal };
    const parties = { sponsor: sponsor.address, trainers: accounts.map(({ address }) => address) };
    const { id, task, budget } = await openTask(party, backend, file);
    const opened = await findTask(deployment, task);
    // The escrow is in the task already: what the sponsor had is that much more.
    const opening = await readBalances(deployment, { ...parties, task });
    const before = { ...opening, sponsor: opening.sponsor + budget, task: opening.task - budget };
    tell(`The sponsor opened task ${id} and escrowed ${budget / TOKEN} tokens for ${file.rounds} rounds`);

    const training = createBusyClock();
    const roundEvents = new Map<number, RoundEvent[]>();
    let accident: "ahead" | "killed" | "back" =
      options.trainers > 2 && file.rounds >= ACCIDENT.round ? "ahead" : "back";
    const accidentHappens = Promise.withResolvers<void>();
    const federation = { rpc: url, foedus: local.foedus, task: id, seed: options.seed };
    const running = accounts.map((account, index) => start(account, index));

    // The sponsor looks on: what is each final model worth?
    const test = await loadMnist("test", { signal });
    const model = createModel(backend, file.architecture, 0);
    const globalModel = createGlobalModel({ deployment, store }, createTraffic(store), async () => undefined);
    const worth = new Map<number, Evaluation>();
    const firstSeen = new Map<number, number>();
    await Promise.all([watch(), ...running.map(({ claimed }) => claimed)]);
    training.stopAll();
    const finished = secondsNow();
    model.dispose();
    return report();

    function start(account: (typeof accounts)[number], index: number): RunningTrainer {
      const first = startTrainer(processes, account, federation, (event) => hear(index, event));
      if (index !== ACCIDENT.trainer || accident !== "ahead") return first;
      return { ...first, claimed: survive(first, account, index) };
    }

    /** Waits for the accident, then starts the trainer again: it must find its way back by itself. */
    async function survive(first: RunningTrainer, account: (typeof accounts)[number], index: number): Promise<void> {
      await Promise.race([first.claimed, accidentHappens.promise]);
      if (accident === "ahead") return;
      await first.kill();
      training.stop(index);
      progress.trainer(index, { name: account.name, phase: "killed" });
      tell(`${account.name} was killed while it trained for round ${ACCIDENT.round}`);
      await pause(ACCIDENT.seconds * 1000, undefined, { signal });
      tell(`${account.name} is started again`);
      await startTrainer(processes, account, federation, (event) => hear(index, event)).claimed;
    }

    function hear(index: number, event: TrainerEvent): void {
      const name = accounts[index]?.name ?? "";
      if (event.event === "phase") {
        const { phase, round, fraction } = event;
        if (phase === "training") training.start(index);
        progress.trainer(index, {
          name,
          phase: `${phase} (round ${round})`,
          ...(fraction === undefined ? {} : { fraction }),
        });
        const dies = index === ACCIDENT.trainer && accident === "ahead" && phase === "training";
        if (dies && round === ACCIDENT.round && (fraction ?? 0) > 0.3) {
          accident = "killed";
          accidentHappens.resolve();
        }
      } else if (event.event === "trained") {
        training.stop(index);
      } else if (
        event.event === "act" &&
        event.act === "commit" &&
        accident === "killed" &&
        index === ACCIDENT.trainer
      ) {
        accident = "back";
        tell(`${name} has found its way back and committed to round ${event.round}`);
      } else if (event.event === "round") {
        roundEvents.set(event.round, [...(roundEvents.get(event.round) ?? []), event]);
      }
    }

    async function watch(): Promise<void> {
      for await (const state of followTask(provider, opened, { confirmations: 0, pollMs: POLL_MS, signal })) {
        const round = roundNow(state);
        const known = worth.get(state.model.round);
        // A task that is closed opens no further round: its end is noted under the number that would have come.
        const running = state.closed ? state.current + 1 : state.current;
        if (!firstSeen.has(running)) firstSeen.set(running, secondsNow());
        progress.round({
          round: Math.min(state.completed + 1, file.rounds),
          rounds: file.rounds,
          phase: round.phase.toLowerCase(),
          ...(known === undefined ? {} : { accuracy: known.accuracy }),
          ...(state.closed ? { fraction: 1 } : {}),
        });
        if (known === undefined) {
          model.writeWeights(dequantise(await globalModel.lanes(state, signal), opened.rules.fractionBits));
          const evaluation = await evaluate(model, test, { signal });
          worth.set(state.model.round, evaluation);
          tell(
            `The model of round ${state.model.round} is right for ${(100 * evaluation.accuracy).toFixed(2)}% of the test images`,
          );
        }
        if (state.closed) return;
      }
    }

    async function report(): Promise<Report> {
      const state = await readTask(provider, opened, { confirmations: 0, signal });
      const returned = await refund(deployment, opened, sponsor, budget);
      const slashed = await slashedStake(deployment, opened);
      const claims = accounts.map(({ name, address }) => ({ name, amount: state.claimed.get(address) ?? 0n }));
      const after = await readBalances(deployment, { ...parties, task });
      checkBalances(before, after, { budget, returned, slashed, claims: claims.map(({ amount }) => amount) });
      tell("Every trainer has claimed; the balances add up to the last unit");

      const gas = await gasByRound(provider, opened);
      const finals = [...state.rounds.values()].filter(({ phase }) => phase === "Final");
      const { chainId } = deployment;
      const rounds = finals.map(({ number, seats }): Report["rounds"][number] => {
        const events = roundEvents.get(number) ?? [];
        const mean = (of: (event: RoundEvent) => number) =>
          events.reduce((sum, event) => sum + of(event), 0) / Math.max(1, events.length);
        const { accuracy, loss } = worth.get(number) ?? { accuracy: 0, loss: 0 };
        return {
          round: number,
          accuracy,
          loss,
          trainers: [...seats.values()].filter(({ status }) => status === "Revealed").length,
          gas: gas.get(number) ?? { enter: 0, commit: 0, reveal: 0, propose: 0, finalise: 0 },
          bytes: events.reduce((sum, { bytes }) => sum + bytes, 0),
          seconds: {
            train: mean(({ seconds }) => seconds.train),
            encrypt: mean(({ seconds }) => seconds.encrypt),
            transfer: mean(({ seconds }) => seconds.transfer),
            chain: mean(({ seconds }) => seconds.chain),
            total: (firstSeen.get(number + 1) ?? finished) - (firstSeen.get(number) ?? finished),
          },
        };
      });
      const last = roundOf(state, state.model.round).number;
      return {
        config: {
          model: options.model,
          trainers: options.trainers,
          rounds: file.rounds,
          alpha: options.alpha,
          seed: options.seed,
          parameters: opened.rules.parameters,
          token: { symbol: await deployment.stakeToken.symbol(), decimals: 18 },
          shards: shards.map(({ rows: { length }, perClass }, index) => ({
            trainer: accounts[index]?.name ?? "",
            samples: length,
            perClass: [...perClass],
          })),
          privacy: opened.rules.privacy,
          chainId: Number(chainId),
          task,
          backend: backend.name,
        },
        rounds,
        claims: claims.map(({ name, amount }) => ({ trainer: name, amount: amount.toString() })),
        budget: {
          escrowed: budget.toString(),
          paid: claims.reduce((sum, { amount }) => sum + amount, 0n).toString(),
          slashed: slashed.toString(),
          returned: returned.toString(),
        },
        final: {
          accuracy: worth.get(last)?.accuracy ?? 0,
          seconds: finished,
          coordinationShare: Math.max(0, 1 - training.seconds() / finished),
        },
        story,
      };
    }
  }
}
