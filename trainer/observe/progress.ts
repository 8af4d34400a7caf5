// What a person sees while a federation trains: a line for the round, a line for each trainer, each with how far it
// is and how long it will take. On a terminal the lines move; elsewhere each change of phase is one plain line.
import { MultiBar } from "cli-progress";
import type { Options } from "cli-progress";
import { styleText } from "node:util";
import { formatEstimate, formatPercent } from "./measureText.ts";
import { printable } from "./printable.ts";

export type ProgressKind = "live" | "plain" | "quiet";

/** Where the training is. Percent and estimate of the whole come from how long its rounds have taken. */
export interface RoundProgress {
  /** From 1. */
  readonly round: number;
  readonly rounds: number;
  /** "committing", "revealing"... */
  readonly phase: string;
  /** Of the model this round began with: "accuracy 91.20%". */
  readonly worth?: string;
  /** How much of the whole is done, 0 to 1, where the caller knows better than the pace: 1 at the end. */
  readonly fraction?: number;
}

/** What one trainer does. */
export interface TrainerProgress {
  /** "training", "committed", "waiting"... */
  readonly phase: string;
  /** How much of the phase is done, 0 to 1; left out where nobody can say. */
  readonly fraction?: number;
  /** What is left of the phase; by default estimated from its pace so far. */
  readonly etaSeconds?: number;
  /** Default: "trainer 3" for index 2. */
  readonly name?: string;
}

export interface Progress {
  round(info: RoundProgress): void;
  /** `index` counts from 0. */
  trainer(index: number, state: TrainerProgress): void;
  /** Something worth a line of its own, kept above the moving lines. */
  note(text: string): void;
  /** Draws the last state and gives the terminal back. Until then a live view keeps the process alive. */
  stop(): void;
}

export interface ProgressOptions {
  readonly kind: ProgressKind;
  readonly stream: NodeJS.WritableStream;
  /** Milliseconds that never go back. */
  readonly now?: () => number;
}

/** The view that suits a stream: live on a terminal, plain elsewhere, quiet where it is asked for. */
export function progressKindFor(stream: NodeJS.WritableStream, quiet: boolean): ProgressKind {
  if (quiet) return "quiet";
  return "isTTY" in stream && stream.isTTY === true && process.env["TERM"] !== "dumb" ? "live" : "plain";
}

export function createProgress({ kind, stream, now = () => performance.now() }: ProgressOptions): Progress {
  if (kind === "quiet") return { round() {}, trainer() {}, note() {}, stop() {} };
  return kind === "live" ? liveProgress(stream, now) : plainProgress(stream, now);
}

function plainProgress(stream: NodeJS.WritableStream, now: () => number): Progress {
  const run = createRunPace(now);
  const shown = new Map<number | "round", string>();

  function writeOnce(key: number | "round", phase: string, line: string): void {
    if (shown.get(key) === phase) return;
    shown.set(key, phase);
    stream.write(`${line}\n`);
  }

  return {
    round(info) {
      run.update(info);
      writeOnce("round", `${info.round} ${info.phase}`, run.line());
    },
    trainer(index, state) {
      writeOnce(index, state.phase, `  ${trainerName(index, state)}: ${printable(state.phase)}`);
    },
    note(text) {
      stream.write(`${printable(text)}\n`);
    },
    stop() {},
  };
}

const BAR_CELLS = 24;
/** Erases to the end of the line: a note overwrites what was a moving line. */
const ERASE_REST = "\u001b[K";
/** The round, the line for those who have none, and the one where the cursor rests. */
const LINES_KEPT = 3;

function liveProgress(stream: NodeJS.WritableStream, now: () => number): Progress {
  const run = createRunPace(now);
  const trainers: TrainerLine[] = [];
  const options: Options = {
    stream,
    fps: 8,
    hideCursor: true,
    clearOnComplete: false,
    // A note pushes the lines down: they must be drawn even when they have not changed.
    forceRedraw: true,
    // Stopping is the caller's: a handler here would swallow its Ctrl-C.
    gracefulExit: false,
  };
  const bars = new MultiBar({ ...options, format: "" });
  const screenRows = "rows" in stream && typeof stream.rows === "number" ? stream.rows : 24;
  const trainersThatFit = Math.max(1, screenRows - LINES_KEPT);
  let hasRoundLine = false;
  let stopped = false;

  function addLine(text: () => string, paint: (line: string) => string = (line) => line): void {
    bars.create(1, 0, {}, { ...options, format: (_, { maxWidth }) => paint(fitWidth(text(), maxWidth)) });
  }

  function ensureLines(count: number): void {
    if (!hasRoundLine) {
      hasRoundLine = true;
      addLine(
        () => run.line(),
        (line) => styleText("bold", line, { stream }),
      );
    }
    while (trainers.length < count) {
      const index = trainers.length;
      const trainer = createTrainerLine(index, now);
      trainers.push(trainer);
      if (index < trainersThatFit) addLine(() => trainer.line(nameWidth()));
      else if (index === trainersThatFit) addLine(() => othersLine(trainers.slice(trainersThatFit)));
    }
  }

  const nameWidth = (): number =>
    Math.max(...trainers.slice(0, trainersThatFit).map((trainer) => trainer.name().length));

  function stop(): void {
    if (stopped) return;
    stopped = true;
    process.removeListener("exit", stop);
    if (!hasRoundLine) return;
    bars.update();
    bars.stop();
  }

  // Whatever ends the process, the cursor must be seen again.
  process.once("exit", stop);

  return {
    round(info) {
      run.update(info);
      ensureLines(0);
    },
    trainer(index, state) {
      ensureLines(index + 1);
      trainers[index]?.update(state);
    },
    note(text) {
      const line = printable(text);
      if (stopped || !hasRoundLine) stream.write(`${line}\n`);
      else bars.log(`${line}${ERASE_REST}\n`);
    },
    stop,
  };
}

