// What secure aggregation costs, beside Flower's SecAgg+ on the same vectors in the same run: complete graphs, two thirds
// of the trainers rebuild a secret, and 0, 10 or 30 % of them vanish once they have shared their keys. Milliseconds of the
// processor for one trainer and for whoever adds up (Flower's server, our proposer); quantising, encoding and commitments
// are left out of both. A graph of ours has at most 32 seats: 64 trainers are two graphs, and sum and masks of both count.
//
// Flower is measured where FOEDUS_FLOWER_PYTHON names a Python that has it. A round of 64 takes it minutes.
import { availableParallelism } from "node:os";
import { createRandom } from "../trainer/learning/random.ts";
import { MAX_SHARES } from "../trainer/privacy/shamir.ts";
import { quantise } from "../trainer/protocol/quantise.ts";
import type { Row } from "./row.ts";
import type { Cell, ClientCost, ServerCost } from "./secagg/cell.ts";
import { HOW_TO_HAVE_FLOWER, flowerPython, flowerRound } from "./secagg/flower.ts";
import { foedusRound } from "./secagg/foedus.ts";
import type { FoedusRound } from "./secagg/foedus.ts";

const SIZES = [
  { trainers: 16, length: 100_000 },
  { trainers: 64, length: 100_000 },
  { trainers: 32, length: 1_600_000 },
];
const GONE_PERCENT = [0, 10, 30];
const FIXED_POINT = { fractionBits: 20, clip: 1 };

export default async function secagg(): Promise<Row[]> {
  const python = await flowerPython();
  if (python === undefined)
    console.log(["Flower: peer not available. To have it:", ...HOW_TO_HAVE_FLOWER].join("\n  "));
  console.log("Warming up ...");
  await foedusRound(aCell(8, 200_000, [0, 2]), quantise(aVector(200_000), FIXED_POINT));
  const rows: Row[] = [
    row("Foedus", "selfSeed", 256, "bits, into ChaCha20"),
    row("Foedus", "edgeSeed", 128, "bits (secp256k1 to a key of 256), into ChaCha20"),
  ];
  for (const [i, { trainers, length }] of SIZES.entries()) {
    const size = `${trainers} x ${length / 1000}k`;
    const vector = aVector(length);
    const gone = GONE_PERCENT.map((percent) => Math.round((percent * trainers) / 100));
    console.log(`${size}, Foedus ...`);
    const ours = await inGraphs(trainers, gone, quantise(vector, FIXED_POINT));
    const graphs = trainers > MAX_SHARES ? `Foedus, ${trainers / MAX_SHARES} cohorts of ${MAX_SHARES}` : "Foedus";
    const { client } = ours;
    rows.push(
      ...ofRound(`${size}, ${graphs}`, ours, length),
      row(`${size}, ${graphs}`, "rebuildSeed", ours.rebuildSeed, "ms, for each trainer that committed and fell silent"),
      row(`${size}, ${graphs}`, "bareCipher", client.bareCipher, "ms"),
      row(`${size}, ${graphs}`, "maskOfBareCipher", (100 * client.bareCipher) / client.mask, "%"),
      row(
        `${size}, ${graphs}`,
        "maskAllCores",
        client.maskAllCores,
        `ms on the clock, ${availableParallelism()} cores`,
      ),
    );
    if (python === undefined) continue;
    console.log(`${size}, Flower ...`);
    const theirs = await flowerRound(python, aCell(trainers, length, gone), vector);
    const flower = `Flower ${theirs.versions["flwr"]}`;
    if (i === 0) {
      rows.unshift(
        row(flower, "selfSeed", theirs.selfSeedBits, "bits, into MT19937"),
        row(flower, "edgeSeed", theirs.edgeSeedBits, "bits, into MT19937"),
      );
    }
    rows.push(...ofRound(`${size}, ${flower}`, theirs, length), ...compared(size, ours, theirs));
  }
  return rows;
}

