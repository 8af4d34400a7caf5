/**
 * A federation in one process, for experiments with strategies: clients train, their updates are quantised, selected, summed
 * and stepped by the integers of the protocol, and the model is evaluated after each round. No chain, no keys, no network.
 */
import { parameterCount } from "./architecture.ts";
import type { Architecture } from "./architecture.ts";
import { atOwnPace, inRounds } from "./arrivals.ts";
import type { Backend } from "./backend.ts";
import { RESIDUAL, compress } from "./compression/compress.ts";
import { unfitCompression, updateForm } from "./compression/compression.ts";
import type { Compression, UpdateForm } from "./compression/compression.ts";
import type { Dataset } from "./datasets/dataset.ts";
import { evaluate } from "./evaluate.ts";
import { createModel } from "./model.ts";
import type { Model } from "./model.ts";
import { createRandom } from "./random.ts";
import type { Random } from "./random.ts";
import { localUpdate, scaledBy } from "./strategies/localUpdate.ts";
import { stepRule } from "./strategies/serverNumbers.ts";
import { NO_MEMORY, UnsuitableStrategy } from "./strategies/strategy.ts";
import type {
  FederatedTask,
  Memory,
  Plan,
  ReadableUpdate,
  SeatedRound,
  ServerPlan,
  Vectors,
} from "./strategies/strategy.ts";
import type { TrainingSettings } from "./trainingSettings.ts";
import { leftByTrim, rankedSum } from "../protocol/laneRanks.ts";
import { checkNoOverflow } from "../protocol/overflow.ts";
import { dequantise, laneBound, quantise, weigh } from "../protocol/quantise.ts";
import type { FixedPoint } from "../protocol/quantise.ts";
import { freshState, serverStep } from "../protocol/serverStep.ts";

export interface Federation {
  readonly backend: Backend;
  readonly architecture: Architecture;
  /** Each client's data. Clients are named by their place here: "0", "1", ... */
  readonly clients: readonly Dataset[];
  readonly test: Dataset;
  /** The strategy, such as `(task) => planOf({ name: "FedProx", mu: 0.1 }, task)`. */
  readonly plan: (task: FederatedTask) => Plan;
  readonly training: TrainingSettings;
  readonly rounds: number;
  /** C: the share of clients in a round; 1 unless given. */
  readonly fraction?: number;
  /** How many train at a time where they do so at their own pace; all unless given. */
  readonly active?: number;
  /** Lanes of 20 binary digits and deltas up to 1, unless given. */
  readonly fixedPoint?: FixedPoint;
  /** Rows are declared in units of so many, each client at least one; 1 unless given. */
  readonly unitSamples?: number;
  /** How updates are made smaller; not at all unless given. */
  readonly compression?: Compression;
  /** What these clients send instead of their deltas. */
  readonly attacks?: ReadonlyMap<number, Attack>;
  /** Draws the initial model, the clients of each round, batches and attacks. */
  readonly seed: number | string;
  readonly signal?: AbortSignal;
}

export type Attack = (delta: Float32Array, random: Random) => Float32Array;

export interface SimulatedRound {
  /** From 1. */
  readonly round: number;
  /** On the test rows, after the round. */
  readonly accuracy: number;
  readonly loss: number;
  /** By seat: whose updates came in, and by how many rounds their models were older. */
  readonly clients: readonly number[];
  readonly staleness: readonly number[];
  /** By seat: how large the update is. */
  readonly bytes: readonly number[];
  /** Whose updates counted; with none of them the round is void and the model as it was. */
  readonly counted: readonly number[];
}

/** Noise of this standard deviation instead of an update. */
export function gaussianNoise(deviation: number): Attack {
  return (delta, random) => delta.map(() => deviation * random.normal());
}

/** The update backwards, so many times as long. */
export function reversed(times: number): Attack {
  return (delta) => delta.map((moved) => -times * moved);
}

/**
 * Plays the rounds, one after the other as they are asked for.
 * @throws UnsuitableStrategy, SumCouldOverflowError, or as training does.
 */
export async function* simulate(federation: Federation): AsyncGenerator<SimulatedRound, void, undefined> {
  const model = createModel(federation.backend, federation.architecture, federation.seed);
  try {
    yield* playRounds(federation, model);
  } finally {
    model.dispose();
  }
}

