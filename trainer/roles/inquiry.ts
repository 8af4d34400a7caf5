/**
 * A proposal whose sum or model nobody shows. Its proposer must show any chunk it is asked for on chain, or it loses the
 * proposal and a part of its stake: so a watcher asks, follows what is shown to a chunk that is wrong, and reports silence.
 * If nothing can be asked, a majority of the cohort that cannot have the model takes the proposal back.
 */
import type { ContractTransaction, TransactionReceipt } from "ethers";
import { InsufficientGas, Refused } from "../chain/chainErrors.ts";
import { taskAt } from "../chain/contracts.ts";
import { wasOvertaken } from "../chain/sender.ts";
import { hasRevealed, seatOf } from "../chain/taskState.ts";
import type { Proposal, RoundState, TaskState } from "../chain/taskState.ts";
import { chunkProof, chunkTree } from "../protocol/chunkTree.ts";
import type { ChunkTree } from "../protocol/chunkTree.ts";
import { packOpening, pathToModelRoot } from "../protocol/fraudProofs.ts";
import type { WrongStep, WrongSum } from "../protocol/judgement.ts";
import { vectorsOf } from "../protocol/modelRoot.ts";
import {
  MODEL,
  SUM,
  isSame,
  nextModelQuestion,
  nextQuestion,
  readDisclosure,
  requestPrice,
  shownDifference,
  shownStep,
} from "./disclosure.ts";
import type { Disclosure, Question, VectorNumber } from "./disclosure.ts";
import type { Step } from "./nextModel.ts";
import type { Party } from "./party.ts";
import { isTurn } from "./turns.ts";
import { slashesIn } from "./verdict.ts";

export interface Inquiry {
  /** Shows what was asked for of a proposal that is also the own step. */
  answer(state: TaskState, round: RoundState, proposal: Proposal, own: Step): Promise<void>;
  /** The fraud that the chunks shown so far prove. */
  shownFraud(round: RoundState, proposal: Proposal, own: Step): Promise<WrongSum | WrongStep | undefined>;
  /** Does the next thing about a proposal of which `hidden` cannot be had. */
  pursue(
    state: TaskState,
    round: RoundState,
    proposal: Proposal,
    own: Step | undefined,
    hidden: VectorNumber,
  ): Promise<void>;
}

export type InquiryEvent =
  | ({ readonly event: "asked" | "answered" } & Asking)
  | ({
      readonly event: "silence";
      readonly trainer: string;
      /** Taken from it, and what of that was paid to who had asked, in wei of the stake token, as decimal digits. */
      readonly fine: string;
      readonly reward: string;
      readonly asker: string;
    } & Asking)
  | { readonly event: "model missed"; readonly round: number; readonly gas: number };

interface Asking {
  readonly round: number;
  readonly vector: VectorNumber;
  readonly chunk: number;
  readonly gas: number;
}

/** The base fee may rise until the request is mined; what is too much goes to who answers. */
const FEE_MARGIN_PERCENT = 130n;

/** Some 100,000 gas each, of the 16.7 million that a transaction may take. */
const ANSWERS_AT_ONCE = 64;

