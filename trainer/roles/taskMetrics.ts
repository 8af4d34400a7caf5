/** A task, and what a role does in it, as metrics: from its folded state and the role's own events. */
import { formatUnits } from "ethers";
import { createChainClock } from "../chain/chainClock.ts";
import { taskAt } from "../chain/contracts.ts";
import type { OpenedTask } from "../chain/openedTask.ts";
import { taskPicture } from "../chain/taskPicture.ts";
import type { DisputePicture } from "../chain/taskPicture.ts";
import type { TaskState } from "../chain/taskState.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { DifferentialPrivacy } from "../privacy/differentialPrivacy.ts";
import { PHASES } from "../protocol/roundClock.ts";
import type { Party } from "./party.ts";
import { privacySpent } from "./privacySpent.ts";
import type { TrainerEvent } from "./trainer.ts";
import type { WatcherEvent } from "./watcher.ts";

export interface TaskMetrics {
  /** The task as it is now. */
  onState(state: TaskState): void;
  onEvent(event: TrainerEvent | WatcherEvent): void;
  /** What the task asks of its trainers' privacy. */
  onPrivacy(privacy: DifferentialPrivacy): void;
}

/** Decimals of the tokens that a task pays in and is staked in. */
export interface TokenDecimals {
  readonly reward: number;
  readonly stake: number;
}

/** Own stake and rewards are asked for no more often than that: each is a call of the node. */
const OWN_MONEY_EVERY_SECONDS = 15;

const TURNS = ["acted", "awaited", "idle", "out"] as const;

