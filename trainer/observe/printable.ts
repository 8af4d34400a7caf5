// Text that a terminal may be given: names and errors come from others, and a terminal obeys control characters.

/** C0 and C1 controls, line and paragraph separators, and what reorders text (bidirectional controls). */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** The text on one line, every run of control characters replaced by a space, cut to `maxLength` with an ellipsis. */
export function printable(text: string, maxLength = 2000): string {
  const oneLine = text.replace(CONTROLS, " ").trim();
  return oneLine.length > maxLength ? `${oneLine.slice(0, maxLength - 1)}…` : oneLine;
}
