/** What happened, told while it happens and kept for the report. */
import type { Progress } from "../../trainer/observe/progress.ts";

export interface Story {
  tell(text: string): void;
  /** Seconds since the beginning. */
  now(): number;
  readonly lines: { readonly second: number; readonly text: string }[];
}

export function createStory(progress: Progress): Story {
  const startedAt = performance.now();
  const now = () => (performance.now() - startedAt) / 1000;
  const lines: { second: number; text: string }[] = [];
  return {
    now,
    lines,
    tell(text) {
      lines.push({ second: now(), text });
      progress.note(`${now().toFixed(0).padStart(4)} s  ${text}`);
    },
  };
}
