// What training costs and what it sends, in parts: `npm run bench -- learning` runs those that take less than some three
// minutes, `npm run bench -- learning PART` one. Each part is a file in bench/learning/ and loads what it needs only when
// it is asked for.
import type { Row } from "./row.ts";

interface Part {
  /** Whether it runs when none is named. */
  readonly isQuick: boolean;
  readonly load: () => Promise<{ default: () => Promise<Row[]> }>;
}

const PARTS: Record<string, Part> = {
  speed: { isQuick: true, load: () => import("./learning/speed.ts") },
};

export const parts = Object.keys(PARTS);

/** @param wanted one of `parts`; all that are quick if none is named. */
export default async function learning(wanted?: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, { isQuick, load }] of Object.entries(PARTS)) {
    if (wanted === undefined ? !isQuick : name !== wanted) continue;
    const part = await load();
    rows.push(...(await part.default()));
  }
  return rows;
}
