/** foedus top: tasks, or one of them, live in the terminal; a snapshot where there is no terminal. */
import { setTimeout as wait } from "node:timers/promises";
import { Command } from "commander";
import { createChainClock } from "../../chain/chainClock.ts";
import { tokenAt } from "../../chain/contracts.ts";
import { markOf } from "../../chain/blockMark.ts";
import { followTask, readTask } from "../../chain/followTask.ts";
import type { OpenedTask } from "../../chain/openedTask.ts";
import { recentTasks } from "../../chain/recentTasks.ts";
import type { TaskPage } from "../../chain/recentTasks.ts";
import { taskPicture } from "../../chain/taskPicture.ts";
import { trainersOf, roundNow } from "../../chain/taskState.ts";
import type { TaskState } from "../../chain/taskState.ts";
import { unitOf } from "../../chain/tokenUnit.ts";
import { unlessAborted } from "../../chain/unlessAborted.ts";
import { redactText } from "../../observe/redact.ts";
import { asError } from "../../protocol/asError.ts";
import { manifestCopy } from "../../roles/manifestCopy.ts";
import { privacySpent, privacySpentText } from "../../roles/privacySpent.ts";
import { openLiveScreen, painted } from "../liveScreen.ts";
import type { Key, Line, Size } from "../liveScreen.ts";
import { wholeNumber, withChain, withHome } from "../options.ts";
import type { ChainOptions } from "../options.ts";
import { inSession } from "../session.ts";
import type { Session } from "../session.ts";
import { listLines, taskLines } from "../topView.ts";
import type { TopTask } from "../topView.ts";
import { forMachines } from "./taskList.ts";

interface TopOptions extends ChainOptions {
  readonly task?: string;
  readonly once: boolean;
  readonly limit: number;
}

const REDRAW_MS = 1_000;
/** Between two looks at the list, and at the stakes of a round. */
const LIST_MS = 3_000;
const STAKES_MS = 15_000;
/** Stakes of so many seats are asked for at most. */
const MOST_STAKES = 200;

export function topCommand(): Command {
  return withHome(withChain(new Command("top")))
    .description("watch tasks live in the terminal: round clock, who has acted, stakes, disputes, budget")
    .option("--task <task>", "one task, by number or address; else the list of tasks")
    .option("--once", "show it once and end, as where there is no terminal", false)
    .option("--limit <count>", "how many tasks the list has, newest first", wholeNumber(1), 50)
    .addHelpText(
      "after",
      `
Keys: up and down (or k, j) and Enter choose a task, Esc goes back to the list, q leaves.

Example:
  $ foedus top --task 1
  $ foedus top --once --json`,
    )
    .action(
      inSession(
        (options: TopOptions) => (isLive(options) ? "bot" : "command"),
        (session, options: TopOptions) => (isLive(options) ? live(session, options) : snapshot(session, options)),
      ),
    );
}

function isLive({ once, json }: TopOptions): boolean {
  return process.stdout.isTTY && !once && !json && process.env["TERM"] !== "dumb";
}

async function snapshot(session: Session, { task, limit }: TopOptions): Promise<void> {
  const { provider } = await session.deployment();
  if (task === undefined) {
    const page = await recentTasks(await session.deployment(), { limit });
    const now = (await markOf(provider, "latest"))?.timestamp ?? 0;
    session.show({ count: page.count, tasks: page.tasks.map(forMachines) }, plain(listLines({ ...page, now })));
    return;
  }
  const opened = await session.task(task);
  const subject = await subjectOf(session, opened);
  const state = await readTask(provider, opened, session);
  await subject.readStakes(state);
  const { picture, stakes, spent } = subject.seen(state);
  session.show(
    {
      ...{ ...picture, task: opened.id, address: picture.task, stakes: Object.fromEntries(stakes) },
      ...(spent && { privacySpent: spent }),
    },
    plain(taskLines(subject.top(state, state.time))),
  );
}