interface TrainerLine {
  name(): string;
  phase(): string;
  update(state: TrainerProgress): void;
  line(nameWidth: number): string;
}

/** One trainer's line, with the pace of its present phase. */
function createTrainerLine(index: number, now: () => number): TrainerLine {
  let state: TrainerProgress = { phase: "starting" };
  let pace = createPace(now);

  /** "training 43% · ETA 3 s" */
  function words(): string {
    const { phase, fraction, etaSeconds } = state;
    if (fraction === undefined) return printable(phase);
    const left = etaSeconds ?? pace.secondsLeft();
    const estimate = left === undefined ? "" : ` · ETA ${formatEstimate(left)}`;
    return `${printable(phase)} ${formatPercent(fraction)}${estimate}`;
  }

  return {
    name: () => trainerName(index, state),
    phase: () => printable(state.phase),
    update(next) {
      const fraction = next.fraction === undefined ? undefined : clampFraction(next.fraction);
      if (next.phase !== state.phase) pace = createPace(now);
      state = fraction === undefined ? next : { ...next, fraction };
      if (fraction !== undefined) pace.update(fraction);
    },
    line(nameWidth) {
      return `  ${trainerName(index, state).padEnd(nameWidth)}  ${barText(state.fraction)}  ${words()}`;
    },
  };
}

/** "and 12 more: 9 training, 3 committed" */
function othersLine(others: readonly TrainerLine[]): string {
  const counts = new Map<string, number>();
  for (const trainer of others) counts.set(trainer.phase(), (counts.get(trainer.phase()) ?? 0) + 1);
  return `  and ${others.length} more: ${[...counts].map(([phase, count]) => `${count} ${phase}`).join(", ")}`;
}

function barText(fraction: number | undefined): string {
  if (fraction === undefined) return " ".repeat(BAR_CELLS);
  const full = Math.round(fraction * BAR_CELLS);
  return "━".repeat(full) + "─".repeat(BAR_CELLS - full);
}

/** The pace of something that goes from 0 to 1: what is left at the mean speed since the first report. */
function createPace(now: () => number): { update(fraction: number): void; secondsLeft(): number | undefined } {
  let first: { at: number; fraction: number } | undefined;
  let last: { at: number; fraction: number } | undefined;
  return {
    update(fraction) {
      last = { at: now(), fraction };
      first ??= last;
    },
    secondsLeft() {
      if (first === undefined || last === undefined) return undefined;
      const done = last.fraction - first.fraction;
      if (done <= 0) return undefined;
      const atLastReport = ((last.at - first.at) / done) * (1 - last.fraction);
      return Math.max(0, atLastReport - (now() - last.at)) / 1000;
    },
  };
}

/** The pace of the whole training. A round's length is the mean of those before; the first one is a guess of none. */
function createRunPace(now: () => number): { update(info: RoundProgress): void; line(): string } {
  let info: RoundProgress | undefined;
  let firstRound = 1;
  let startedAt = 0;
  let roundStartedAt = 0;

  /** Fraction of all rounds done, and seconds left where a round has shown how long it takes. */
  function estimate({ round, rounds, fraction }: RoundProgress): { fraction: number; secondsLeft?: number } {
    if (fraction !== undefined) return { fraction: clampFraction(fraction) };
    const roundsTimed = round - firstRound;
    if (roundsTimed === 0) return { fraction: (round - 1) / rounds };
    const roundLength = (roundStartedAt - startedAt) / roundsTimed;
    // A round that takes longer than the others has not ended for that.
    const inRound = roundLength === 0 ? 0 : Math.min(0.95, (now() - roundStartedAt) / roundLength);
    const roundsLeft = rounds - round + 1 - inRound;
    return { fraction: clampFraction((round - 1 + inRound) / rounds), secondsLeft: roundsLeft * (roundLength / 1000) };
  }

  return {
    update(next) {
      if (info === undefined) {
        firstRound = next.round;
        startedAt = now();
      }
      if (info?.round !== next.round) roundStartedAt = now();
      info = next;
    },
    /** "round 2 of 8: committing · 17% · ETA 40 s · accuracy 91.20%" */
    line() {
      if (info === undefined) return "starting";
      const { fraction, secondsLeft } = estimate(info);
      const parts = [`round ${info.round} of ${info.rounds}: ${printable(info.phase)}`, formatPercent(fraction)];
      if (secondsLeft !== undefined) parts.push(`ETA ${formatEstimate(secondsLeft)}`);
      if (info.worth !== undefined) parts.push(printable(info.worth));
      return parts.join(" · ");
    },
  };
}

function trainerName(index: number, { name }: TrainerProgress): string {
  return name === undefined ? `trainer ${index + 1}` : printable(name, 28);
}

function clampFraction(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}

function fitWidth(line: string, width: number): string {
  return line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line;
}
