/**
 * The watcher: follows a task and checks every proposal, as trainers do beside their training, for whoever does not train.
 * Updates are sealed to those who sit in their round: an account that sits in none checks steps and disclosure only.
 */
import { collectOwed } from "./collectOwed.ts";
import { fetchManifest } from "./fetchManifest.ts";
import { createGlobalModel } from "./globalModel.ts";
import { createNextModel } from "./nextModel.ts";
import type { Party } from "./party.ts";
import { updateFormOf } from "./taskCompression.ts";
import { createTaskNews } from "./taskNews.ts";
import { createTraffic } from "./traffic.ts";
import { createWatch } from "./watch.ts";
import type { WatchEvent } from "./watch.ts";
import { roundNow } from "../chain/taskState.ts";
import type { TaskState } from "../chain/taskState.ts";
import type { UpdateForm } from "../learning/compression/compression.ts";
import { createStopwatch } from "../observe/stopwatch.ts";
import type { Sample } from "../protocol/judgement.ts";
import type { ContentId } from "../storage/contentId.ts";
import type { Retention } from "../storage/retention.ts";

export interface WatcherOptions {
  readonly retention: Retention;
  readonly confirmations: number;
  readonly pollMs: number;
  /** The chunks to check; all unless given. */
  readonly sample?: Sample;
  readonly onEvent: (event: WatcherEvent) => void;
  readonly onState?: (state: TaskState) => void;
}

export type WatcherEvent =
  | WatchEvent
  | { readonly event: "phase"; readonly round: number; readonly phase: string }
  | { readonly event: "finished"; readonly completed: number };

/** Watches until the task is closed or the signal aborts. */
export async function runWatcher(member: Party, options: WatcherOptions): Promise<void> {
  const { opened } = member;
  const { retention, pollMs, sample, onEvent } = options;
  const keep = (id: ContentId) =>
    retention.keepUntil(id, Math.floor(Date.now() / 1000) + opened.rules.retentionSeconds);
  const traffic = createTraffic(member.store, keep);
  const stopwatch = createStopwatch();
  /** How updates are written is found out when the first is to be read; in another round again if nobody had the manifest. */
  let reading: { readonly round: number; readonly form: Promise<UpdateForm | undefined>; isKnown: boolean } | undefined;
  const party: Party = { ...member, updateForm };
  const globalModel = createGlobalModel(party, traffic, keep);
  const news = createTaskNews(party, options);
  const nextModel = createNextModel(party, globalModel, traffic, stopwatch, news.ring, news.fail, sample);
  const watch = createWatch(party, nextModel, globalModel, traffic, stopwatch, {
    ...{ pollMs, answers: true, onEvent },
    ...(sample === undefined ? {} : { sample }),
  });
  let shown = "";

  news.begin();
  for (;;) {
    await news.heard();
    const { number, phase } = roundNow(news.state);
    if (shown !== `${number} ${phase}`) onEvent({ event: "phase", round: number, phase: phase.toLowerCase() });
    shown = `${number} ${phase}`;
    await nextModel.follow(news.state);
    watch.follow(news.state);
    if (news.state.closed) break;
  }
  await watch.idle();
  await collectOwed(party);
  onEvent({ event: "finished", completed: news.state.completed });

  function updateForm(): Promise<UpdateForm | undefined> {
    const { current } = news.state;
    if (reading === undefined || (!reading.isKnown && reading.round !== current)) {
      reading = { round: current, form: formOfTask(), isKnown: false };
    }
    return reading.form;
  }

  async function formOfTask(): Promise<UpdateForm | undefined> {
    try {
      const form = updateFormOf(await fetchManifest(member, traffic, news.state));
      if (reading !== undefined) reading.isKnown = true;
      return form;
    } catch (error) {
      member.signal.throwIfAborted();
      member.log.warn(
        { err: error },
        "the manifest cannot be had: updates are read as plain ones, and compressed ones will seem unusable",
      );
      return undefined;
    }
  }
}
