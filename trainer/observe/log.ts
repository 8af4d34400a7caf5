// The structured log of a process: pino's lines, through one gate that no secret passes. By default they read as
// sentences on stderr; with `json` they are one object a line, for machines.
import { styleText } from "node:util";
import { pino } from "pino";
import type { LevelWithSilent, Logger } from "pino";
import { printable } from "./printable.ts";
import { redact } from "./redact.ts";

export type Log = Logger;
export type LogLevel = LevelWithSilent;

/** Anything that takes text: a stream, a file, a test's array. */
export interface LogDestination {
  write(text: string): unknown;
}

export interface LogOptions {
  /** Who speaks: "trainer 3". */
  readonly name: string;
  readonly level: LogLevel;
  /** Default: stderr, so that stdout stays for results. */
  readonly destination?: LogDestination;
  /** JSON lines instead of text. */
  readonly json: boolean;
}

type Fields = Record<string, unknown>;

/**
 * A log. Fields come first, the sentence after: `log.info({ round }, "committed")`. Errors go under `err`. Children
 * (`log.child({ round })`) pass the same gate.
 */
export function createLog({ name, level, destination = process.stderr, json }: LogOptions): Log {
  const withStack = level === "debug" || level === "trace";
  const colours = destination === process.stderr && process.stderr.isTTY && !process.env["NO_COLOR"];
  const gate: LogDestination = {
    write(line) {
      // A second time, over the whole line: it holds the children's fields and the finished sentence as well.
      const fields = redact(JSON.parse(line)) as Fields;
      destination.write(`${json ? JSON.stringify(fields) : humanLine(fields, { withStack, colours })}\n`);
    },
  };
  return pino(
    {
      name,
      level,
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      // Errors are already plain objects when pino's own serialiser would see them.
      serializers: { err: (error: unknown) => redact(error) },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => redact(fields) as Fields,
      },
    },
    gate,
  );
}

/** "12:03:04 warn  trainer 3  no answer from the node  round=2 attempt=3", and an error's words below it. */
function humanLine(fields: Fields, { withStack, colours }: { withStack: boolean; colours: boolean }): string {
  const { level, time, name, msg, err, ...others } = fields;
  const clock = String(time).slice(11, 19);
  const details = Object.entries(others).map(([field, value]) => `${printable(field)}=${fieldText(value)}`);
  const sentence = typeof msg === "string" ? msg : fieldText(msg ?? "");
  const line = [
    `${dim(clock, colours)} ${levelText(String(level), colours)}`,
    printable(String(name)),
    printable(sentence),
    dim(details.join(" "), colours),
  ];
  return [line.filter((part) => part !== "").join("  "), ...errorLines(err, sentence, withStack)].join("\n");
}

/** What the sentence did not say yet: the error's message, its causes', and the stack where it is asked for. */
function errorLines(error: unknown, said: string, withStack: boolean): string[] {
  if (error === undefined) return [];
  if (typeof error !== "object" || error === null) return [`    ${fieldText(error)}`];
  const { name, message, stack, cause } = error as Fields;
  const text = message === undefined ? fieldText(error) : `${printable(String(name))}: ${printable(String(message))}`;
  const lines = message === said ? [] : [`    ${text}`];
  if (withStack && typeof stack === "string") {
    const calls = stack.split("\n").filter((call) => /^\s+at /.test(call));
    lines.push(...calls.map((call) => `      ${printable(call)}`));
  }
  return cause === undefined ? lines : [...lines, ...errorLines(cause, said, withStack)];
}

function fieldText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const oneLine = printable(text, 500);
  return typeof value === "string" && /[\s"=]/.test(oneLine) ? JSON.stringify(oneLine) : oneLine;
}

function dim(text: string, colours: boolean): string {
  return colours && text !== "" ? styleText("dim", text, { validateStream: false }) : text;
}

function levelText(level: string, colours: boolean): string {
  const padded = level.padEnd(5);
  if (!colours) return padded;
  const colour = { fatal: "red", error: "red", warn: "yellow", info: "green" } as const;
  const known = level in colour ? colour[level as keyof typeof colour] : "dim";
  return styleText(known, padded, { validateStream: false });
}
