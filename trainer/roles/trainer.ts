/**
 * The trainer: enters rounds, fetches the model and checks it, trains on private data, commits to its sealed update and
 * reveals it, sums everybody's, proposes the next model when it is its turn, and moves the round on.
 *
 * All it remembers is folded from the chain's log; its only files are keys, the block store and the journal. While the
 * chain still waits (attesting, challenging), it already trains on the model that it has computed itself.
 */
import type { TransactionReceipt } from "ethers";
import { InsufficientStake } from "./stake.ts";
import { createBell } from "./bell.ts";
import { dutyOf } from "./duty.ts";
import type { Duty } from "./duty.ts";
import { entriesOf, register } from "./directory.ts";
import { createGlobalModel } from "./globalModel.ts";
import type { Journal } from "./journal.ts";
import { createLocalTraining } from "./localTraining.ts";
import { fetchManifest } from "./fetchManifest.ts";
import type { Party } from "./party.ts";
import { createRoundSum } from "./roundSum.ts";
import type { RoundSum } from "./roundSum.ts";
import { sealUpdate } from "./sealedUpdate.ts";
import { createTraffic } from "./traffic.ts";
import { taskAt } from "../chain/contracts.ts";
import { followTask, readTask } from "../chain/followTask.ts";
import { wasOvertaken } from "../chain/sender.ts";
import { roundNow, roundOf, seatOf } from "../chain/taskState.ts";
import type { RoundState, TaskState } from "../chain/taskState.ts";
import { weightOfSamples } from "../chain/taskRules.ts";
import type { Backend } from "../learning/backend.ts";
import { assertSuits, UnsuitableData } from "../learning/datasets/dataset.ts";
import type { Dataset } from "../learning/datasets/dataset.ts";
import type { DataSchema } from "../learning/datasets/loadDataset.ts";
import { createModel } from "../learning/model.ts";
import { createStopwatch } from "../observe/stopwatch.ts";
import type { SecondsByKind } from "../observe/stopwatch.ts";
import { chunkRoot } from "../protocol/chunkTree.ts";
import { isOver } from "../protocol/roundClock.ts";
import { serverStep } from "../protocol/serverStep.ts";
import type { Retention } from "../storage/retention.ts";

export interface TrainerOptions {
  readonly backend: Backend;
  /** Loads the private data that the task asks for. */
  readonly loadData: (schema: DataSchema) => Promise<Dataset>;
  readonly journal: Journal;
  readonly retention: Retention;
  readonly confirmations: number;
  readonly pollMs: number;
  readonly seed: number | string;
  /** Leave after so many final rounds; stays to the task's end unless given. */
  readonly rounds?: number;
  readonly onEvent: (event: TrainerEvent) => void;
}

export type TrainerEvent =
  | { readonly event: "phase"; readonly round: number; readonly phase: string; readonly fraction?: number }
  | { readonly event: "trained"; readonly round: number; readonly loss: number; readonly seconds: number }
  | { readonly event: "act"; readonly round: number; readonly act: Duty["kind"]; readonly gas: number }
  | {
      readonly event: "round";
      readonly round: number;
      readonly outcome: "final" | "void";
      /** Where this trainer's time went between the ends of the last round and this one. */
      readonly seconds: SecondsByKind & { readonly total: number };
      /** Received from others. */
      readonly bytes: number;
    }
  | { readonly event: "finished"; readonly completed: number };

interface Stepped {
  readonly sum: Int32Array;
  readonly sumRoot: string;
  readonly model: Int32Array;
  readonly modelRoot: string;
}

/**
 * Takes part in a task until it is closed, `rounds` are done or the signal aborts.
 * @throws InsufficientStake, UnsuitableData, TrainingDiverged and others, each before stake is at risk or with the stake
 * as it was: what was committed can be revealed by starting again.
 */