function plain(lines: readonly Line[]): string[] {
  return lines.map((line) => painted(line, Infinity, false));
}

/** What a view of one task needs besides the task's state. */
async function subjectOf(session: Session, opened: OpenedTask) {
  const { provider, vault, stakeToken } = await session.deployment();
  const { rules, genesis } = opened;
  const [reward, stake] = await Promise.all([unitOf(tokenAt(rules.rewardToken, provider)), unitOf(stakeToken)]);
  const privacy = (await manifestCopy(session.path("manifests"), genesis.manifestId, rules.parameters))
    ?.differentialPrivacy;
  const stakes = new Map<string, bigint>();

  function seen(state: TaskState) {
    const spent = privacy && privacySpent(state, privacy);
    return { picture: taskPicture(state), stakes, spent };
  }

  return {
    seen,
    async readStakes(state: TaskState): Promise<void> {
      const trainers = trainersOf(roundNow(state)).slice(0, MOST_STAKES);
      const read = await Promise.all(
        trainers.map(async (one) => [one, await vault.eligible(opened.address, one)] as const),
      );
      stakes.clear();
      for (const [trainer, wei] of read) stakes.set(trainer, wei);
    },
    top(state: TaskState, now: number, trouble?: string): TopTask {
      const { picture, spent } = seen(state);
      return {
        ...{ id: opened.id, rules, picture, now, reward, stake, stakes },
        ...(spent === undefined ? {} : { privacySpent: privacySpentText(spent) }),
        ...(trouble === undefined ? {} : { trouble }),
      };
    },
  };
}

/** What is on the screen: it draws itself, hears keys and says where to go next. */
interface View {
  lines(size: Size): Line[];
  key(key: Key): void;
  /** Keeps what it shows up to date until the signal aborts. */
  run(signal: AbortSignal, redraw: () => void): Promise<void>;
  readonly footer: string;
}

/** Where one is: the list, a task, or nowhere any more. */
interface Place {
  readonly task?: string;
  readonly left?: true;
}

async function live(session: Session, options: TopOptions): Promise<void> {
  await session.deployment(); // what cannot be reached is said before the screen is taken
  if (options.task !== undefined) await session.task(options.task);
  let place: Place = options.task === undefined ? {} : { task: options.task };
  let view: View | undefined;
  let moved = new AbortController();
  const go = (to: Place): void => {
    place = to;
    moved.abort();
  };
  const screen = openLiveScreen(
    { input: process.stdin, output: process.stdout, colours: !process.env["NO_COLOR"] },
    {
      onResize: () => draw(),
      onKey(key) {
        if (key === "interrupt") process.kill(process.pid, "SIGINT");
        else if (key === "quit") go({ left: true });
        else {
          view?.key(key);
          draw();
        }
      },
    },
  );
  function draw(): void {
    if (view === undefined) return;
    const { columns, rows } = screen.size;
    const body = view.lines({ columns, rows: rows - 1 }).slice(0, rows - 1);
    const blank = Array.from({ length: Math.max(0, rows - 1 - body.length) }, (): Line => ({ text: "" }));
    screen.draw([...body, ...blank, { text: view.footer, style: "dim" }]);
  }
  // The compiler does not see that keys change it.
  const isLeft = (): boolean => place.left === true;
  const timer = setInterval(draw, REDRAW_MS);
  // What it says would run through the picture; a node that is silent is told in it.
  const { level } = session.log;
  session.log.level = "silent";
  try {
    for (; !isLeft();) {
      moved = new AbortController();
      view = place.task === undefined ? listView(session, options.limit, go) : taskView(session, place.task, go);
      draw();
      const signal = AbortSignal.any([session.signal, moved.signal]);
      await unlessAborted(view.run(signal, draw), signal).catch((error: unknown) => {
        if (!moved.signal.aborted) throw error;
      });
      session.signal.throwIfAborted();
      // A view that has nothing more to hear of stays.
      if (!moved.signal.aborted) await wait(2 ** 31 - 1, undefined, { signal, ref: true }).catch(() => undefined);
      session.signal.throwIfAborted();
    }
  } finally {
    clearInterval(timer);
    screen.close();
    session.log.level = level;
  }
}

