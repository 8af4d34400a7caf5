/** Who sits in the round under way: what each has done, has staked, and has contributed and earned so far. */
import { useMemo } from "preact/hooks";
import type { RoundPicture, SeatPicture } from "../../../trainer/chain/taskPicture.ts";
import { rewardsOf } from "../../../trainer/chain/taskState.ts";
import type { TaskRules } from "../../../trainer/chain/taskRules.ts";
import type { RoundState, TaskState } from "../../../trainer/chain/taskState.ts";
import type { Stakes } from "../../chain/stakes.ts";
import { wallet } from "../../chain/wallet.ts";
import { linkTo } from "../../router.ts";
import { number, words } from "../../words/words.ts";
import { Address } from "./Address.tsx";
import { Amount } from "./Amount.tsx";
import { Rows } from "./Rows.tsx";

interface Contribution {
  /** Final rounds whose sum has its update. */
  readonly rounds: number;
  /** By its updates, by aggregating and by ending rounds, in wei of the reward token. */
  readonly earned: bigint;
}

export function CohortTable(props: {
  readonly state: TaskState;
  readonly round: RoundPicture;
  readonly stakes: Stakes;
  readonly stakeToken: string;
}) {
  const { state, round, stakes, stakeToken } = props;
  const w = words.value.task;
  const contributions = useMemo(() => contributionsIn(state), [state.rounds]);
  const { seats } = round;
  const weight = seats.reduce((sum, seat) => sum + (seat.turn === "out" ? 0 : seat.weight), 0);
  const row = (index: number) => {
    const seat = seats[index];
    if (seat === undefined) return [];
    const { trainer } = seat;
    const own = wallet.value?.account === trainer;
    const contribution = contributions.get(trainer) ?? { rounds: 0, earned: 0n };
    const share = weight === 0 || seat.turn === "out" ? 0 : seat.weight / weight;
    return [
      <>
        <a href={linkTo("trainers", trainer)}>
          <Address of={trainer} />
        </a>
        <small>{[w.seat(number(seat.seat)), ...cohortOf(seat), ...(own ? [w.you] : [])].join(" · ")}</small>
      </>,
      <>
        <span class={`turn ${seat.turn}`}>{w.turns[seat.turn]}</span>
        <small>{rolesOf(seat).join(" · ")}</small>
      </>,
      <Stake trainer={trainer} stakes={stakes} token={stakeToken} />,
      <>
        <span>{w.weight(number(seat.weight))}</span>
        <small>{w.share(number(100 * share, 1))}</small>
      </>,
      <>
        <Amount wei={contribution.earned} token={state.rules.rewardToken} />
        <small>{w.inRounds(contribution.rounds)}</small>
      </>,
    ];
  };
  return (
    <section class="card" aria-labelledby="cohort-title">
      <h2 id="cohort-title">{w.cohort}</h2>
      {seats.length === 0 ? (
        <p class="lead">{w.nobody}</p>
      ) : (
        <Rows label={w.cohort} columns={Object.values(w.cohortColumns)} count={seats.length} row={row} shape="cohort" />
      )}
    </section>
  );
}

function Stake({
  trainer,
  stakes,
  token,
}: {
  readonly trainer: string;
  readonly stakes: Stakes;
  readonly token: string;
}) {
  const stake = stakes.of(trainer).value;
  if (stake === undefined) return <span class="unread" />;
  return (
    <>
      <Amount wei={stake.amount} token={token} />
      {stake.thawing > 0n ? (
        <small>
          <Amount wei={stake.thawing} token={token} text={words.value.task.thawing} />
        </small>
      ) : null}
    </>
  );
}

function cohortOf({ cohort }: SeatPicture): string[] {
  return cohort === undefined ? [] : [words.value.task.ofCohort(number(cohort + 1))];
}

function rolesOf({ drawn, proposed, missedTurn, convicted }: SeatPicture): string[] {
  const { roles } = words.value.task;
  return [
    ...(proposed ? [roles.proposed] : drawn ? [roles.drawn] : []),
    ...(missedTurn ? [roles.missedTurn] : []),
    ...(convicted ? [roles.convicted] : []),
  ];
}

/** What rounds that are over have paid does not change: each is looked at once. */
const settled = new WeakMap<RoundState, ReadonlyMap<string, Contribution>>();

function contributionsIn({ rounds, rules }: TaskState): Map<string, Contribution> {
  const sums = new Map<string, Contribution>();
  for (const round of rounds.values()) {
    if (round.result === undefined) continue;
    const known = settled.get(round) ?? contributionsTo(round, rules);
    settled.set(round, known);
    for (const [trainer, contribution] of known) add(sums, trainer, contribution);
  }
  return sums;
}

/** To one final round: updates and, apart from those, the model that it ends with and the call that ended it. */
function contributionsTo(round: RoundState, { aggregatorPay, advanceTip }: TaskRules): Map<string, Contribution> {
  const own = new Map<string, Contribution>();
  const trainerAt = (seat: number) => round.seats.get(seat)!.trainer;
  for (const [seat, earned] of rewardsOf(round)) add(own, trainerAt(seat), { rounds: 1, earned });
  if (round.proposal !== undefined) add(own, trainerAt(round.proposal.seat), { rounds: 0, earned: aggregatorPay });
  if (round.result !== undefined) add(own, round.result.advancer, { rounds: 0, earned: advanceTip });
  return own;
}

function add(sums: Map<string, Contribution>, trainer: string, { rounds, earned }: Contribution): void {
  const before = sums.get(trainer) ?? { rounds: 0, earned: 0n };
  sums.set(trainer, { rounds: before.rounds + rounds, earned: before.earned + earned });
}
