/** One task, live: its round's clock, who has acted, what it is worth, what it costs, what went wrong, its models. */
import { useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { roundPicture, taskPicture } from "../../trainer/chain/taskPicture.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { gasSpent } from "../chain/gasSpent.ts";
import type { Followed } from "../chain/followed.ts";
import { manifestOf, titleOf } from "../chain/manifests.ts";
import { chain, chainTime, stakeTokenOf } from "../chain/node.ts";
import type { Chain } from "../chain/node.ts";
import { lookForScores, scoresOf } from "../chain/scores.ts";
import { stakesIn } from "../chain/stakes.ts";
import { linkTo } from "../router.ts";
import type { ViewProps } from "../views.ts";
import { number, words } from "../words/words.ts";
import { Budget } from "./parts/Budget.tsx";
import { CohortTable } from "./parts/CohortTable.tsx";
import { Disputes } from "./parts/Disputes.tsx";
import { FollowedTask } from "./parts/FollowedTask.tsx";
import { Gas } from "./parts/Gas.tsx";
import { Lineage } from "./parts/Lineage.tsx";
import { PrivacyCard } from "./parts/PrivacyCard.tsx";
import { RoundClock } from "./parts/RoundClock.tsx";
import { Rules } from "./parts/Rules.tsx";
import { ScoreChart } from "./parts/ScoreChart.tsx";

export default function TaskView({ parts: [task = ""] }: ViewProps) {
  const read = chain.value;
  if (read === undefined) return null;
  return (
    <FollowedTask key={`${read.address} ${task}`} read={read} task={task}>
      {(opened, _, followed) => <Task read={read} opened={opened} followed={followed} />}
    </FollowedTask>
  );
}

function Task({
  read,
  opened,
  followed,
}: {
  readonly read: Chain;
  readonly opened: OpenedTask;
  readonly followed: Followed;
}) {
  const stakeToken = stakeTokenOf(read);
  const ends = useMemo(() => new AbortController(), [opened]);
  const gas = useMemo(() => gasSpent(read, opened, AbortSignal.any([ends.signal, read.signal])), [read, opened, ends]);
  const stakes = useMemo(() => stakesIn(read, opened.address), [read, opened]);
  useEffect(() => () => ends.abort(), [ends]);
  useSignalEffect(() => {
    gas.readTo(followed.state.value?.block ?? 0);
    void lookForScores(read);
  });
  const state = followed.state.value!;
  useEffect(() => stakes.refresh(), [stakes, state.current, state.slashed, state.fined]);
  const picture = useMemo(() => taskPicture(state), [state]);
  const time = Math.max(state.time, chainTime.value);
  const round = useMemo(() => roundPicture(state, time), [state, time]);
  const manifest = manifestOf(read, opened);
  const scores = scoresOf(read, opened.address);
  const w = words.value;
  const closed = picture.stage === "closed";
  const title = titleOf(manifest);
  return (
    <>
      <p class="crumbs">
        <a href={linkTo("tasks")}>{w.tasks.title}</a>
      </p>
      <h1>
        {w.tasks.name(opened.id)}
        {title === undefined ? "" : `: ${title}`}
      </h1>
      <p class="lead">
        {[
          w.tasks.progress(number(picture.rounds.final), number(picture.rounds.wanted)),
          ...(picture.rounds.void > 0 ? [w.task.voids(picture.rounds.void)] : []),
          ...(picture.stage === "cancelled" ? [w.task.cancelled] : []),
          ...(followed.reorganisations.value > 0 ? [w.task.reorganised(followed.reorganisations.value)] : []),
        ].join(" · ")}
      </p>
      <div class="cards">
        <RoundClock round={round} closed={closed} />
        <ScoreChart scores={scores} />
        <div class="whole">
          <CohortTable state={state} round={round} stakes={stakes} stakeToken={stakeToken} />
        </div>
        <Disputes all={picture.disputes} stakeToken={stakeToken} />
        <Budget budget={picture.budget} rewardToken={opened.rules.rewardToken} stakeToken={stakeToken} />
        <PrivacyCard state={state} manifest={manifest} />
        <Rules rules={opened.rules} address={opened.address} stakeToken={stakeToken} />
        <div class="whole">
          <Gas rounds={gas.rounds.value} parameters={opened.rules.parameters} scores={scores} />
        </div>
        <div class="whole">
          <Lineage state={state} task={opened.id} gateway={read.settings.gateway} />
        </div>
      </div>
    </>
  );
}