function listView(session: Session, limit: number, go: (to: Place) => void): View {
  const clock = createChainClock(0);
  let page: TaskPage | undefined;
  let trouble: string | undefined;
  let chosen: number | undefined;
  return {
    footer: "up/down choose · Enter open · q leave",
    lines(size) {
      if (page === undefined) return [{ text: trouble ?? "Looking for tasks …" }];
      const lines = listLines({ ...page, now: clock.now() }, chosen, size);
      const place = lines.findIndex(({ style }) => style === "inverse");
      // The header stays, the rest moves with the cursor.
      const head = lines.slice(0, 3);
      const room = size.rows - head.length - (trouble === undefined ? 0 : 1);
      const from = Math.max(0, place - head.length - room + 1);
      const warning: Line[] = trouble === undefined ? [] : [{ text: trouble, style: "yellow" }];
      return [...head, ...lines.slice(head.length + from, head.length + from + room), ...warning];
    },
    key(key) {
      const tasks = page?.tasks ?? [];
      const at = tasks.findIndex(({ id }) => id === chosen);
      if (key === "enter" && chosen !== undefined) go({ task: String(chosen) });
      if (key === "down") chosen = tasks[Math.min(tasks.length - 1, at + 1)]?.id;
      if (key === "up") chosen = tasks[Math.max(0, at - 1)]?.id;
    },
    async run(signal, redraw) {
      const deployment = await session.deployment();
      for (;;) {
        signal.throwIfAborted();
        try {
          const [next, block] = await Promise.all([
            recentTasks(deployment, { limit }),
            markOf(deployment.provider, "latest"),
          ]);
          page = next;
          chosen ??= next.tasks[0]?.id;
          if (block !== undefined) clock.seen(block.timestamp);
          trouble = undefined;
        } catch (error) {
          signal.throwIfAborted();
          trouble = redactText(asError(error).message);
        }
        redraw();
        await wait(LIST_MS, undefined, { signal });
      }
    },
  };
}

function taskView(session: Session, name: string, go: (to: Place) => void): View {
  let subject: Awaited<ReturnType<typeof subjectOf>> | undefined;
  const clock = createChainClock(session.confirmations);
  let state: TaskState | undefined;
  let heardAt = performance.now();
  let stakesAt = -Infinity;
  let stakesOf = "";
  return {
    footer: "Esc all tasks · q leave",
    lines(size) {
      if (subject === undefined || state === undefined) return [{ text: `Reading task ${name} …` }];
      const silent = (performance.now() - heardAt) / 1000;
      const isQuiet = !state.closed && silent > Math.max(30, (5 * session.pollMs) / 1000);
      return taskLines(
        subject.top(
          state,
          clock.now(),
          isQuiet ? `Nothing new from the node for ${Math.round(silent)} s: what is shown may be old.` : undefined,
        ),
        size,
      );
    },
    key(key) {
      if (key === "back") go({});
    },
    async run(signal, redraw) {
      const { provider } = await session.deployment();
      const opened = await session.task(name);
      subject = await subjectOf(session, opened);
      for await (const next of followTask(provider, opened, { ...session, pollMs: session.pollMs, signal })) {
        state = next;
        heardAt = performance.now();
        clock.seen(next.time);
        redraw();
        const seats = trainersOf(roundNow(next)).join();
        if (seats !== stakesOf || heardAt - stakesAt > STAKES_MS) {
          [stakesOf, stakesAt] = [seats, heardAt];
          // What is missing is left out until the next look.
          await subject.readStakes(next).then(redraw, () => undefined);
        }
        if (next.closed) return;
      }
    },
  };
}
