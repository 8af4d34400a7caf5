/** Who cheated, who proved it and what it cost, from nothing but the chain: its events, and the calls that caused them. */
import type { TransactionReceipt } from "ethers";
import type { Deployment } from "../../trainer/chain/deployment.ts";
import { readTaskEvents } from "../../trainer/chain/eventLog.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import type { TaskEvent } from "../../trainer/chain/taskEvent.ts";
import { roundOf } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import type { ReportDispute } from "../../trainer/observe/report.ts";
import { claimOf } from "../../trainer/protocol/fraudProofs.ts";
import { slashesIn } from "../../trainer/roles/verdict.ts";

type Verdict = Extract<TaskEvent, { name: "ProposalOverturned" | "SeatExpelled" | "SeatConvicted" | "SeatFined" }>;

interface Call {
  readonly data: string;
  readonly chunk: number;
}

/** @param nameOf What an account is called. */
export async function disputesOf(
  deployment: Deployment,
  opened: OpenedTask,
  state: TaskState,
  nameOf: (account: string) => string,
): Promise<ReportDispute[]> {
  const { provider, court, maskCourt } = deployment;
  const events: TaskEvent[] = [];
  for await (const page of readTaskEvents(provider, opened.address, opened.block, await provider.getBlockNumber())) {
    events.push(...page);
  }
  const claims = [
    ...(await court.queryFilter(court.filters.ChallengeClaimed(opened.address), opened.block)),
    ...(await maskCourt.queryFilter(maskCourt.filters.ChallengeClaimed(opened.address), opened.block)),
  ];
  const requests = await court.queryFilter(court.filters.ChunkRequested(opened.address), opened.block);
  const verdicts = events.filter((event): event is Verdict => isVerdict(event, state));
  return Promise.all(verdicts.map(disputeOf));

  async function disputeOf(verdict: Verdict): Promise<ReportDispute> {
    const receipt = await receiptOf(verdict.transaction);
    const round = roundOf(state, verdict.round);
    const trainer = round.seats.get(verdict.seat)?.trainer ?? "";
    const slash = (await slashesIn(receipt, deployment, opened.address)).find((each) => each.trainer === trainer);
    const [taken, rewarded] = [slash?.fine ?? 0n, slash?.reward ?? 0n];
    const challenger = slash?.rewarded ?? receipt.from;
    const call = verdict.name === "SeatConvicted" ? undefined : await courtCall(receipt);
    const before = await Promise.all(
      preparation(verdict, receipt, challenger, call).map(({ transactionHash }) => receiptOf(transactionHash)),
    );
    const successor = round.proposal && round.seats.get(round.proposal.seat)?.trainer;
    return {
      round: verdict.round,
      fault: verdict.name === "SeatConvicted" ? await convictionOf(verdict) : faultOf(verdict),
      trainer: nameOf(trainer),
      challenger: nameOf(challenger),
      ...(call === undefined ? {} : { chunk: call.chunk }),
      gas: { prepare: before.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0), verdict: Number(receipt.gasUsed) },
      seconds: Math.max(0, decidedAt(verdict) - beganAt(verdict)),
      taken: taken.toString(),
      rewarded: rewarded.toString(),
      burnt: (taken - rewarded).toString(),
      ...(successor === undefined ? {} : { successor: nameOf(successor) }),
    };
  }

  async function receiptOf(transaction: string): Promise<TransactionReceipt> {
    const receipt = await provider.getTransactionReceipt(transaction);
    if (receipt === null) throw new Error(`The chain has no receipt of ${transaction}.`);
    return receipt;
  }

  async function convictionOf({ transaction }: Verdict): Promise<ReportDispute["fault"]> {
    const sent = await provider.getTransaction(transaction);
    return sent && maskCourt.interface.parseTransaction(sent)?.name === "challengeShares" ? "badShares" : "spoilt";
  }

  /** The call of a court that named a chunk, if it was one. */
  async function courtCall({ hash, to }: TransactionReceipt): Promise<Call | undefined> {
    for (const judge of [court, maskCourt]) {
      if (to !== (await judge.getAddress())) continue;
      const sent = await provider.getTransaction(hash);
      const parsed = sent && judge.interface.parseTransaction(sent);
      const hasChunk = parsed?.fragment.inputs.some(({ name }) => name === "chunk");
      if (sent && parsed && hasChunk) return { data: sent.data, chunk: Number(parsed.args["chunk"]) };
    }
    return undefined;
  }

  /** What the challenger had sent before: the announcement of the proof, or the requests that were not answered. */
  function preparation(verdict: Verdict, { from }: TransactionReceipt, challenger: string, call: Call | undefined) {
    if (call === undefined) return [];
    if (faultOf(verdict) === "undisclosed") {
      return requests.filter(({ args }) => Number(args.round) === verdict.round && args.requester === challenger);
    }
    const claim = claimOf(from, call.data);
    return claims.filter(({ args }) => args.claim === claim);
  }

  /** When it was clear: of silence, when somebody else proposed. */
  function decidedAt(verdict: Verdict): number {
    const missed = verdict.name === "SeatFined" ? find("TurnMissed", verdict.round) : undefined;
    return (missed ?? verdict).time;
  }

  /** When the wrong thing was on chain: the proposal, the update, or the first moment to propose. */
  function beganAt(verdict: Verdict): number {
    const { round, seat } = verdict;
    switch (verdict.name) {
      case "ProposalOverturned":
        return events
          .filter((event) => event.name === "ModelProposed" && event.round === round && event.time <= verdict.time)
          .reduce((latest, { time }) => Math.max(latest, time), 0);
      case "SeatExpelled":
        return find("UpdateRevealed", round, seat)?.time ?? verdict.time;
      case "SeatConvicted":
        return find("MaskedCommitted", round, seat)?.time ?? verdict.time;
      case "SeatFined": {
        const revealed = events.filter((event) => event.name === "UpdateRevealed" && event.round === round);
        return Math.max(...revealed.map(({ time }) => time)) + opened.rules.attestSeconds;
      }
    }
  }

  function find(name: TaskEvent["name"], round: number, seat?: number): TaskEvent | undefined {
    return events.find(
      (event) =>
        event.name === name &&
        "round" in event &&
        event.round === round &&
        (seat === undefined || ("seat" in event && event.seat === seat)),
    );
  }
}

/** What took stake for a fault: not the proposal that falls with an update in it, nor the seat lost in the round after. */
function isVerdict(event: TaskEvent, state: TaskState): boolean {
  switch (event.name) {
    case "ProposalOverturned":
      return event.fault !== "SetChanged";
    case "SeatExpelled":
    case "SeatConvicted":
      return event.fine > 0n;
    case "SeatFined":
      return roundOf(state, event.round).seats.get(event.seat)?.missedTurn === true;
    default:
      return false;
  }
}

function faultOf(verdict: Verdict): ReportDispute["fault"] {
  if (verdict.name === "SeatExpelled") return "malformed";
  if (verdict.name === "SeatConvicted") return "spoilt";
  if (verdict.name === "SeatFined") return "silent";
  switch (verdict.fault) {
    case "WrongSum":
      return "wrongSum";
    case "WrongStep":
      return "wrongStep";
    case "Withheld":
      return "withheld";
    default:
      return "undisclosed";
  }
}
