/**
 * The trainer: enters rounds, fetches the model and checks it, trains on private data, commits to its sealed update and
 * reveals it, sums everybody's, proposes the next model when it is its turn, and moves the round on.
 *
 * All it remembers is folded from the chain's log; its only files are keys, the block store and the journal. While the
 * chain still waits (attesting, challenging), it already trains on the model that it has computed itself.
 */
import type { JsonRpcProvider } from "ethers";
import { DONE, isMaskedAct, transactionFor } from "./act.ts";
import type { Act, Means } from "./act.ts";
import { dutyOf, isLeaving } from "./duty.ts";
import type { Holdings } from "./duty.ts";
import { register } from "./directory.ts";
import { fetchManifest } from "./fetchManifest.ts";
import { createGlobalModel } from "./globalModel.ts";
import { HONEST } from "./conduct.ts";
import type { Conduct } from "./conduct.ts";
import type { Journal } from "./journal.ts";
import { createLocalTraining } from "./localTraining.ts";
import type { OwnUpdate } from "./localTraining.ts";
import type { Manifest } from "./manifest.ts";
import { createMaskedRound } from "./masked/maskedRound.ts";
import type { SecretsJournal } from "./masked/secretsJournal.ts";
import { agrees, createNextModel } from "./nextModel.ts";
import { beginsAnew, isFresh, stalenessOf } from "./ownPace.ts";
import type { PacedRun } from "./ownPace.ts";
import { openingFor } from "./ownUpdate.ts";
import type { Party } from "./party.ts";
import { noisePlanOf, privacyCovers, roundsRisked } from "./privacySpent.ts";
import { createRememberedRounds } from "./rememberedRounds.ts";
import { createRoundSelection } from "./roundSelection.ts";
import { seatedRound } from "./seatedRound.ts";
import { createStopRule, stopText } from "./stopRule.ts";
import { seatsToStrike } from "./seatsToStrike.ts";
import { assertStaked, depositMissing, missingStake } from "./stake.ts";
import type { StrategyMemory } from "./strategyMemory.ts";
import { updateFormOf, updateLabel } from "./taskCompression.ts";
import { createTaskNews } from "./taskNews.ts";
import { planOfTask } from "./taskStrategy.ts";
import { createTimesheet } from "./timesheet.ts";
import type { RoundTimes } from "./timesheet.ts";
import { createTraffic } from "./traffic.ts";
import { createWatch } from "./watch.ts";
import type { WatchEvent } from "./watch.ts";
import { sealedTaskAt } from "../chain/contracts.ts";
import { readTask } from "../chain/followTask.ts";
import { wasOvertaken } from "../chain/sender.ts";
import { roundNow, roundOf, seatOf } from "../chain/taskState.ts";
import type { TaskState } from "../chain/taskState.ts";
import { weightOfSamples } from "../chain/taskRules.ts";
import type { Backend } from "../learning/backend.ts";
import { RESIDUAL } from "../learning/compression/compress.ts";
import { assertSuits, UnsuitableData } from "../learning/datasets/dataset.ts";
import type { Dataset } from "../learning/datasets/dataset.ts";
import type { DataSchema } from "../learning/datasets/dataSchema.ts";
import { createModel } from "../learning/model.ts";
import { createStopwatch } from "../observe/stopwatch.ts";
import { epsilonAfter } from "../privacy/accountant.ts";
import type { ContentId } from "../storage/contentId.ts";
import type { Retention } from "../storage/retention.ts";

export interface TrainerOptions {
  readonly backend: Backend;
  /** Loads the private data that the task asks for. */
  readonly loadData: (schema: DataSchema) => Promise<Dataset>;
  readonly journal: Journal;
  /** What the task's strategy remembers. */
  readonly memory: StrategyMemory;
  /** For masked tasks. */
  readonly secretsJournal: SecretsJournal;
  /** Other nodes that must have the same chain before a secret of a masked round is shown. */
  readonly witnesses: readonly JsonRpcProvider[];
  readonly retention: Retention;
  readonly confirmations: number;
  readonly pollMs: number;
  readonly seed: number | string;
  /** Stakes what is missing, once the task and the data have been found usable; a stake that does not suffice throws unless given. */
  readonly deposit?: boolean;
  /** Leave after so many final rounds; stays to the task's end unless given. */
  readonly rounds?: number;
  /** What it lets out of its hands; honest unless given. */
  readonly conduct?: Conduct;
  readonly onEvent: (event: TrainerEvent) => void;
  readonly onState?: (state: TaskState) => void;
  /** Told the task's manifest as soon as it is here. */
  readonly onManifest?: (manifest: Manifest) => Promise<void>;
}