export async function runTrainer(party: Party, options: TrainerOptions): Promise<void> {
  const { deployment, opened, sender, log, signal } = party;
  const { journal, retention, onEvent } = options;
  const { rules } = opened;
  const task = taskAt(opened.address, deployment.provider);
  const traffic = createTraffic(party.store);
  const stopwatch = createStopwatch();

  await requireStake();
  const found = await readTask(deployment.provider, opened, options);
  const manifest = await stopwatch.time("transfer", () => fetchManifest(party, traffic, found));
  const dataset = await options.loadData(manifest.data);
  assertSuits(dataset, manifest.architecture);
  const weight = weightOfSamples(rules, dataset.rows);
  if (weight === 0) {
    throw new UnsuitableData(
      `This task counts data in units of ${rules.weightUnit} samples, and there are ${dataset.rows}. Bring more data.`,
    );
  }
  await register(deployment, sender, party.encryptionKey, party.store);

  const bell = createBell(signal);
  const globalModel = createGlobalModel(party, traffic, keep);
  let state: TaskState | undefined;
  let fault: { readonly error: unknown } | undefined;
  let trainingRound = 0;
  const training = createLocalTraining({
    model: createModel(options.backend, manifest.architecture, options.seed),
    dataset,
    training: manifest.training,
    rules,
    weight,
    seed: options.seed,
    stopwatch,
    onProgress: ({ seen, total }) => say("training", trainingRound, seen / total),
    onDone(loss, seconds) {
      onEvent({ event: "trained", round: trainingRound, loss, seconds });
      say("trained", trainingRound);
      bell.ring();
    },
    onFailure: fail,
  });
  const collecting = { sum: undefined as RoundSum | undefined, busy: Promise.resolve(), again: false, running: false };
  const stepped = new Map<number, Stepped & { readonly included: string }>();
  const doneUntilBlock = new Map<string, number>();
  const saidOver = { round: 0 };
  const saidShort = { said: false };
  let window = { seconds: stopwatch.read(), at: performance.now(), bytes: 0 };

  const following = follow();
  try {
    for (;;) {
      await bell.heard();
      if (fault !== undefined) throw fault.error;
      if (state === undefined) continue;
      reportRound(state);
      await keepTraining(state);
      collectUpdates(state);
      await stepModel(state);
      const duty = dutyOf(state, holdingsIn(state));
      if (duty.kind === "finished") break;
      if (duty.kind !== "wait") await perform(duty, state);
    }
    onEvent({ event: "finished", completed: state.completed });
  } finally {
    await training.stop();
    void following;
  }

  async function requireStake(): Promise<void> {
    const have = await deployment.vault.eligible(opened.address, sender.address);
    if (have < rules.minStake) throw new InsufficientStake(have, rules.minStake, opened.id);
  }

  /** Fines may have taken a part of it since: then this round is still played to its end, but no further one entered. */
  async function hasStake(): Promise<boolean> {
    const have = await deployment.vault.eligible(opened.address, sender.address);
    const suffices = have >= rules.minStake;
    if (!suffices && !saidShort.said) log.warn(new InsufficientStake(have, rules.minStake, opened.id).message);
    saidShort.said = !suffices;
    return suffices;
  }

  async function follow(): Promise<void> {
    try {
      for await (const next of followTask(deployment.provider, opened, {
        confirmations: options.confirmations,
        pollMs: options.pollMs,
        signal,
        onReorganisation: ({ number }) => log.warn({ block: number }, "the chain was reorganised: reading it again"),
      })) {
        state = next;
        bell.ring();
        if (next.closed) return;
      }
    } catch (error) {
      fail(error);
    }
  }

  function fail(error: unknown): void {
    fault ??= { error };
    bell.ring();
  }

  function say(phase: string, round: number, fraction?: number): void {
    onEvent(fraction === undefined ? { event: "phase", round, phase } : { event: "phase", round, phase, fraction });
  }

  async function keep(id: `0x${string}`): Promise<void> {
    await retention.keepUntil(id, Math.floor(Date.now() / 1000) + rules.retentionSeconds);
  }

  function isLeaving(now: TaskState): boolean {
    return now.cancelled || (options.rounds !== undefined && now.completed >= options.rounds);
  }

  /** Trains on the model of the round under way, or already on the next one once that has been computed here. */
  async function keepTraining(now: TaskState): Promise<void> {
    const round = roundNow(now);
    const own = seatOf(round, sender.address);
    const needsUpdate =
      (round.phase === "Entering" && !isLeaving(now)) || (round.phase === "Committing" && own?.state.status === "Entered");
    if (needsUpdate && journal.of(round.number).length === 0) {
      trainingRound = round.number;
      if (training.root === now.model.root) return;
      const lanes = await stopwatch.time("transfer", () => globalModel.lanes(now, signal));
      training.want(now.model.root, lanes);
      return;
    }
    const next = stepped.get(round.number);
    const entered = seatOf(roundOf(now, round.number + 1), sender.address) !== undefined;
    if (next !== undefined && entered && round.phase !== "Void") {
      trainingRound = round.number + 1;
      training.want(next.modelRoot, next.model);
    }
  }

  /** Fetches what has been revealed, in the background, as it comes. */
  function collectUpdates(now: TaskState): void {
    const round = roundNow(now);
    const relevant = ["Revealing", "Attesting", "Aggregating"].includes(round.phase);
    if (!relevant || seatOf(round, sender.address) === undefined) return;
    if (collecting.running) {
      collecting.again = true;
      return;
    }
    if (collecting.sum?.round !== round.number) {
      collecting.sum = createRoundSum(party, traffic, stopwatch, round.number);
    }
    const { sum } = collecting;
    const missing = [...round.seats.values()].some(({ status }) => status === "Revealed") && sum.complete(round) === undefined;
    if (!missing) return;
    collecting.running = true;
    collecting.again = false;
    collecting.busy = sum
      .collect(round)
      .then(
        () => {
          if (collecting.again || sum.complete(round) !== undefined) bell.ring();
        },
        fail,
      )
      .finally(() => {
        collecting.running = false;
      });
  }

  /** Once all updates that count are in: sum, step, and the next model is known before it is proposed. */
  async function stepModel(now: TaskState): Promise<void> {
    const round = roundNow(now);
    if (round.phase !== "Attesting" && round.phase !== "Aggregating") return;
    const included = countedSeats(round);
    if (stepped.get(round.number)?.included === included || collecting.sum?.round !== round.number) return;
    const sum = collecting.running ? undefined : collecting.sum.complete(round);
    if (sum === undefined) return;
    const before = await globalModel.lanes(now, signal);
    await stopwatch.time("encrypt", () => {
      const model = serverStep(before, sum, round.weight);
      stepped.clear();
      stepped.set(round.number, {
        sum: sum.slice(),
        sumRoot: chunkRoot(sum),
        model,
        modelRoot: chunkRoot(model),
        included,
      });
    });
    const next = stepped.get(round.number);
    if (next !== undefined) await stopwatch.time("transfer", () => globalModel.keep(next.modelRoot, next.model));
    await keepTraining(now);
  }

  function holdingsIn(now: TaskState) {
    return {
      account: sender.address,
      leaving: isLeaving(now),
      hasUpdateFor: (round: number) =>
        journal.of(round).length > 0 || training.deltaOn(now.model.root) !== undefined,
      canOpen: (round: number, commitment: string) =>
        journal.of(round).some((opening) => opening.commitment === commitment),
      unavailable: (round: number): ReadonlySet<number> =>
        collecting.sum?.round === round ? collecting.sum.unavailable() : new Set<number>(),
      hasStepped: (round: RoundState) => stepped.get(round.number)?.included === countedSeats(round),
    };
  }

  async function perform(duty: Exclude<Duty, { kind: "wait" | "finished" }>, now: TaskState): Promise<void> {
    const key = `${duty.kind} ${duty.round}`;
    // What was mined a moment ago shows in the state only some blocks later.
    if (now.block < (doneUntilBlock.get(key) ?? 0)) return;
    try {
      const receipt = await act(duty, now);
      if (receipt === undefined) {
        doneUntilBlock.set(key, now.block + 1);
        return;
      }
      doneUntilBlock.set(key, receipt.blockNumber);
      onEvent({ event: "act", round: duty.round, act: duty.kind, gas: Number(receipt.gasUsed) });
      say(PAST[duty.kind], duty.round);
    } catch (error) {
      if (!wasOvertaken(error)) throw error;
      log.debug({ round: duty.round, err: error }, `no need to ${duty.kind} any more`);
      doneUntilBlock.set(key, now.block + 1);
    }
  }

  /** Does it and returns the receipt, or nothing if it cannot be done now. */
  async function act(
    duty: Exclude<Duty, { kind: "wait" | "finished" }>,
    now: TaskState,
  ): Promise<TransactionReceipt | undefined> {
    const { round } = duty;
    switch (duty.kind) {
      case "enter":
        if (!(await hasStake())) return undefined;
        return sender.send(`enter round ${round}`, await task.enter.populateTransaction(duty.seat, weight));
      case "commit": {
        const { commitment } = await openingFor(round, now);
        const request = duty.entersNext && (await hasStake())
          ? task.commitAndEnter.populateTransaction(round, duty.seat, commitment, weight)
          : task.commit.populateTransaction(round, duty.seat, commitment);
        return sender.send(`commit to round ${round}`, await request);
      }
      case "reveal": {
        const opening = journal.of(round).find(({ commitment }) => commitment === duty.commitment);
        if (opening === undefined) throw new Error(`The journal has nothing that opens ${duty.commitment}.`);
        const { root, contentKeyHash, salt, contentId } = opening;
        return sender.send(
          `reveal in round ${round}`,
          await task.reveal.populateTransaction(round, duty.seat, root, contentKeyHash, salt, contentId),
        );
      }
      case "attest":
        return sender.send(
          `attest in round ${round}`,
          await task.attest.populateTransaction(round, duty.seat, duty.missing),
        );
      case "propose": {
        const next = stepped.get(round);
        if (next === undefined) throw new Error(`Round ${round} has not been summed.`);
        const modelId = await globalModel.keep(next.modelRoot, next.model);
        return sender.send(
          `propose the model of round ${round}`,
          await task.propose.populateTransaction(round, duty.seat, next.sumRoot, next.modelRoot, modelId),
        );
      }
      case "advance":
        return sender.send(`end round ${round}`, await task.advance.populateTransaction());
    }
  }

  /** The opening in the journal, or a fresh one for what was trained: sealed, stored and on disk before it is committed. */
  async function openingFor(round: number, now: TaskState) {
    const [written] = journal.of(round);
    if (written !== undefined && (await party.store.holds(written.contentId as `0x${string}`))) return written;
    const delta = training.deltaOn(now.model.root);
    if (delta === undefined) throw new Error(`There is no update for round ${round}.`);
    say("encrypting", round);
    const cohort = [...roundNow(now).seats.values()].map(({ trainer }) => trainer);
    const opening = await stopwatch.time("encrypt", async () =>
      sealUpdate(party, round, delta, await entriesOf(deployment, cohort)),
    );
    await keep(opening.contentId as `0x${string}`);
    await journal.write(opening);
    return opening;
  }

  /** Says where the time went, once for every round that is over. */
  function reportRound(now: TaskState): void {
    for (const round of [...now.rounds.values()].filter(({ number }) => number > saidOver.round)) {
      if (!isOver(round.phase) || round.number > now.current) continue;
      if (round.result === undefined && round.endedIn === undefined) continue;
      saidOver.round = round.number;
      if (round.number < now.current - 1) continue; // before we came
      const seconds = stopwatch.read();
      const at = performance.now();
      const total = (at - window.at) / 1000;
      const spent = (kind: "train" | "encrypt" | "transfer") => seconds[kind] - window.seconds[kind];
      const known = { train: spent("train"), encrypt: spent("encrypt"), transfer: spent("transfer") };
      const chain = Math.max(0, total - known.train - known.encrypt - known.transfer);
      onEvent({
        event: "round",
        round: round.number,
        outcome: round.phase === "Final" ? "final" : "void",
        seconds: { ...known, chain, total },
        bytes: traffic.received() - window.bytes,
      });
      window = { seconds, at, bytes: traffic.received() };
      for (const number of stepped.keys()) if (number < round.number) stepped.delete(number);
      void retention.letGoOfExpired(Math.floor(Date.now() / 1000)).catch((error: unknown) => {
        log.warn({ err: error }, "content that may go could not be let go");
      });
    }
  }
}

const PAST: Record<Exclude<Duty["kind"], "wait" | "finished">, string> = {
  enter: "entered",
  commit: "committed",
  reveal: "revealed",
  attest: "attested",
  propose: "proposed",
  advance: "advanced",
};

/** The seats whose updates count, as a key. */
function countedSeats(round: RoundState): string {
  return [...round.seats]
    .filter(([, { status }]) => status === "Revealed")
    .map(([seat]) => seat)
    .sort((a, b) => a - b)
    .join(",");
}
