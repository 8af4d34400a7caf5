/** The report of a demonstration, from what the chain says and what was seen. */
import type { JsonRpcProvider } from "ethers";
import { gasByRound } from "../../trainer/chain/gasByRound.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { countedSeats } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import type { Measure } from "../../trainer/learning/scenarios/measures.ts";
import { whoSeesWhat } from "../../trainer/observe/whoSeesWhat.ts";
import type { Report, ReportConfig, ReportPrivacy, ReportRound } from "../../trainer/observe/report.ts";
import type { Scores } from "../../trainer/observe/scores.ts";
import type { DifferentialPrivacy } from "../../trainer/privacy/differentialPrivacy.ts";
import { privacyScopeText, privacySpent } from "../../trainer/roles/privacySpent.ts";
import type { Cohort, RoundEvent } from "./cohort.ts";
import type { Observed } from "./onlooker.ts";
import { finite } from "./scenarioReport.ts";

export interface Settled {
  readonly budget: bigint;
  readonly slashed: bigint;
  readonly returned: bigint;
  readonly claims: readonly { readonly name: string; readonly amount: bigint }[];
}

/** The scores of the models so far, while the training runs. */
export function scoresOf(config: ReportConfig, worth: Observed["worth"], measure: Measure): Scores {
  const rounds = [...worth].map(([round, { scores, loss }]) => ({ round, score: finite(measure.of(scores)), loss }));
  return { config, rounds: rounds.sort((a, b) => a.round - b.round) };
}

export async function reportOf(
  provider: JsonRpcProvider,
  opened: OpenedTask,
  state: TaskState,
  config: ReportConfig,
  seen: {
    readonly cohort: Cohort;
    readonly observed: Observed;
    readonly settled: Settled;
    readonly seconds: number;
    readonly trainingSeconds: number;
    readonly story: Report["story"];
    /** To judge models by. */
    readonly measure: Measure;
    readonly scenario: Report["scenario"];
    readonly disputes: Report["disputes"];
    /** What the task asks for. */
    readonly privacy: DifferentialPrivacy | undefined;
  },
): Promise<Report> {
  const { cohort, observed, settled, seconds } = seen;
  const gas = await gasByRound(provider, opened);
  const finals = [...state.rounds.values()].filter(({ result }) => result !== undefined);
  const rounds = finals.map((round): ReportRound => {
    const { number } = round;
    const events = cohort.rounds.get(number) ?? [];
    const worth = observed.worth.get(number);
    return {
      round: number,
      score: worth === undefined ? null : finite(seen.measure.of(worth.scores)),
      loss: worth?.loss ?? 0,
      trainers: countedSeats(round).length,
      gas: gas.get(number) ?? { enter: 0, commit: 0, reveal: 0, propose: 0, finalise: 0 },
      bytes: events.reduce((sum, { bytes }) => sum + bytes, 0),
      seconds: secondsOf(number, events),
    };
  });
  const paid = settled.claims.reduce((sum, { amount }) => sum + amount, 0n);
  const last = observed.worth.get(state.model.round);
  return {
    config,
    rounds,
    claims: settled.claims.map(({ name, amount }) => ({ trainer: name, amount: amount.toString() })),
    budget: {
      escrowed: settled.budget.toString(),
      paid: paid.toString(),
      slashed: settled.slashed.toString(),
      returned: settled.returned.toString(),
    },
    final: {
      score: last === undefined ? null : finite(seen.measure.of(last.scores)),
      seconds,
      coordinationShare: Math.max(0, 1 - seen.trainingSeconds / seconds),
    },
    ...(seen.scenario === undefined ? {} : { scenario: seen.scenario }),
    ...(seen.privacy === undefined ? {} : { differentialPrivacy: privacyOf(seen.privacy) }),
    disputes: seen.disputes,
    sight: whoSeesWhat({
      ...{ privacy: opened.rules.privacy, trainers: opened.rules.maxTrainers, cohorts: opened.rules.cohorts },
      shareThreshold: opened.rules.shareThreshold,
    }),
    story: seen.story,
  };

  function privacyOf(privacy: DifferentialPrivacy): ReportPrivacy {
    const { clipNorm, noiseMultiplier } = privacy;
    return {
      ...{ clipNorm, noiseMultiplier, scope: privacyScopeText(privacy, opened.rules) },
      ...privacySpent(state, privacy),
    };
  }

  /** Means over the trainers; what is left of the round's wall time is waiting, for the chain and for others. */
  function secondsOf(number: number, events: readonly RoundEvent[]): ReportRound["seconds"] {
    const mean = (kind: "train" | "encrypt" | "transfer") =>
      events.reduce((sum, event) => sum + event.seconds[kind], 0) / Math.max(1, events.length);
    const [train, encrypt, transfer] = [mean("train"), mean("encrypt"), mean("transfer")];
    const total = (observed.seenAt.get(number + 1) ?? seconds) - (observed.seenAt.get(number) ?? seconds);
    return { train, encrypt, transfer, chain: Math.max(0, total - train - encrypt - transfer), total };
  }
}
