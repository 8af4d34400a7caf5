/** Results on stdout: lines for people, or one JSON object with money as decimal strings. */
export function print(json: boolean, result: object, lines: string | readonly string[]): void {
  const text = json ? JSON.stringify(result, bigintAsText) : [lines].flat().join("\n");
  process.stdout.write(`${text}\n`);
}

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

/** Rows in aligned columns; the first row is the header. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
