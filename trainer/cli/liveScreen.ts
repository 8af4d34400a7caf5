/**
 * A terminal that is drawn anew, whole, as often as one likes: the alternate screen, so that what was there before comes
 * back at the end. Lines are plain text with a style for each; nothing else reaches the terminal.
 */
import { styleText } from "node:util";
import { printable } from "../observe/printable.ts";

export type LineStyle = "plain" | "bold" | "dim" | "red" | "green" | "yellow" | "inverse";

export interface Line {
  readonly text: string;
  readonly style?: LineStyle;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What a person can do: the name of a key. */
export type Key = "up" | "down" | "enter" | "back" | "quit" | "interrupt";

export interface LiveScreen {
  readonly size: Size;
  draw(lines: readonly Line[]): void;
  /** Gives the terminal back as it was. Safe to call twice. */
  close(): void;
}

type Input = Pick<NodeJS.ReadStream, "isTTY" | "setRawMode" | "on" | "off" | "resume" | "pause">;
type Output = Pick<NodeJS.WriteStream, "write" | "columns" | "rows" | "on" | "off">;

const ESCAPE = "\u001b[";
const ENTER_SCREEN = `${ESCAPE}?1049h${ESCAPE}?25l`;
const LEAVE_SCREEN = `${ESCAPE}?25h${ESCAPE}?1049l`;
const HOME = `${ESCAPE}H`;
const ERASE_REST_OF_LINE = `${ESCAPE}K`;
const ERASE_BELOW = `${ESCAPE}J`;

const KEYS: Readonly<Record<string, Key>> = {
  q: "quit",
  "\u0003": "interrupt",
  "\u0004": "quit",
  k: "up",
  [`${ESCAPE}A`]: "up",
  j: "down",
  [`${ESCAPE}B`]: "down",
  "\r": "enter",
  "\n": "enter",
  "\u001b": "back",
  "\u007f": "back",
  [`${ESCAPE}D`]: "back",
};

/** Keys that were pressed quickly come together; those without a character are a sequence that begins with Escape. */
const PRESSED = /\u001b\[[\d;]*[A-Za-z~]|[^]/g;

export function openLiveScreen(
  { input, output, colours }: { readonly input: Input; readonly output: Output; readonly colours: boolean },
  { onKey, onResize }: { readonly onKey: (key: Key) => void; readonly onResize: () => void },
): LiveScreen {
  let closed = false;
  const hear = (bytes: Buffer): void => {
    for (const pressed of bytes.toString("latin1").match(PRESSED) ?? []) {
      const key = KEYS[pressed];
      if (key !== undefined) onKey(key);
    }
  };
  output.write(ENTER_SCREEN);
  output.on("resize", onResize);
  if (input.isTTY) {
    input.setRawMode(true);
    input.on("data", hear);
    input.resume();
  }
  // Also where the process ends without a word.
  process.once("exit", close);

  function close(): void {
    if (closed) return;
    closed = true;
    process.off("exit", close);
    output.off("resize", onResize);
    if (input.isTTY) {
      input.off("data", hear);
      input.setRawMode(false);
      input.pause();
    }
    output.write(LEAVE_SCREEN);
  }

  return {
    get size() {
      return { columns: output.columns || 80, rows: output.rows || 24 };
    },
    draw(lines) {
      if (closed) return;
      const { columns, rows } = this.size;
      const shown = lines.slice(0, rows).map((line) => `${painted(line, columns, colours)}${ERASE_REST_OF_LINE}`);
      output.write(`${HOME}${shown.join("\r\n")}${ERASE_BELOW}`);
    },
    close,
  };
}

/** A line cut to the width of the terminal, without anything that a terminal obeys. */
export function painted({ text, style = "plain" }: Line, columns: number, colours: boolean): string {
  const indent = /^ */.exec(text)?.[0] ?? "";
  const cut = printable(text, Math.max(1, columns - indent.length));
  const line = `${indent}${cut}`.slice(0, columns);
  return style === "plain" || !colours ? line : styleText(style, line, { validateStream: false });
}
