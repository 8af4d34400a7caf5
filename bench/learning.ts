// What training costs and what it sends, in parts: `npm run bench -- learning` runs those that take less than some three
// minutes, `npm run bench -- learning PART` one. Each part is a file in bench/learning/ and loads what it needs only when
// it is asked for.
import type { mcmahan as mcmahanCell } from "./learning/mcmahan.ts";
import type { Row } from "./row.ts";

interface Part {
  /** Whether it runs when none is named. */
  readonly isQuick: boolean;
  readonly measure: () => Promise<Row[]>;
}

const PARTS: Record<string, Part> = {
  speed: { isQuick: true, measure: async () => (await import("./learning/speed.ts")).default() },
  compression: { isQuick: false, measure: async () => (await import("./learning/compression.ts")).default() },
  attackers: { isQuick: false, measure: async () => (await import("./learning/attackers.ts")).default() },
  niid: { isQuick: false, measure: () => niid("SMALLER") },
  niidTenth: { isQuick: false, measure: () => niid("TENTH") },
  niidWhole: { isQuick: false, measure: () => niid("WHOLE") },
  mcmahanIid: { isQuick: false, measure: () => mcmahan("CNN", "iid", 40) },
  mcmahanPathological: { isQuick: false, measure: () => mcmahan("CNN", "pathological", 400) },
  mcmahan2nnIid: { isQuick: false, measure: () => mcmahan("2NN", "iid", 200) },
  mcmahan2nnPathological: { isQuick: false, measure: () => mcmahan("2NN", "pathological", 1_000) },
};

async function niid(size: "SMALLER" | "TENTH" | "WHOLE"): Promise<Row[]> {
  const cells = await import("./learning/niid.ts");
  return cells.niid(cells[size]);
}

async function mcmahan(...cell: Parameters<typeof mcmahanCell>): Promise<Row[]> {
  return (await import("./learning/mcmahan.ts")).mcmahan(...cell);
}

export const parts = Object.keys(PARTS);

/** @param wanted one of `parts`; all that are quick if none is named. */
export default async function learning(wanted?: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, { isQuick, measure }] of Object.entries(PARTS)) {
    if (wanted === undefined ? isQuick : name === wanted) rows.push(...(await measure()));
  }
  return rows;
}