export function createTaskMetrics(
  metrics: Metrics,
  { deployment, sender, opened }: Pick<Party, "deployment" | "sender"> & { readonly opened: OpenedTask },
  { decimals, confirmations }: { readonly decimals: TokenDecimals; readonly confirmations: number },
): TaskMetrics {
  const task = String(opened.id);
  const clock = createChainClock(confirmations);
  let endsAt: number | undefined;
  let privacy: DifferentialPrivacy | undefined;
  let money: { asked: number; isUnderWay: boolean } = { asked: -Infinity, isUnderWay: false };
  const rewards = (wei: bigint) => Number(formatUnits(wei, decimals.reward));
  const stake = (wei: bigint) => Number(formatUnits(wei, decimals.stake));

  metrics.set("foedus_own_stake_needed_tokens", { task }, stake(opened.rules.minStake));
  metrics.onScrape(() => {
    if (endsAt !== undefined) metrics.set("foedus_round_deadline_seconds", { task }, endsAt - clock.now());
  });

  /** Behind the state, so that a slow node holds nothing up. */
  async function askForMoney(state: TaskState): Promise<void> {
    const now = performance.now() / 1000;
    if (money.isUnderWay || now - money.asked < OWN_MONEY_EVERY_SECONDS) return;
    money = { asked: now, isUnderWay: true };
    try {
      const [own, claimable] = await Promise.all([
        deployment.vault.eligible(opened.address, sender.address),
        taskAt(opened.address, deployment.provider).claimable(sender.address),
      ]);
      metrics.set("foedus_own_stake_tokens", { task }, stake(own));
      metrics.set("foedus_own_rewards_tokens", { task, state: "claimable" }, rewards(claimable));
      const claimed = state.claimed.get(sender.address) ?? 0n;
      metrics.set("foedus_own_rewards_tokens", { task, state: "claimed" }, rewards(claimed));
    } catch {
      // The node has trouble, which is told and counted where it is asked again: the next state asks anew.
    } finally {
      money.isUnderWay = false;
    }
  }

  function showRound(state: TaskState): void {
    const { round, rounds, disputes, budget, stage } = taskPicture(state);
    metrics.set("foedus_task_open", { task }, stage === "closed" ? 0 : 1);
    metrics.set("foedus_task_block_number", { task }, state.block);
    metrics.set("foedus_task_block_timestamp_seconds", { task }, state.time);
    metrics.set("foedus_rounds_planned", { task }, rounds.wanted);
    metrics.set("foedus_rounds_ended_total", { task, outcome: "final" }, rounds.final);
    metrics.set("foedus_rounds_ended_total", { task, outcome: "void" }, rounds.void);
    metrics.set("foedus_round_number", { task }, round.number);
    for (const phase of PHASES) {
      metrics.set("foedus_round_phase", { task, phase: phase.toLowerCase() }, phase === round.phase ? 1 : 0);
    }
    for (const turn of TURNS) {
      const seats = round.seats.filter((seat) => seat.turn === turn).length;
      metrics.set("foedus_round_seats", { task, turn }, seats);
    }
    metrics.set("foedus_round_seats", { task, turn: "free" }, round.free);
    const own = round.seats.find(({ trainer }) => trainer === sender.address);
    metrics.set("foedus_own_turn", { task }, own?.turn === "awaited" ? 1 : 0);
    const counts = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<FaultName, number>;
    for (const dispute of disputes) counts[faultName(dispute)] += 1;
    for (const fault of FAULTS) metrics.set("foedus_disputes_total", { task, fault }, counts[fault]);
    for (const part of ["escrowed", "earned", "claimed", "unspent"] as const) {
      metrics.set("foedus_budget_tokens", { task, part }, rewards(budget[part]));
    }
    const lost = (state.fined.get(sender.address) ?? 0n) + (state.slashed.get(sender.address) ?? 0n);
    metrics.set("foedus_own_fines_tokens", { task }, stake(lost));
    endsAt = round.secondsLeft > 0 || round.awaited > 0 ? round.endsAt : undefined;
    if (endsAt === undefined) metrics.set("foedus_round_deadline_seconds", { task }, 0);
  }

  return {
    onState(state) {
      clock.seen(state.time);
      showRound(state);
      if (privacy !== undefined) {
        metrics.set("foedus_privacy_epsilon", { task }, privacySpent(state, privacy).epsilon);
      }
      void askForMoney(state);
    },
    onPrivacy(asked) {
      privacy = asked;
      if (asked.maxEpsilon !== undefined) metrics.set("foedus_privacy_epsilon_limit", { task }, asked.maxEpsilon);
    },
    onEvent(event) {
      switch (event.event) {
        case "phase":
          if ("fraction" in event) metrics.set("foedus_training_progress_ratio", { task }, event.fraction);
          break;
        case "trained":
          metrics.add("foedus_training_seconds_total", { task }, event.seconds);
          metrics.add("foedus_training_samples_total", { task }, event.samples);
          metrics.set("foedus_training_samples_per_second", { task }, event.samples / event.seconds);
          metrics.set("foedus_training_loss", { task }, event.loss);
          break;
        case "act":
          metrics.add("foedus_acts_total", { task, act: event.act });
          break;
        case "round":
          for (const kind of ["train", "encrypt", "transfer", "chain"] as const) {
            metrics.add("foedus_round_time_seconds_total", { task, kind }, event.seconds[kind]);
          }
          break;
        case "converged":
        case "finished":
          break;
        default:
          metrics.add("foedus_verdicts_total", { task, finding: event.event.replaceAll(" ", "_") });
      }
    },
  };
}

const FAULT_NAMES = {
  WrongSum: "wrong_sum",
  WrongStep: "wrong_step",
  Undisclosed: "undisclosed",
  Withheld: "withheld",
  SetChanged: "set_changed",
  expelled: "malformed_update",
  convicted: "convicted",
  "missed turn": "missed_turn",
} as const;
type FaultName = (typeof FAULT_NAMES)[keyof typeof FAULT_NAMES];
const FAULTS = Object.values(FAULT_NAMES);

function faultName(dispute: DisputePicture): FaultName {
  return FAULT_NAMES[dispute.kind === "overturned" ? dispute.fault : dispute.kind];
}