export function createInquiry(party: Party, { onEvent }: { readonly onEvent: (event: InquiryEvent) => void }): Inquiry {
  const { deployment, opened, sender, log } = party;
  const { court } = deployment;
  const task = taskAt(opened.address, deployment.provider);
  const trees = new Map<Int32Array, ChunkTree>();
  /** The proposal of which nothing can be asked, because there is no money for it or it was held open for long enough. */
  let mute = "";
  /** What was seen of a proposal, and since when on the chain's clock: turns are counted from then. */
  let seen = { answers: "", since: 0 };

  /** Large, and needed only while a proposal is disputed. */
  function treeOf(vector: Int32Array): ChunkTree {
    const known = trees.get(vector);
    if (known !== undefined) return known;
    if (trees.size > 4) trees.clear();
    const tree = chunkTree(vector);
    trees.set(vector, tree);
    return tree;
  }

  const disclosureOf = (round: RoundState, proposal: Proposal) =>
    readDisclosure(deployment, opened.address, opened.rules, round.number, proposal);

  async function send(
    words: string,
    request: ContractTransaction,
  ): Promise<{ readonly gas: number; readonly receipt: TransactionReceipt } | undefined> {
    try {
      const receipt = await sender.send(words, request);
      return { gas: Number(receipt.gasUsed), receipt };
    } catch (error) {
      if (wasOvertaken(error)) return undefined;
      throw error;
    }
  }

  async function ask(round: RoundState, proposal: Proposal, { vector, chunk }: Question): Promise<void> {
    try {
      const { baseFeePerGas } = (await deployment.provider.getBlock("latest"))!;
      const value = requestPrice(opened.rules.parameters, ((baseFeePerGas ?? 0n) * FEE_MARGIN_PERCENT) / 100n);
      const question = [opened.address, round.number, vector, chunk] as const;
      const request = await court.requestChunk.populateTransaction(...question, { value });
      const sent = await send(`ask for a chunk of round ${round.number}`, request);
      if (sent !== undefined) onEvent({ event: "asked", round: round.number, vector, chunk, gas: sent.gas });
    } catch (error) {
      const isHeldLong = error instanceof Refused && error.reason === "HeldForTooLong";
      if (!isHeldLong && !(error instanceof InsufficientGas)) throw error;
      mute = keyOf(round, proposal);
      log.warn({ round: round.number, err: error }, "a hidden chunk cannot be asked for");
    }
  }

  async function report(round: RoundState, proposal: Proposal, { vector, chunk }: Question): Promise<void> {
    const request = await court.reportSilence.populateTransaction(opened.address, round.number, vector, chunk);
    const sent = await send(`report the silence of round ${round.number}'s proposer`, request);
    if (sent === undefined) return;
    const [slash] = await slashesIn(sent.receipt, deployment, opened.address);
    const trainer = round.seats.get(proposal.seat)?.trainer ?? "";
    onEvent({
      ...{ event: "silence", round: round.number, trainer, vector, chunk, gas: sent.gas },
      ...{ fine: String(slash?.fine ?? 0n), reward: String(slash?.reward ?? 0n), asker: slash?.rewarded ?? "" },
    });
  }

  async function show(round: RoundState, own: Step, questions: readonly Question[]): Promise<void> {
    const answers = questions.map(({ vector, chunk }) =>
      court.interface.encodeFunctionData("answerRequest", [
        opened.address,
        round.number,
        vector,
        chunk,
        openingOf(own, vector, chunk),
      ]),
    );
    const request = await court.multicall.populateTransaction(answers);
    const sent = await send(`show ${questions.length} chunks of round ${round.number}`, request);
    if (sent === undefined) return;
    const gas = Math.round(sent.gas / questions.length);
    for (const { vector, chunk } of questions) {
      onEvent({ event: "answered", round: round.number, vector, chunk, gas });
    }
  }

  async function missModel(round: RoundState, { ordinal }: Proposal): Promise<void> {
    const own = seatOf(round, sender.address);
    if (own === undefined || !hasRevealed(own.state) || own.state.modelMissed === ordinal) return;
    const request = await task.missModel.populateTransaction(round.number, own.seat);
    const sent = await send(`say that the model of round ${round.number} cannot be had`, request);
    if (sent !== undefined) onEvent({ event: "model missed", round: round.number, gas: sent.gas });
  }

  return {
    async answer(state, round, proposal, own) {
      const { open } = await disclosureOf(round, proposal);
      const isOwn = seatOf(round, sender.address)?.seat === proposal.seat;
      const due = open.filter(({ answerBy }) => {
        // Others have it too, and help when its proposer does not.
        const others = answerBy - state.rules.discloseSeconds / 2;
        const isMine = isOwn || (state.time >= others && isTurn(state, round, proposal.seat, sender.address, others));
        return isMine && state.time <= answerBy;
      });
      // As many at once as fit into a transaction: whoever asks for many chunks must not make an honest proposer late.
      for (let first = 0; first < due.length; first += ANSWERS_AT_ONCE) {
        await show(round, own, due.slice(first, first + ANSWERS_AT_ONCE));
      }
    },

    async shownFraud(round, proposal, own) {
      const disclosure = await disclosureOf(round, proposal);
      if (disclosure.shown.length === 0) return undefined;
      const sum = shownDifference(SUM, treeOf(own.sum), disclosure);
      if (sum !== undefined) return { kind: "wrongSum", chunk: sum.chunk, sum: sum.opening };
      if (own.sumRoot !== proposal.sumRoot) return undefined;
      const step = shownStep(vectorsOf(own.next).map(treeOf), disclosure);
      if (step === undefined) return undefined;
      const { chunk, next } = step;
      const from = vectorsOf(own.from).map((each) => chunkProof(each, chunk));
      return { kind: "wrongStep", chunk, sum: treeOf(own.sum).proof(chunk), from, next };
    },

    async pursue(state, round, proposal, own, hidden) {
      const disclosure = await disclosureOf(round, proposal);
      const { open, shown } = disclosure;
      const silent = open.find(({ answerBy }) => state.time > answerBy);
      if (silent !== undefined) {
        if (isTurn(state, round, proposal.seat, sender.address, silent.answerBy)) await report(round, proposal, silent);
        return;
      }
      const question = questionOf(own, hidden, disclosure);
      if (open.some((asked) => isSame(asked, question))) return;
      // Whoever has no step of its own can only find out whether anything is shown at all.
      const isWorthIt = own !== undefined || shown.length === 0;
      if (mute !== keyOf(round, proposal) && isWorthIt) {
        const answers = `${keyOf(round, proposal)} ${shown.length}`;
        if (seen.answers !== answers) seen = { answers, since: state.time };
        if (isTurn(state, round, proposal.seat, sender.address, seen.since)) await ask(round, proposal, question);
      }
      // Silence costs the proposer something, this nothing: it is for when nothing can be asked, or the time runs out.
      const isLast = state.time >= round.endsAt - state.rules.discloseSeconds / 2;
      if (mute === keyOf(round, proposal) || isLast) await missModel(round, proposal);
    },
  };

  function questionOf(own: Step | undefined, hidden: VectorNumber, disclosure: Disclosure): Question {
    if (own === undefined) return { vector: hidden, chunk: 0 };
    if (hidden === SUM) return nextQuestion(SUM, treeOf(own.sum), disclosure);
    return nextModelQuestion(vectorsOf(own.next).map(treeOf), disclosure);
  }

  function openingOf(own: Step, vector: VectorNumber, chunk: number): string {
    if (vector === SUM) return packOpening(treeOf(own.sum).proof(chunk));
    const trees = vectorsOf(own.next).map(treeOf);
    const above = pathToModelRoot(
      trees.map(({ root }) => root),
      vector - MODEL,
    );
    return packOpening(trees[vector - MODEL]!.proof(chunk), ...above);
  }
}

function keyOf(round: RoundState, { ordinal }: Proposal): string {
  return `${round.number} ${ordinal}`;
}
