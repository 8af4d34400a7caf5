/** Text in lines of so many columns. */
import { printable } from "./printable.ts";

/** Lines of words, indented by two; a word that is longer than a line is cut. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of printable(text)
    .split(" ")
    .map((each) => printable(each, columns - 2))) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > columns - 2) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line) => `  ${line}`);
}
