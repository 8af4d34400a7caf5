/**
 * One honest watcher is enough: looks at every proposal, finds the first wrong chunk and takes the cheapest proof to the
 * court; convicts malformed updates; has hidden chunks shown, and shows those that it is asked for. It works in the
 * background of a role's loop. Every trainer runs it.
 */
import { stepRuleOf } from "../chain/taskRules.ts";
import { divisorOf, roundNow, seatOf, summedCohorts } from "../chain/taskState.ts";
import type { Proposal, RoundState, TaskState } from "../chain/taskState.ts";
import type { Fraud } from "../observe/fraudWords.ts";
import type { Stopwatch } from "../observe/stopwatch.ts";
import { wrongStep, wrongSum } from "../protocol/judgement.ts";
import type { Sample, WrongStep, WrongSum } from "../protocol/judgement.ts";
import { isOver } from "../protocol/roundClock.ts";
import type { ServerState } from "../protocol/serverStep.ts";
import { accusationOf, challengeOfMaskedSum, challengeOfShares } from "./masked/maskedChallenges.ts";
import type { BlameMeans } from "./masked/blame.ts";
import { createMaskedWatch } from "./masked/maskedWatch.ts";
import { chunkOutOfRange } from "./masked/spoiltSum.ts";
import { challengeOfStep, challengeOfSum, challengeOfUpdate } from "./challenges.ts";
import { MODEL, SUM } from "./disclosure.ts";
import type { GlobalModel } from "./globalModel.ts";
import { createInquiry } from "./inquiry.ts";
import type { InquiryEvent } from "./inquiry.ts";
import { agrees } from "./nextModel.ts";
import type { NextModel, Step } from "./nextModel.ts";
import type { Party } from "./party.ts";
import { prosecute } from "./prosecute.ts";
import type { Challenge, Court } from "./prosecute.ts";
import type { Traffic } from "./traffic.ts";
import { isLate, isTurn } from "./turns.ts";
import { slashesIn } from "./verdict.ts";

