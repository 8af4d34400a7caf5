/**
 * Chunks of a proposal that were asked for on chain and shown there, and where to ask next: every path that is shown also
 * shows beside which nodes the other tree differs from the own, so that a single wrong chunk of a hidden tree is found
 * after some log2(chunks) / 2 questions.
 */
import type { Deployment } from "../chain/deployment.ts";
import { chunkDepth, openingBytes, parentOf } from "../protocol/chunkTree.ts";
import type { ChunkProof, ChunkTree } from "../protocol/chunkTree.ts";
import { differingSiblings, firstDifference } from "../protocol/chunkDifference.ts";
import { unpackOpening } from "../protocol/fraudProofs.ts";
import { NOTHING } from "../protocol/modelRoot.ts";
import type { Proposal } from "../chain/taskState.ts";
import type { TaskRules } from "../chain/taskRules.ts";
import { momentCount } from "../protocol/serverStep.ts";

/** The sum, the model, and its moments, as the court numbers them. */
export type VectorNumber = number;
export const SUM: VectorNumber = 0;
export const MODEL: VectorNumber = 1;

export interface Question {
  readonly vector: VectorNumber;
  readonly chunk: number;
}

export interface Asked extends Question {
  readonly requester: string;
  /** Seconds since 1970. */
  readonly answerBy: number;
}

export interface Shown extends Question {
  readonly opening: ChunkProof;
  /** The hashes that lead from the vector's root to that of the model with its moments. */
  readonly above: readonly string[];
}

export interface Disclosure {
  /** And not answered yet. */
  readonly open: readonly Asked[];
  readonly shown: readonly Shown[];
}

/** What was asked and shown of the proposal that stands in this round. */
export async function readDisclosure(
  { court }: Pick<Deployment, "court">,
  task: string,
  rules: TaskRules,
  round: number,
  proposal: Proposal,
): Promise<Disclosure> {
  const { ordinal, block } = proposal;
  const [asked, shown] = await Promise.all([
    court.queryFilter(court.filters.ChunkRequested(task, round), block),
    court.queryFilter(court.filters.ChunkDisclosed(task, round), block),
  ]);
  const levels = {
    depth: chunkDepth(rules.parameters),
    above: Math.ceil(Math.log2(1 + momentCount(rules.serverRule))),
  };
  const answers = shown
    .filter(({ args }) => Number(args.ordinal) === ordinal)
    .map(({ args }): Shown => {
      const [vector, chunk] = [Number(args.vector), Number(args.chunk)];
      const {
        chunk: bytes,
        proof,
        above,
      } = unpackOpening(args.opening, levels.depth, vector === SUM ? 0 : levels.above);
      return { vector, chunk, opening: { index: chunk, chunk: bytes, proof }, above };
    });
  const questions = asked
    .filter(({ args }) => Number(args.ordinal) === ordinal)
    .map(({ args }): Asked => ({
      vector: Number(args.vector),
      chunk: Number(args.chunk),
      requester: args.requester,
      answerBy: Number(args.answerBy),
    }));
  // What was answered can be asked for again, and must then be shown again.
  const isOpen = (question: Asked, index: number) => {
    const isIt = (other: Question) => isSame(question, other);
    return questions.slice(0, index).filter(isIt).length >= answers.filter(isIt).length;
  };
  return { open: questions.filter(isOpen), shown: answers };
}

export function isSame(one: Question, other: Question): boolean {
  return one.vector === other.vector && one.chunk === other.chunk;
}

// As in AggregationCourt.sol: what an answer costs besides its opening's bytes, and what each of them costs at most.
const ANSWER_GAS = 100_000;
const GAS_PER_BYTE = 50;

/**
 * What has to be sent with a request for a chunk, in wei, at this base fee. The court's own `requestPrice` cannot be asked:
 * nodes put the base fee at zero in calls.
 */
export function requestPrice(parameters: number, baseFee: bigint): bigint {
  return BigInt(2 * (ANSWER_GAS + GAS_PER_BYTE * openingBytes(chunkDepth(parameters)))) * baseFee;
}

/** The first chunk shown of `vector` that is not the own one. */
export function shownDifference(vector: VectorNumber, own: ChunkTree, { shown }: Disclosure): Shown | undefined {
  return shown.find(
    (each) => each.vector === vector && firstDifference(own.proof(each.chunk).chunk, each.opening.chunk) !== undefined,
  );
}

/**
 * What to ask next to find a chunk in which the posted `vector` differs from the own, or what has been asked already and
 * leads there: one below the deepest place that is known to differ, or any at all while nothing has been shown.
 */
export function nextQuestion(
  vector: VectorNumber,
  own: ChunkTree,
  { open, shown }: Disclosure,
  random: () => number = Math.random,
): Question {
  let place = { level: own.depth, position: 0 };
  for (const { opening } of shown.filter((each) => each.vector === vector)) {
    for (const found of differingSiblings(own, opening)) if (found.level < place.level) place = found;
  }
  const width = 2 ** place.level;
  const leadsThere = (asked: Question) => asked.vector === vector && Math.floor(asked.chunk / width) === place.position;
  return open.find(leadsThere) ?? { vector, chunk: place.position * width + Math.floor(random() * width) };
}

/**
 * The same for the model and its moments, given the own trees of all of them: a chunk that is known to be wrong in one of
 * them is needed in all, because they are proved together.
 */
export function nextModelQuestion(
  own: readonly ChunkTree[],
  disclosure: Disclosure,
  random: () => number = Math.random,
): Question {
  const wrong = own
    .map((tree, v) => shownDifference(MODEL + v, tree, disclosure)?.chunk)
    .find((chunk) => chunk !== undefined);
  if (wrong !== undefined) {
    const lacking = own.findIndex((_, v) => shownAt(disclosure, { vector: MODEL + v, chunk: wrong }) === undefined);
    return { vector: MODEL + Math.max(0, lacking), chunk: wrong };
  }
  const first = Math.max(
    0,
    own.findIndex((tree, v) => differs(MODEL + v, tree, disclosure)),
  );
  return nextQuestion(MODEL + first, own[first]!, disclosure, random);
}

/**
 * The openings of all vectors at a chunk that is wrong in one of them, in order; undefined while one of them is lacking.
 */
export function shownStep(
  own: readonly ChunkTree[],
  disclosure: Disclosure,
): { readonly chunk: number; readonly next: ChunkProof[] } | undefined {
  for (const [v, tree] of own.entries()) {
    const chunk = shownDifference(MODEL + v, tree, disclosure)?.chunk;
    if (chunk === undefined) continue;
    const next = own.map((_, w) => shownAt(disclosure, { vector: MODEL + w, chunk })?.opening);
    if (next.every((opening) => opening !== undefined)) return { chunk, next };
  }
  return undefined;
}

/** Whether the posted `vector` is not the own one, by what was shown of it and of the vectors beside it. */
function differs(vector: VectorNumber, own: ChunkTree, disclosure: Disclosure): boolean {
  const shown = disclosure.shown.filter((each) => each.vector === vector);
  if (shown.length > 0) return shown.some(({ opening }) => differingSiblings(own, opening).length > 0);
  // The first hash above the model's root is that of its first moment. What is beside both is the second's, hashed.
  const beside = disclosure.shown.find((each) => each.vector === MODEL)?.above;
  if (beside === undefined || vector === MODEL) return vector === MODEL;
  return vector === MODEL + 1 ? beside[0] !== own.root : beside[1] !== parentOf(own.root, NOTHING);
}

function shownAt({ shown }: Disclosure, question: Question): Shown | undefined {
  return shown.find((each) => isSame(each, question));
}
