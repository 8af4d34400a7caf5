// Flower's side: bench/peers/flowerSecAgg.py, run by a Python that has Flower. Nothing is installed from here.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { MEASURED } from "./cell.ts";
import type { Cell, ClientCost, ServerCost } from "./cell.ts";

const run = promisify(execFile);
const PEER = resolve(import.meta.dirname, "../peers/flowerSecAgg.py");
/** How to have a Flower for the bench, in a folder that may be thrown away. */
export const HOW_TO_HAVE_FLOWER = [
  "python3 -m venv /tmp/flower && /tmp/flower/bin/pip install flwr==1.41.0 numpy==2.4.6",
  "FOEDUS_FLOWER_PYTHON=/tmp/flower/bin/python npm run bench -- secagg",
];

export interface FlowerRound {
  readonly client: ClientCost;
  readonly server: readonly ServerCost[];
  /** Of the packages it is made of. */
  readonly versions: Readonly<Record<string, string>>;
  /** How many bits of the 32 that the generator takes do vary, over all seeds of the round. */
  readonly selfSeedBits: number;
  readonly edgeSeedBits: number;
}

/** As flowerSecAgg.py prints it, in seconds. */
interface Printed {
  readonly versions: Readonly<Record<string, string>>;
  readonly selfSeedBits: number;
  readonly edgeSeedBits: number;
  readonly client: Readonly<Record<"setup" | "share_keys" | "collect_masked_vectors", Spent>>;
  readonly bytes: Readonly<Record<"setup" | "share_keys" | "collect_masked_vectors", number>>;
  readonly rounds: readonly {
    readonly dropped: number;
    readonly sum: Spent;
    readonly unmask: Spent;
    readonly answerBytes: number;
  }[];
}

interface Spent {
  readonly total: number;
  readonly mask: number;
  readonly secrets: number;
}

/** The Python named by FOEDUS_FLOWER_PYTHON, if it has Flower. */
export async function flowerPython(): Promise<string | undefined> {
  const python = process.env["FOEDUS_FLOWER_PYTHON"];
  if (!python) return undefined;
  try {
    await run(python, ["-c", "import flwr, numpy"]);
    return python;
  } catch {
    return undefined;
  }
}

/**
 * One round of Flower's SecAgg+ with a complete graph. Client i's vector is `vector` rotated i places to the right; that
 * their mean comes out is checked there.
 */
export async function flowerRound(python: string, cell: Cell, vector: Float32Array): Promise<FlowerRound> {
  const folder = await mkdtemp(join(tmpdir(), "secagg-"));
  try {
    const file = join(folder, "vector");
    await writeFile(file, vector);
    const { trainers, threshold, dropouts } = cell;
    const { stdout } = await run(python, [
      ...[PEER, file, String(trainers), String(threshold)],
      ...[dropouts.join(), String(MEASURED)],
    ]);
    return read(JSON.parse(stdout) as Printed);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Quantising and writing arrays as bytes are left out: both sides do that without secure aggregation too. */
function read({ client, bytes, rounds, ...about }: Printed): FlowerRound {
  const { setup, share_keys: shares, collect_masked_vectors: collect } = client;
  return {
    ...about,
    client: {
      keys: 1e3 * setup.total,
      shares: 1e3 * shares.total,
      agree: 1e3 * collect.secrets,
      mask: 1e3 * collect.mask,
      extraBytes: bytes.setup + bytes.share_keys + (rounds[0]?.answerBytes ?? 0),
      vectorBytes: bytes.collect_masked_vectors,
    },
    server: rounds.map(({ dropped, sum, unmask }) => ({
      dropped,
      sum: 1e3 * sum.mask,
      recover: 1e3 * unmask.secrets,
      unmask: 1e3 * unmask.mask,
    })),
  };
}
