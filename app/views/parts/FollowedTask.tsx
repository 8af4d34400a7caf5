/** Follows a task for as long as it is shown, and says so while it is read or when there is none. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { OpenedTask } from "../../../trainer/chain/openedTask.ts";
import type { TaskState } from "../../../trainer/chain/taskState.ts";
import { follow } from "../../chain/followed.ts";
import type { Followed } from "../../chain/followed.ts";
import type { Chain } from "../../chain/node.ts";
import { linkTo } from "../../router.ts";
import { words } from "../../words/words.ts";

export function FollowedTask(props: {
  readonly read: Chain;
  /** Number or address, as the link has it. */
  readonly task: string;
  readonly children: (opened: OpenedTask, state: TaskState, followed: Followed) => ComponentChildren;
}) {
  const { read, task, children } = props;
  const followed = useMemo(() => follow(read, task), [read, task]);
  useEffect(() => () => followed.stop(), [followed]);
  const w = words.value;
  if (followed.fault.value !== undefined) {
    return (
      <section class="card" role="alert">
        <h1>{w.task.notFound}</h1>
        <p>{followed.fault.value}</p>
        <a href={linkTo("tasks")}>{w.page.toTasks}</a>
      </section>
    );
  }
  const [opened, state] = [followed.opened.value, followed.state.value];
  if (opened === undefined || state === undefined) return <p class="loading">{w.task.reading}</p>;
  return <>{children(opened, state, followed)}</>;
}