async function* playRounds(federation: Federation, model: Model): AsyncGenerator<SimulatedRound, void, undefined> {
  const { clients, test, rounds, fraction = 1, unitSamples = 1, seed, signal } = federation;
  const fixedPoint = federation.fixedPoint ?? { fractionBits: 20, clip: 1 };
  const { fractionBits } = fixedPoint;
  const perRound = Math.min(clients.length, Math.max(1, Math.round(fraction * clients.length)));
  const trainers = { min: perRound, max: perRound };
  const plan = federation.plan({ training: federation.training, fractionBits, trainers });
  const units = clients.map(({ rows }) => Math.max(1, Math.floor(rows / unitSamples)));
  const weights = plan.server.rule === "Uniform" ? units.map(() => 1) : units;
  assertSumsFit(plan, perRound, Math.max(...weights), fixedPoint);

  const { compression } = federation;
  const unfit = compression && unfitCompression(compression, plan);
  if (unfit !== undefined) throw new UnsuitableStrategy(`Compression does not fit: ${unfit.message}.`, unfit.fault);
  const form = compression && updateForm(compression, parameterCount(federation.architecture));

  const random = createRandom(`${seed}/arrivals`);
  const arrivals =
    plan.ownPace === undefined
      ? inRounds(clients.length, perRound, random)
      : atOwnPace(clients.length, perRound, federation.active ?? clients.length, plan.ownPace, random);
  const step = createServer(plan.server, fractionBits);
  let lanes = quantise(model.readWeights(), { fractionBits, clip: 2 ** (31 - fractionBits) });
  /** What rounds started from, as long as somebody may still train on it. */
  const starts = new Map([[1, dequantise(lanes, fractionBits)]]);
  let shared: Vectors = NO_MEMORY.shared;
  const own = new Map<number, Vectors>();

  for (let round = 1; round <= rounds; round++) {
    const seats = arrivals.next().value;
    const declaredRows = seats.map(({ client }) => units[client]! * unitSamples);
    const updates: ReadableUpdate[] = [];
    const kept: Vectors[] = [];
    const bytes: number[] = [];
    for (const [seat, { client, startedIn }] of seats.entries()) {
      const memory = { shared, own: own.get(client) ?? NO_MEMORY.own };
      const seated = { declaredRows, seat, staleness: round - startedIn };
      const turn = { client, round, plan, memory, seated, start: starts.get(startedIn)! };
      const { delta, sent } = await trainClient(federation, model, turn);
      const update = compressed(form, quantise(sent, fixedPoint), memory, fixedPoint, `${seed}/${round}/${client}`);
      updates.push({ seat, trainer: String(client), lanes: update.lanes });
      kept.push({ ...plan.local?.keep?.(memory, delta), ...update.own });
      bytes.push(update.bytes);
    }
    const counted = plan.select === undefined ? [...updates.keys()] : await plan.select(updates, signal);
    const clientOf = (seat: number) => seats[seat]!.client;
    if (counted.length > 0) {
      const parts = counted.map((seat) => ({ lanes: updates[seat]!.lanes, weight: weights[clientOf(seat)]! }));
      const from = dequantise(lanes, fractionBits);
      lanes = step(lanes, parts);
      const finished = { from, to: dequantise(lanes, fractionBits), updates: counted.length };
      shared = plan.local?.follow?.(shared, finished) ?? shared;
      for (const seat of counted) own.set(clientOf(seat), kept[seat]!);
    }
    const next = dequantise(lanes, fractionBits);
    starts.set(round + 1, next);
    starts.delete(round - (plan.ownPace?.mostStaleness ?? 0));
    model.writeWeights(next);
    const { accuracy, loss } = await evaluate(model, test, signal === undefined ? {} : { signal });
    yield {
      ...{ round, accuracy, loss, clients: seats.map(({ client }) => client), counted: counted.map(clientOf) },
      ...{ staleness: seats.map(({ startedIn }) => round - startedIn), bytes },
    };
  }
}

/** @throws SumCouldOverflowError */
function assertSumsFit({ server: { trim = 0 } }: Plan, perRound: number, maxWeight: number, fixedPoint: FixedPoint) {
  const cohorts = trim === 0 ? 1 : perRound;
  checkNoOverflow({ ...fixedPoint, maxTrainers: perRound, cohorts, trim, maxWeight });
}

interface Turn {
  readonly client: number;
  readonly round: number;
  readonly plan: Plan;
  readonly memory: Memory;
  readonly seated: SeatedRound;
  readonly start: Float32Array;
}

/** What came out of a client's training, and what it sends. */
async function trainClient(
  { clients, training, attacks, seed, signal }: Federation,
  model: Model,
  { client, round, plan, memory, seated, start }: Turn,
): Promise<{ delta: Float32Array; sent: Float32Array }> {
  const declaredRows = seated.declaredRows[seated.seat]!;
  const { delta } = await localUpdate(model, clients[client]!, start, {
    ...{ plan, training, memory, declaredRows, seed: `${seed}/${round}/${client}` },
    ...(signal === undefined ? {} : { signal }),
  });
  const honest = scaledBy(plan.local?.scale?.(delta, seated) ?? 1, delta);
  const attack = attacks?.get(client);
  return { delta, sent: attack?.(honest, createRandom(`${seed}/attack/${round}/${client}`)) ?? honest };
}

/** What is summed of an update, how many bytes it takes, and what is left for the next. */
function compressed(
  form: UpdateForm | undefined,
  delta: Int32Array,
  { own }: Memory,
  fixedPoint: FixedPoint,
  label: string,
): { lanes: Int32Array; bytes: number; own: Vectors } {
  if (form === undefined) return { lanes: delta, bytes: delta.byteLength, own: {} };
  const turn = { residual: own[RESIDUAL], bound: laneBound(fixedPoint), label };
  const { lanes, coded, residual } = compress(form, delta, turn);
  return { lanes, bytes: coded.length, own: { [RESIDUAL]: residual } };
}

interface Part {
  readonly lanes: Int32Array;
  readonly weight: number;
}

/** Sums the updates that count and steps the model, in integers. Keeps the rule's moments from round to round. */
function createServer(
  server: ServerPlan,
  fractionBits: number,
): (model: Int32Array, parts: readonly Part[]) => Int32Array {
  const { trim = 0 } = server;
  const rule = stepRule(server, fractionBits);
  let moments: readonly Int32Array[] | undefined;
  return (model, parts) => {
    const sums = parts.map(({ lanes, weight }) => ({ sum: weigh(lanes, weight), divisor: weight }));
    const total = parts.reduce((sum, { weight }) => sum + weight, 0);
    const divisor = trim === 0 ? total : leftByTrim(parts.length, trim);
    const state = moments === undefined ? freshState(rule.rule, model) : { model, moments };
    const next = serverStep(rule, state, rankedSum(sums, trim), divisor);
    moments = next.moments;
    return next.model;
  };
}