export type TrainerEvent =
  | { readonly event: "phase"; readonly round: number; readonly phase: string; readonly fraction?: number }
  /** `samples`: how many it trained on, each as often as it did. */
  | {
      readonly event: "trained";
      readonly round: number;
      readonly loss: number;
      readonly seconds: number;
      readonly samples: number;
    }
  | { readonly event: "act"; readonly round: number; readonly act: Act["kind"]; readonly gas: number }
  | ({ readonly event: "round" } & RoundTimes)
  | WatchEvent
  /** The task's rule for stopping is fulfilled; how far the model moved in the last final round. */
  | { readonly event: "converged"; readonly completed: number; readonly movement: number }
  | { readonly event: "finished"; readonly completed: number };

const BLOCKS_BETWEEN_TRIES = 3;

/**
 * Takes part in a task until it is closed, `rounds` are done or the signal aborts.
 * @throws InsufficientStake, UnsuitableData, TrainingDiverged and others, each before stake is at risk or with the stake
 * as it was: what was committed can be revealed by starting again.
 */
export async function runTrainer(member: Party, options: TrainerOptions): Promise<void> {
  const { deployment, opened, sender, log, signal } = member;
  const { journal, retention, onEvent, conduct = HONEST } = options;
  const { rules } = opened;
  const isMasked = rules.privacy === "masked";
  const task = sealedTaskAt(opened.address, deployment.provider);
  const traffic = createTraffic(member.store, keep);
  const stopwatch = createStopwatch();

  if (options.deposit !== true) await assertStaked(member);
  const found = await readTask(deployment.provider, opened, options);
  const manifest = await stopwatch.time("transfer", () => fetchManifest(member, traffic, found));
  await options.onManifest?.(manifest);
  const plan = planOfTask(manifest, rules);
  const form = updateFormOf(manifest);
  const party: Party = { ...member, updateForm: async () => form };
  const { differentialPrivacy: privacy } = manifest;
  const noise = privacy && noisePlanOf(privacy, rules);
  const dataset = await options.loadData(manifest.data);
  assertSuits(dataset, manifest.architecture);
  assertTrainsAnew(dataset, manifest);
  const weight = weightOf(dataset);
  if (options.deposit === true) await depositMissing(member);
  await register(deployment, sender, party.encryptionKey, party.store);

  /** The round that training is for now. */
  let trainingFor = 0;
  /** Samples that the training under way has seen. */
  let samples = 0;
  /** Where trainers train at their own pace: the training under way, or done. */
  let paced: PacedRun | undefined;
  /** The model on which training has gone well for an epoch. */
  let soundKey: string | undefined;
  /** Rounds whose update is in the journal but lost from the store before it was committed to. */
  const lostUpdates = new Set<number>();
  let hasConverged = false;
  let stakeWasShort = false;
  /** The block before which the model need not be tried again. */
  let modelNotBefore = 0;
  /** Until which block an act need not be looked at again: what was mined a moment ago shows only some blocks later. */
  const doneUntilBlock = new Map<string, number>();

  const news = createTaskNews(party, options);
  const timesheet = createTimesheet(found, stopwatch, traffic);
  const globalModel = createGlobalModel(party, traffic, keep);
  const { select, ownPace } = plan;
  const nextModel = createNextModel(
    ...([party, globalModel, traffic, stopwatch, news.ring, news.fail, undefined, select !== undefined] as const),
  );
  const selection = select && createRoundSelection(party, select, nextModel.read, news.ring, news.fail);
  const stopRule = createStopRule(manifest.stop, globalModel, party);
  const remembered = createRememberedRounds(party, plan.local, options.memory, globalModel, found);
  const masked = createMaskedRound(party, {
    journal: options.secretsJournal,
    witnesses: options.witnesses,
    ...{ traffic, stopwatch, keep },
  });
  const watch = createWatch(party, nextModel, globalModel, traffic, stopwatch, {
    pollMs: options.pollMs,
    answers: conduct.answers,
    secrets: { journal: options.secretsJournal, witnesses: options.witnesses },
    onEvent,
  });
  const model = createModel(options.backend, manifest.architecture, options.seed);
  const training = createLocalTraining({
    model,
    dataset,
    training: manifest.training,
    plan,
    ...(manifest.freeze === undefined ? {} : { freeze: manifest.freeze }),
    rules,
    weight,
    seed: options.seed,
    ...(noise === undefined ? {} : { noise }),
    ...(form === undefined ? {} : { compression: { form, label: labelOf } }),
    stopwatch,
    onProgress({ seen, total }) {
      samples = seen;
      onEvent({ event: "phase", round: trainingFor, phase: "training", fraction: seen / total });
      if (seen < Math.min(dataset.rows, total) || soundKey === training.key) return;
      soundKey = training.key;
      news.ring();
    },
    onDone(loss, seconds) {
      onEvent({ event: "trained", round: trainingFor, loss, seconds, samples });
      news.ring();
    },
    onFailure: news.fail,
  });

  news.begin();
  try {
    for (;;) {
      await news.heard();
      if (isMasked) await masked.follow(news.state);
      closeRounds(news.state);
      await remembered.follow(news.state);
      await stopRule.follow(news.state);
      sayConverged(news.state);
      await trainFor(news.state);
      await nextModel.follow(news.state);
      selection?.follow(news.state);
      watch.follow(news.state);
      // The time to challenge is short: while a wrong proposal stands, watching comes first.
      training.rest(isWrong(news.state));
      await trainFor(news.state);
      const duty = dutyOf(news.state, holdings(news.state));
      if (duty.kind === "finished") break;
      if (duty.kind !== "wait") await perform(duty, news.state);
    }
    if (!news.state.closed && !covers(news.state, Infinity)) sayBudgetSpent(news.state);
    onEvent({ event: "finished", completed: news.state.completed });
  } finally {
    await Promise.all([training.stop(), watch.idle()]);
    model.dispose();
  }

  /** Trains on the model of the round under way, or already on the next one once that has been computed here. */
  async function trainFor(now: TaskState): Promise<void> {
    const round = roundNow(now);
    const mine = seatOf(round, sender.address)?.state.status;
    if (ownPace !== undefined) return trainAtOwnPace(now, ownPace.mostStaleness);
    const wanted =
      round.phase === "Entering"
        ? !isLeaving(now, { rounds: roundsWanted(now) }) && !stakeWasShort && covers(now, round.number)
        : (round.phase === "Sharing" || round.phase === "Committing") && (mine === "Entered" || mine === "Shared");
    if (wanted && !isWritten(now, round.number)) {
      trainingFor = round.number;
      const key = keyNow(now, round.number);
      if (training.key === key) return;
      const lanes = await currentModel(now);
      if (lanes !== undefined) training.want(key, lanes, remembered.memory);
      return;
    }
    // What the strategy remembers of this round is known only when it is final.
    if (plan.local?.follow !== undefined || plan.local?.keep !== undefined) return;
    const next = nextModel.of(round);
    if (next !== undefined && seatOf(roundOf(now, round.number + 1), sender.address) !== undefined) {
      trainingFor = round.number + 1;
      training.want(trainingKey(next.modelRoot, round.number + 1), next.next.model, remembered.memory);
    }
  }

  /** On the newest model, whatever the round does; until the update that came out last is in a round and that is over. */
  async function trainAtOwnPace(now: TaskState, mostStaleness: number): Promise<void> {
    const round = roundNow(now);
    if (paced?.usedIn === undefined && paced !== undefined && isWritten(now, round.number)) {
      paced = { ...paced, usedIn: round.number };
    }
    const isSeated = seatOf(round, sender.address) !== undefined;
    if (!isSeated && (isLeaving(now, { rounds: roundsWanted(now) }) || stakeWasShort || !covers(now, round.number)))
      return;
    if ((isSeated && isWritten(now, round.number)) || !beginsAnew(paced, now, mostStaleness)) return;
    const lanes = await currentModel(now);
    if (lanes === undefined) return;
    trainingFor = round.number;
    // A round that ends without a model is trained for anew, too.
    paced = { key: `${now.model.root}/${round.number}`, completed: now.completed };
    training.want(paced.key, lanes, remembered.memory);
  }

  /** Final rounds of the task after which it sits in no further one. If this may be the last, the next is not entered yet. */
  function roundsWanted({ completed }: TaskState): number {
    const { rounds = Infinity } = options;
    if (stopRule.isReached) return 0;
    return stopRule.isNear ? Math.min(rounds, completed + 1) : rounds;
  }

  function sayConverged({ completed }: TaskState): void {
    const { stop } = manifest;
    if (hasConverged || stop === undefined || !stopRule.isReached) return;
    hasConverged = true;
    const { movement = 0 } = stopRule;
    onEvent({ event: "converged", completed, movement });
    log.info(
      { completed, movement },
      `the model has come to rest (${stopText(stop)}): leaving. ` +
        `Its sponsor gets back what is unspent with: foedus task cancel ${opened.id}`,
    );
  }

  /** Somebody else's proposal stands that is not what has been computed here. */
  function isWrong(now: TaskState): boolean {
    const round = roundNow(now);
    const { proposal } = round;
    const own = nextModel.of(round);
    if (round.phase !== "Proposed" || proposal === undefined || own === undefined) return false;
    const isOthers = round.seats.get(proposal.seat)?.trainer !== sender.address;
    return isOthers && !agrees(own, proposal);
  }

  /** The model of the round under way; undefined, and said so, while nobody serves what the last aggregator proposed. */
  async function currentModel(now: TaskState): Promise<Int32Array | undefined> {
    if (now.block < modelNotBefore) return undefined;
    try {
      return (await stopwatch.time("transfer", () => globalModel.state(now, signal))).model;
    } catch (error) {
      // Without a first model there is no task; without a later one there may be another proposal or another server.
      if (now.model.round === 0 || signal.aborted) throw error;
      log.error({ round: now.model.round, err: error }, "the current model cannot be had; trying again");
      modelNotBefore = news.state.block + BLOCKS_BETWEEN_TRIES;
      return undefined;
    }
  }

  function holdings(now: TaskState): Holdings {
    return {
      account: sender.address,
      rounds: roundsWanted(now),
      privacyCovers: (round) => covers(now, round),
      trainsWell: (round) => isWritten(now, round) || soundKey === keyNow(now, round),
      ownPace: ownPace !== undefined,
      hasUpdateFor: (round) => isWritten(now, round) || training.learned(keyNow(now, round)) !== undefined,
      canOpen: (round, commitment) => journal.of(round).some((opening) => opening.commitment === commitment),
      toStrike: (round) =>
        seatsToStrike(now, {
          has: (seat) => nextModel.has(round, seat),
          failed: nextModel.unavailable(round),
          ...(selection === undefined ? {} : { selection: selection.selected(round) ?? "undecided" }),
        }),
      hasMaskedUpdate: (round, seat) => nextModel.has(round, seat),
      rebuildable: (round) => masked.rebuildable(now, round),
      hasStepped: (round) => nextModel.of(round) !== undefined,
    };
  }

  async function perform(act: Act, now: TaskState): Promise<void> {
    const key = `${act.kind} ${act.round} ${"seat" in act ? act.seat : ""}`;
    if (now.block < (doneUntilBlock.get(key) ?? 0)) return;
    try {
      const means = await meansFor(act, now);
      const transaction = isMaskedAct(act)
        ? await masked.transactionFor(act, now, {
            ...means,
            delta: async () => (await conductedUpdate(now, act.round))?.delta,
          })
        : await transactionFor(task, act, means);
      if (transaction === undefined) {
        doneUntilBlock.set(key, now.block + 1);
        return;
      }
      const receipt = await sender.send(transaction.words, transaction.request);
      doneUntilBlock.set(key, receipt.blockNumber);
      onEvent({ event: "act", round: act.round, act: act.kind, gas: Number(receipt.gasUsed) });
      onEvent({ event: "phase", round: act.round, phase: DONE[act.kind] });
    } catch (error) {
      if (!wasOvertaken(error)) throw error;
      log.debug({ round: act.round, err: error }, `no need to ${act.kind} any more`);
      doneUntilBlock.set(key, now.block + 1);
    }
  }

  async function meansFor(act: Act, now: TaskState): Promise<Means> {
    const enters = act.kind === "enter" || ((act.kind === "commit" || act.kind === "commitMasked") && act.entersNext);
    return {
      weight,
      mayEnter: enters && (await stakeSuffices()),
      async opening() {
        if (act.kind !== "reveal") {
          onEvent({ event: "phase", round: act.round, phase: "encrypting" });
          const update = await conductedUpdate(now, act.round);
          const opening = await openingFor(party, journal, stopwatch, keep, now, update);
          if (opening === undefined) {
            log.warn({ round: act.round }, "the sealed update is gone from the store: training again");
            lostUpdates.add(act.round);
          }
          return opening;
        }
        const opening = journal.of(act.round).find(({ commitment }) => commitment === act.commitment);
        if (opening === undefined) throw new Error(`The journal has nothing that opens ${act.commitment}.`);
        return opening;
      },
      async step() {
        const step = nextModel.of(roundNow(now));
        if (step === undefined) throw new Error(`Round ${act.round} has not been summed.`);
        return conduct.proposal(now, step, globalModel);
      },
    };
  }

  function closeRounds(now: TaskState): void {
    for (const times of timesheet.close(now)) {
      onEvent({ event: "round", ...times });
      retention.letGoOfExpired(Math.floor(Date.now() / 1000)).catch((error: unknown) => {
        log.warn({ err: error }, "content that may go could not be let go");
      });
    }
  }

  async function keep(id: ContentId): Promise<void> {
    await retention.keepUntil(id, Math.floor(Date.now() / 1000) + rules.retentionSeconds);
  }

  /** There is an update to commit to, by all that is known. */
  function isWritten(now: TaskState, round: number): boolean {
    if (isMasked) return masked.hasMasked(roundOf(now, round));
    return journal.of(round).length > 0 && !lostUpdates.has(round);
  }

  /**
   * What training is told apart by. A masked round that is begun anew is trained for anew: the same update in two sums over
   * different trainers would show the others' difference.
   */
  function trainingKey(root: string, round: number): string {
    return isMasked ? `${root}/${round}` : root;
  }

  function keyNow(now: TaskState, round: number): string {
    if (ownPace !== undefined) return isFresh(paced, now, ownPace.mostStaleness) ? (paced?.key ?? "") : "";
    return trainingKey(now.model.root, round);
  }

  /** Its trainers are known. What would be kept of the training is on disk before the update leaves. */
  async function conductedUpdate(now: TaskState, round: number): Promise<OwnUpdate | undefined> {
    // What became of the update before decides what is left of it.
    await remembered.follow(now);
    const key = keyNow(now, round);
    const learned = training.learned(key);
    const staleness = paced === undefined ? 0 : stalenessOf(paced, now);
    const seated = seatedRound(roundOf(now, round), rules, sender.address, staleness);
    const trained = await training.updateOn(key, round, seated, remembered.memory.own[RESIDUAL]);
    if (learned === undefined || trained === undefined) return undefined;
    if (!isWritten(now, round)) await remembered.keep(round, learned, trained.residual);
    const delta = conduct.delta(round, trained.delta);
    // Another one than was trained may not be possible to write in few bytes.
    return delta === trained.delta ? trained : { delta };
  }

  function labelOf(round: number): string {
    return updateLabel(opened.domain, round, sender.address);
  }

  /**
   * A masked round that fails after its sum was known is begun anew. If the same update came again, whoever is in only one of
   * the two sums would show in their difference. Batches drawn anew, or noise, make it another one.
   */
  function assertTrainsAnew({ rows }: Dataset, { training: { batchSize }, differentialPrivacy }: Manifest): void {
    if (!isMasked || differentialPrivacy !== undefined || rows > batchSize) return;
    throw new UnsuitableData(
      `This masked task trains on batches of ${batchSize} rows, and there are ${rows}: one batch gives the same update twice, ` +
        "which could show it. Bring more data.",
    );
  }

  function weightOf({ rows }: Dataset): number {
    const units = weightOfSamples(rules, rows);
    if (units > 0) return units;
    throw new UnsuitableData(
      `This task counts data in units of ${rules.weightUnit} samples, and there are ${rows}. Bring more data.`,
    );
  }

  function covers(now: TaskState, round: number): boolean {
    return privacyCovers(now, privacy, sender.address, round);
  }

  function sayBudgetSpent(now: TaskState): void {
    if (privacy === undefined) return;
    const spentRounds = roundsRisked(now, sender.address);
    const { delta, maxEpsilon } = privacy;
    log.info(
      { rounds: spentRounds, epsilon: epsilonAfter(spentRounds, privacy), delta, maxEpsilon },
      `the privacy budget is spent: one more round would pass the task's maxEpsilon of ${maxEpsilon}; leaving`,
    );
  }

  /** Fines may have taken a part of it since: then the round is still played to its end, but no further one entered. */
  async function stakeSuffices(): Promise<boolean> {
    const missing = await missingStake(party);
    if (missing !== undefined && !stakeWasShort) log.warn(missing.message);
    stakeWasShort = missing !== undefined;
    return !stakeWasShort;
  }
}