function aCell(trainers: number, length: number, dropouts: readonly number[]): Cell {
  return { trainers, length, threshold: Math.ceil((2 * trainers) / 3), dropouts };
}

function aVector(length: number): Float32Array {
  const random = createRandom(`secagg ${length}`);
  return Float32Array.from({ length }, () => random.normal() / 20);
}

interface Round {
  readonly client: ClientCost;
  readonly server: readonly ServerCost[];
}

/** All trainers in as many graphs as they need, the vanished spread over them; a trainer sits in one. */
async function inGraphs(trainers: number, gone: readonly number[], vector: Int32Array): Promise<FoedusRound> {
  const graphs = Math.ceil(trainers / MAX_SHARES);
  const rounds: FoedusRound[] = [];
  for (let graph = 0; graph < graphs; graph++) {
    const dropouts = gone.map((dropped) => Math.floor((dropped + graph) / graphs));
    rounds.push(await foedusRound(aCell(trainers / graphs, vector.length, dropouts), vector));
  }
  const total = (of: "dropped" | "sum" | "recover" | "unmask", at: number) =>
    rounds.reduce((sum, { server }) => sum + server[at]![of], 0);
  const server = gone.map((_, at) => ({
    dropped: total("dropped", at),
    sum: total("sum", at),
    recover: total("recover", at),
    unmask: total("unmask", at),
  }));
  return { ...rounds[0]!, server };
}

function ofRound(of: string, { client, server }: Round, length: number): Row[] {
  const { keys, shares, agree, mask, extraBytes, vectorBytes } = client;
  return [
    row(of, "keys", keys, "ms"),
    row(of, "shares", shares, "ms"),
    row(of, "agree", agree, "ms"),
    row(of, "mask", mask, "ms"),
    row(of, "client", clientTotal(client), "ms"),
    ...server.flatMap((cost, i) => [
      row(`${of}, ${GONE_PERCENT[i]} % gone`, "sum", cost.sum, "ms"),
      row(`${of}, ${GONE_PERCENT[i]} % gone`, "recover", cost.recover, "ms"),
      row(`${of}, ${GONE_PERCENT[i]} % gone`, "unmask", cost.unmask, "ms"),
      row(`${of}, ${GONE_PERCENT[i]} % gone`, "server", serverTotal(cost), "ms"),
    ]),
    row(of, "sentMasked", vectorBytes, "bytes"),
    row(of, "sentBesides", extraBytes, "bytes"),
    row(of, "sentOfPlain", (vectorBytes + extraBytes) / (4 * length), "ratio"),
  ];
}

function compared(size: string, ours: Round, theirs: Round): Row[] {
  const secrets = ({ client: { keys, shares, agree } }: Round) => keys + shares + agree;
  return [
    row(size, "secretsOfClientFaster", secrets(theirs) / secrets(ours), "times"),
    row(size, "clientOfFlower", clientTotal(ours.client) / clientTotal(theirs.client), "ratio"),
    ...ours.server.flatMap((cost, i) => {
      const peer = theirs.server[i]!;
      const of = `${size}, ${GONE_PERCENT[i]} % gone`;
      const faster = (secrets(theirs) + peer.recover) / (secrets(ours) + cost.recover);
      return [
        row(of, "secretsFaster", faster, "times"),
        row(of, "serverOfFlower", serverTotal(cost) / serverTotal(peer), "ratio"),
        row(of, "sumAndUnmaskOfFlower", (cost.sum + cost.unmask) / (peer.sum + peer.unmask), "ratio"),
      ];
    }),
  ];
}

function clientTotal({ keys, shares, agree, mask }: ClientCost): number {
  return keys + shares + agree + mask;
}

function serverTotal({ sum, recover, unmask }: ServerCost): number {
  return sum + recover + unmask;
}

function row(of: string, metric: string, value: number, unit: string): Row {
  return { bench: "secagg", case: of, metric, value, unit };
}