export interface Watch {
  /** Looks at what the chain says now, in the background: at the newest state once it has done with the one before. */
  follow(state: TaskState): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export interface WatchOptions {
  readonly pollMs: number;
  /** The chunks that `nextModel` sums, if it does not sum all. */
  readonly sample?: Sample;
  /** Whether it shows chunks that it is asked for. */
  readonly answers: boolean;
  /** Of a trainer of a masked task. */
  readonly secrets?: Pick<BlameMeans, "journal" | "witnesses">;
  readonly onEvent: (event: WatchEvent) => void;
}

export type WatchEvent =
  /** `step`: the sum could not be computed here, because some updates could not be read. */
  | { readonly event: "checked"; readonly round: number; readonly found: "right" | "step right" }
  | { readonly event: "caught"; readonly round: number; readonly trainer: string; readonly fraud: Fraud | "hidden" }
  | {
      readonly event: "convicted";
      readonly round: number;
      readonly trainer: string;
      readonly fraud: Fraud;
      /** Where the proof is, if it is about a chunk. */
      readonly chunk?: number;
      readonly gas: number;
      /** Taken from it, and what of that was paid to this account, in wei of the stake token, as decimal digits. */
      readonly fine: string;
      readonly reward: string;
    }
  /** The right sum of a masked round is out of range, and its members must now show whose fault it is. */
  | { readonly event: "accused"; readonly round: number; readonly chunk: number; readonly gas: number }
  | InquiryEvent;

/** What a proposal names, as far as it could be fetched. */
interface Posted {
  readonly sum: Int32Array | undefined;
  readonly next: ServerState | undefined;
}

/** What of the time to challenge one attempt to fetch a proposal's content may take. */
const FETCH_SHARE = 4;
const SHORTEST_FETCH_MS = 1_500;
const LONGEST_FETCH_MS = 60_000;

export function createWatch(
  party: Party,
  nextModel: NextModel,
  globalModel: GlobalModel,
  traffic: Traffic,
  stopwatch: Stopwatch,
  options: WatchOptions,
): Watch {
  const { deployment, opened, sender, log, signal } = party;
  const { sample, onEvent } = options;
  const inquiry = createInquiry(party, options);
  const masked =
    opened.rules.privacy === "masked"
      ? createMaskedWatch(party, traffic, stopwatch, options.secrets && { ...options.secrets, sum: nextModel.sum })
      : undefined;
  let latest: TaskState | undefined;
  let work: Promise<void> | undefined;
  /** Proposals and updates of which nothing more is to be said. */
  const done = new Set<string>();
  /** What was noticed, and when on the chain's clock: turns are counted from then. */
  const noticed = new Map<string, number>();

  /** The proposal whose content was fetched last. */
  let attempt: { readonly key: string; posted: Posted; isRunning: boolean } | undefined;

  async function workOff(): Promise<void> {
    for (let state = latest; state !== undefined; state = latest) {
      latest = undefined;
      try {
        signal.throwIfAborted();
        await look(state);
      } catch (error) {
        if (signal.aborted) return;
        // The next block is another chance; a trainer goes on training meanwhile.
        log.error({ round: state.current, err: error }, "watching this round failed; trying again");
      }
    }
  }

  async function look(state: TaskState): Promise<void> {
    const round = roundNow(state);
    for (const [seat, malformed] of nextModel.malformed(round.number)) {
      const { status, trainer = "" } = round.seats.get(seat) ?? {};
      const key = `${round.number} seat ${seat}`;
      if (trainer === sender.address) continue;
      // Also what somebody else was quicker to prove.
      notice(state, key, round, { seat }, "malformed");
      const isOpen = !isOver(round.phase) && (status === "Revealed" || status === "Struck");
      if (!isOpen || done.has(key)) continue;
      await accuse(state, round, seat, key, { trainer, fraud: "malformed", chunk: malformed.chunk.index }, () =>
        challengeOfUpdate(party, round, seat, malformed),
      );
    }
    for (const bad of (await masked?.badShares(round)) ?? []) {
      const key = `${round.number} shares of ${bad.seat}`;
      const { trainer = "", convicted } = round.seats.get(bad.seat) ?? {};
      if (done.has(key) || convicted === true || trainer === sender.address) continue;
      await accuse(state, round, bad.seat, key, { trainer, fraud: "badShares" }, () =>
        challengeOfShares(party, round, bad),
      );
    }
    if (round.phase === "Blaming") await masked?.blame(state, round);
    if (round.phase === "Proposed" && round.proposal !== undefined) await lookAt(state, round, round.proposal);
  }

  async function lookAt(state: TaskState, round: RoundState, proposal: Proposal): Promise<void> {
    const key = `${round.number} proposal ${proposal.ordinal}`;
    const own = nextModel.of(round);
    const spoilt = masked && sumToAccuse(state, round);
    if (spoilt !== undefined) return accuseSum(state, spoilt.cohort, spoilt.chunk);
    if (own !== undefined && agrees(own, proposal)) {
      if (!done.has(key)) checked(key, round, "right");
      if (options.answers) await inquiry.answer(state, round, proposal, own);
      return;
    }
    if (done.has(key) || seatOf(round, sender.address)?.seat === proposal.seat) return;
    const ownSum = own?.sum ?? nextModel.sum(round);
    // What is still being fetched decides what can be said.
    if (ownSum === undefined && !nextModel.lacks(round)) return;

    const from = await globalModel.state(state, signal);
    const posted = await tryFor(key, (timeoutMs) => postedContent(state, round, proposal, own, timeoutMs));
    const finding =
      judged(state, round, from, ownSum, posted) ??
      (own === undefined ? undefined : await inquiry.shownFraud(round, proposal, own));
    if (finding !== undefined) return accuseProposer(state, round, proposal, key, finding);
    if (posted.sum === undefined || posted.next === undefined) {
      notice(state, key, round, proposal, "hidden");
      await inquiry.pursue(state, round, proposal, own, posted.sum === undefined ? SUM : MODEL);
      return;
    }
    checked(key, round, ownSum === undefined ? "step right" : "right");
  }

  /**
   * What could be had of a proposal. The first attempt is waited for. After one in vain what matters is what is shown on
   * chain, and the time for that is short: further ones go on beside it.
   */
  async function tryFor(key: string, fetch: (timeoutMs: number) => Promise<Posted>): Promise<Posted> {
    const share = (opened.rules.challengeSeconds * 1000) / FETCH_SHARE;
    const timeoutMs = Math.min(LONGEST_FETCH_MS, Math.max(SHORTEST_FETCH_MS, share));
    if (attempt?.key !== key) {
      attempt = { key, posted: await fetch(timeoutMs), isRunning: false };
    } else if (!attempt.isRunning && (attempt.posted.sum === undefined || attempt.posted.next === undefined)) {
      const mine = attempt;
      mine.isRunning = true;
      void fetch(timeoutMs)
        .then((posted) => (mine.posted = posted))
        .catch((error: unknown) => log.debug({ err: error }, "what is proposed was not fetched to the end"))
        .finally(() => (mine.isRunning = false));
    }
    return attempt.posted;
  }

  /** What the proposal names, as far as it can be had; what equals the own needs no fetching. */
  async function postedContent(
    state: TaskState,
    round: RoundState,
    proposal: Proposal,
    own: Step | undefined,
    timeoutMs: number,
  ): Promise<Posted> {
    const timing = { timeoutMs, signal };
    const [sum, next] = await Promise.all([
      own?.sumRoot === proposal.sumRoot
        ? own.sum
        : had("sum", () => globalModel.proposedSum(state, round, proposal, timing)),
      own?.modelRoot === proposal.modelRoot
        ? own.next
        : had("model", () => globalModel.proposed(state, round, proposal, timing)),
    ]);
    return { sum, next };

    async function had<Content>(what: string, fetch: () => Promise<Content>): Promise<Content | undefined> {
      try {
        return await fetch();
      } catch (error) {
        signal.throwIfAborted();
        const level = attempt?.isRunning === true ? "debug" : "warn"; // once is enough
        log[level]({ round: round.number, seat: proposal.seat, err: error }, `the proposed ${what} cannot be had`);
        return undefined;
      }
    }
  }

  /** The fraud with the cheapest proof: a step takes a few openings, a sum one for every update. */
  function judged(
    state: TaskState,
    round: RoundState,
    from: ServerState,
    ownSum: Int32Array | undefined,
    { sum, next }: Posted,
  ): WrongSum | WrongStep | undefined {
    if (sum === undefined) return undefined;
    const badStep = next && wrongStep(stepRuleOf(state.rules), from, sum, divisorOf(state.rules, round), next, sample);
    return badStep ?? (ownSum && wrongSum(ownSum, sum, sample));
  }

  async function accuseProposer(
    state: TaskState,
    round: RoundState,
    proposal: Proposal,
    key: string,
    finding: WrongSum | WrongStep,
  ): Promise<void> {
    const trainer = round.seats.get(proposal.seat)?.trainer ?? "";
    const charge = { trainer, fraud: finding.kind, chunk: finding.chunk };
    const challengeSum = masked === undefined ? challengeOfSum : challengeOfMaskedSum;
    await accuse(state, round, proposal.seat, key, charge, () =>
      finding.kind === "wrongSum"
        ? challengeSum(party, traffic, stopwatch, round, finding)
        : challengeOfStep(party, round.number, finding),
    );
  }

  /** The first cohort whose sum is out of range, and where. */
  function sumToAccuse(state: TaskState, round: RoundState): { cohort: RoundState; chunk: number } | undefined {
    for (const cohort of summedCohorts(round)) {
      const sum = nextModel.sum(cohort);
      const chunk = sum && chunkOutOfRange(state, cohort, sum, sample);
      if (chunk !== undefined) return { cohort, chunk };
    }
    return undefined;
  }

  /** Nobody is guilty yet: who is, its members have to show. */
  async function accuseSum(state: TaskState, round: RoundState, chunk: number): Promise<void> {
    const key = `${round.number} spoilt ${round.cohort}`;
    if (done.has(key)) return;
    const since = noticed.get(key) ?? state.time;
    if (!noticed.has(key)) log.warn({ round: round.number, chunk }, "the sum is out of range: somebody has spoilt it");
    noticed.set(key, since);
    const { seat } = round.proposal!;
    if (!(await isDue(state, round, seat, since, deployment.maskCourt))) return;
    const accusation = await accusationOf(party, traffic, stopwatch, round, chunk);
    const receipt = await prosecute(party, round.number, accusation, options.pollMs);
    done.add(key);
    if (receipt !== undefined) {
      onEvent({ event: "accused", round: round.number, chunk, gas: Number(receipt.gasUsed) });
    }
  }

  async function accuse(
    state: TaskState,
    round: RoundState,
    seat: number,
    key: string,
    charge: { readonly trainer: string; readonly fraud: Fraud; readonly chunk?: number },
    challenge: () => Promise<Challenge>,
  ): Promise<void> {
    const { fraud } = charge;
    const since = notice(state, key, round, { seat }, fraud);
    const isMasks = fraud === "badShares" || (fraud === "wrongSum" && masked !== undefined);
    const court = isMasks ? deployment.maskCourt : deployment.court;
    if (!(await isDue(state, round, seat, since, court))) return;
    const receipt = await prosecute(party, round.number, await challenge(), options.pollMs);
    done.add(key);
    attempt = undefined;
    if (receipt === undefined) return;
    const [slash] = await slashesIn(receipt, deployment, state.task);
    const [fine, reward] = [slash?.fine ?? 0n, slash?.reward ?? 0n].map(String) as [string, string];
    log.warn({ round: round.number, ...charge, fine, reward }, "a fraud is proved");
    onEvent({ event: "convicted", round: round.number, ...charge, gas: Number(receipt.gasUsed), fine, reward });
  }

  /** Whether it is for this account to prove now what concerns `seat`, noticed at `since`. */
  async function isDue(
    state: TaskState,
    round: RoundState,
    seat: number,
    since: number,
    court: Court,
  ): Promise<boolean> {
    const claims = await court.queryFilter(
      court.filters.ChallengeClaimed(state.task, round.number),
      Math.max(0, state.block - CLAIM_BLOCKS),
    );
    // Somebody is about to prove it: only if nothing comes of that is it for others to do.
    const isAhead = claims.some(({ args }) => args.challenger !== sender.address);
    return isLate(state, round) || (!isAhead && isTurn(state, round, seat, sender.address, since));
  }

  function notice(
    state: TaskState,
    key: string,
    round: RoundState,
    { seat }: { seat: number },
    fraud: Fraud | "hidden",
  ): number {
    const before = noticed.get(`${key} ${fraud}`);
    if (before !== undefined) return before;
    noticed.set(`${key} ${fraud}`, state.time);
    const trainer = round.seats.get(seat)?.trainer ?? "";
    log.warn({ round: round.number, trainer, fraud }, "what this trainer sent is not what the rules ask for");
    onEvent({ event: "caught", round: round.number, trainer, fraud });
    return state.time;
  }

  function checked(key: string, { number }: RoundState, found: "right" | "step right"): void {
    done.add(key);
    attempt = undefined;
    onEvent({ event: "checked", round: number, found });
  }

  return {
    follow(state) {
      latest = state;
      work ??= workOff().finally(() => (work = undefined));
    },
    async idle() {
      await work;
    },
  };
}

/** For how many blocks a claim keeps others from proving the same. */
const CLAIM_BLOCKS = 8;
