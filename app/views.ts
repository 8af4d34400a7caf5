/**
 * The table of views: a name in the address, where it stands in the navigation if it does, and its file, loaded when it is
 * first shown. To add one: a file in views/ whose default export is a component that takes `parts` (what follows the name in
 * the address), a line here, and its words in words/en.ts and words/zh.ts.
 */
import type { FunctionComponent } from "preact";
import TasksView from "./views/tasks.tsx";
import type { Words } from "./words/en.ts";

export interface ViewProps {
  /** What follows the view's name in the address. It comes from a link: check it. */
  readonly parts: readonly string[];
}

export interface View {
  /** What the navigation calls it; views without are reached by links. */
  readonly nav?: keyof Words["nav"];
  /** The view works without a chain. */
  readonly offline?: true;
  readonly load: () => Promise<{ readonly default: FunctionComponent<ViewProps> }>;
}

export const VIEWS: Readonly<Record<string, View>> = {
  // The view that most begin with comes with the page: no round trip before its first row.
  tasks: { nav: "tasks", load: () => Promise.resolve({ default: TasksView }) },
  trainers: { nav: "trainers", load: () => import("./views/trainers.tsx") },
  task: { load: () => import("./views/task.tsx") },
  model: { load: () => import("./views/model.tsx") },
  stake: { nav: "stake", load: () => import("./views/stake.tsx") },
  rewards: { nav: "rewards", load: () => import("./views/rewards.tsx") },
  open: { nav: "open", load: () => import("./views/open.tsx") },
  settings: { nav: "settings", offline: true, load: () => import("./views/settings.tsx") },
};
