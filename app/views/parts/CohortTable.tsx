/** Who sits in the round under way: what each has done, has staked, and has contributed and earned so far. */
import { useMemo } from "preact/hooks";
import type { RoundPicture, SeatPicture } from "../../../trainer/chain/taskPicture.ts";
import { rewardsOf } from "../../../trainer/chain/taskState.ts";
import type { RoundState, TaskState } from "../../../trainer/chain/taskState.ts";
import type { Stakes } from "../../chain/stakes.ts";
import { wallet } from "../../chain/wallet.ts";
import { number, words } from "../../words/words.ts";
import { Address } from "./Address.tsx";
import { Amount } from "./Amount.tsx";
import { Rows } from "./Rows.tsx";

interface Contribution {
  /** Final rounds whose sum has its update. */
  readonly rounds: number;
  /** Wei of the reward token. */
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
        <Address of={trainer} />
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

/** Rewards of rounds that are over do not change: each is looked at once. */
const settled = new WeakMap<RoundState, ReadonlyMap<string, bigint>>();

function contributionsIn({ rounds }: TaskState): Map<string, Contribution> {
  const sums = new Map<string, Contribution>();
  for (const round of rounds.values()) {
    if (round.result === undefined) continue;
    for (const [trainer, reward] of earnedIn(round)) {
      const { rounds: before, earned } = sums.get(trainer) ?? { rounds: 0, earned: 0n };
      sums.set(trainer, { rounds: before + 1, earned: earned + reward });
    }
  }
  return sums;
}

function earnedIn(round: RoundState): ReadonlyMap<string, bigint> {
  const known =
    settled.get(round) ?? new Map([...rewardsOf(round)].map(([seat, wei]) => [round.seats.get(seat)!.trainer, wei]));
  settled.set(round, known);
  return known;
}
