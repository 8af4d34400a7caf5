import { expect } from "chai";
import type { Deployment } from "../../trainer/chain/deployment.ts";
import type { Proposal } from "../../trainer/chain/taskState.ts";
import { CHUNK_LANES, chunkTree, parentOf, verifyChunk } from "../../trainer/protocol/chunkTree.ts";
import type { ChunkTree } from "../../trainer/protocol/chunkTree.ts";
import { packOpening, pathToModelRoot } from "../../trainer/protocol/fraudProofs.ts";
import {
  MODEL,
  SUM,
  nextModelQuestion,
  nextQuestion,
  readDisclosure,
  shownDifference,
  shownStep,
} from "../../trainer/roles/disclosure.ts";
import type { Disclosure, Question, Shown } from "../../trainer/roles/disclosure.ts";
import { rejection } from "../learning/rejection.ts";
import { randomLanes, seededRandom } from "../support/seededRandom.ts";
import { RULES, account, word } from "./aTask.ts";

const NOTHING_YET: Disclosure = { open: [], shown: [] };

/** What is there to see after a question about one of these vectors was answered, as its proposer has to. */
function shows(trees: ReadonlyMap<number, ChunkTree>, { shown }: Disclosure, { vector, chunk }: Question): Disclosure {
  const roots = [...trees].filter(([v]) => v >= MODEL).map(([, { root }]) => root);
  const above = vector === SUM ? [] : pathToModelRoot(roots, vector - MODEL);
  const opening = trees.get(vector)!.proof(chunk);
  return { open: [], shown: [...shown, { vector, chunk, opening, above }] };
}

describe("following a hidden vector to a wrong chunk", () => {
  const random = seededRandom("hidden trees");
  const uniform = () => random.uniform();

  /** The same vector with one lane changed in each of so many chunks. */
  function withWrong(own: Int32Array, chunks: number): Int32Array {
    const posted = own.slice();
    for (const chunk of new Set(Array.from({ length: chunks }, () => random.below(own.length / CHUNK_LANES)))) {
      posted[chunk * CHUNK_LANES + random.below(CHUNK_LANES)]! ^= 1 << random.below(32);
    }
    return posted;
  }

  /** Asks until a wrong chunk is shown. */
  function questionsUntilFound(own: ChunkTree, posted: ChunkTree): number {
    let disclosure = NOTHING_YET;
    for (let questions = 0; ; questions++) {
      const found = shownDifference(SUM, own, disclosure);
      if (found !== undefined) {
        expect(verifyChunk(posted.root, posted.depth, found.opening)).to.equal(true);
        expect(verifyChunk(own.root, own.depth, found.opening)).to.equal(false);
        return questions;
      }
      expect(questions, "questions that led nowhere").to.be.at.most(own.depth);
      const question = nextQuestion(SUM, own, disclosure, uniform);
      expect(disclosure.shown.some(({ chunk }) => chunk === question.chunk)).to.equal(false);
      disclosure = shows(new Map([[SUM, posted]]), disclosure, question);
    }
  }

  for (const depth of [0, 1, 2, 5, 8, 12]) {
    it(`of ${2 ** depth} chunks takes at most ${depth / 2 + 2} questions on average, and never more than ${depth + 1}`, () => {
      const own = randomLanes(random, CHUNK_LANES * 2 ** depth);
      const tree = chunkTree(own);
      const attempts = depth === 12 ? 60 : 300;
      let questions = 0;
      for (let attempt = 0; attempt < attempts; attempt++) {
        questions += questionsUntilFound(tree, chunkTree(withWrong(own, 1 + (attempt % 3))));
      }
      expect(questions / attempts).to.be.within(1, depth / 2 + 2);
    });
  }

  it("ends as soon when everything is wrong", () => {
    const [own, posted] = [randomLanes(random, CHUNK_LANES * 64), randomLanes(random, CHUNK_LANES * 64)];
    expect(questionsUntilFound(chunkTree(own), chunkTree(posted))).to.equal(1);
  });

  it("finds what was written into the padding", () => {
    const own = randomLanes(random, CHUNK_LANES * 5 - 3);
    for (const lane of [5 * CHUNK_LANES - 1, 5 * CHUNK_LANES, 8 * CHUNK_LANES - 1]) {
      const posted = new Int32Array(8 * CHUNK_LANES);
      posted.set(own);
      posted[lane] = 1;
      questionsUntilFound(chunkTree(own), chunkTree(posted));
    }
  });

  it("ends also when it is always others who ask, as badly as they can, and only where it would ask as well", () => {
    const own = randomLanes(random, CHUNK_LANES * 2 ** 8);
    const tree = chunkTree(own);
    const posted = own.slice();
    posted[0] = posted[0]! ^ 1;
    const other = chunkTree(posted);
    let disclosure = NOTHING_YET;
    let questions = 0;
    for (let width = 2 ** 8; shownDifference(SUM, tree, disclosure) === undefined; width /= 2) {
      // The last chunk of the part that holds the wrong one: its path tells least.
      const asked = { vector: SUM, chunk: Math.max(0, width - 1), requester: account(9), answerBy: 0 };
      expect(nextQuestion(SUM, tree, { ...disclosure, open: [asked] }, uniform)).to.equal(asked);
      disclosure = shows(new Map([[SUM, other]]), disclosure, asked);
      questions++;
    }
    expect(questions).to.be.at.most(9);
  });

  it("does not wait for questions that lead elsewhere", () => {
    const own = randomLanes(random, CHUNK_LANES * 16);
    const posted = own.slice();
    posted[0] = posted[0]! ^ 1;
    const [tree, other] = [chunkTree(own), chunkTree(posted)];
    const disclosure = shows(new Map([[SUM, other]]), NOTHING_YET, { vector: SUM, chunk: 15 });
    const open = [
      { vector: SUM, chunk: 9, requester: account(9), answerBy: 0 },
      { vector: MODEL, chunk: 1, requester: account(9), answerBy: 0 },
    ];
    expect(nextQuestion(SUM, tree, { ...disclosure, open }, uniform).chunk).to.be.below(8);
  });
});

describe("following a hidden model to a wrong chunk", () => {
  const random = seededRandom("hidden models");
  const uniform = () => random.uniform();
  const DEPTH = 6;

  for (const vectors of [1, 2, 3]) {
    for (let wrong = 0; wrong < vectors; wrong++) {
      it(`with ${vectors - 1} moments finds the wrong one, vector ${wrong}, and has that chunk of all shown`, () => {
        const own = Array.from({ length: vectors }, () => randomLanes(random, CHUNK_LANES * 2 ** DEPTH));
        const trees = own.map((vector) => chunkTree(vector));
        let questions = 0;
        const attempts = 100;
        for (let attempt = 0; attempt < attempts; attempt++) {
          const lane = random.below(CHUNK_LANES * 2 ** DEPTH);
          const lie = own[wrong]!.slice();
          lie[lane]! ^= 1 << random.below(32);
          const posted = trees.with(wrong, chunkTree(lie));
          const { chunk, asked } = followed(trees, posted);
          expect(chunk).to.equal(Math.floor(lane / CHUNK_LANES));
          questions += asked;
        }
        // One to learn which vector it is, then down in that one, then the others at the same chunk.
        expect(questions / attempts).to.be.at.most(DEPTH / 2 + 2 + vectors);
      });
    }
  }

  it("with moments finds one of several wrong vectors", () => {
    const own = Array.from({ length: 3 }, () => chunkTree(randomLanes(random, CHUNK_LANES * 2 ** DEPTH)));
    const posted = Array.from({ length: 3 }, () => chunkTree(randomLanes(random, CHUNK_LANES * 2 ** DEPTH)));
    expect(followed(own, posted).asked).to.equal(3);
  });

  it("asks for a second moment that is not under the root the way the court wants it", () => {
    const own = Array.from({ length: 3 }, () => chunkTree(randomLanes(random, CHUNK_LANES * 4)));
    const [model, first] = own.map((tree) => tree.root);
    const opening = own[0]!.proof(2);
    // Beside both stands what is no node of the second moment's root and nothing: no opening leads there.
    const shown = [{ vector: MODEL, chunk: 2, opening, above: [first!, parentOf(model!, first!)] }];
    expect(nextModelQuestion(own, { open: [], shown }, uniform).vector).to.equal(MODEL + 2);
  });

  function followed(own: readonly ChunkTree[], posted: readonly ChunkTree[]): { chunk: number; asked: number } {
    const trees = new Map(posted.map((tree, v) => [MODEL + v, tree]));
    let disclosure = NOTHING_YET;
    for (let asked = 0; ; asked++) {
      const step = shownStep(own, disclosure);
      if (step !== undefined) {
        expect(step.next.every((opening, v) => verifyChunk(posted[v]!.root, DEPTH, opening))).to.equal(true);
        return { chunk: step.chunk, asked };
      }
      expect(asked, "questions that led nowhere").to.be.at.most(DEPTH + 2 + own.length);
      disclosure = shows(trees, disclosure, nextModelQuestion(own, disclosure, uniform));
    }
  }
});

describe("what was asked and shown of a proposal", () => {
  const proposal = { seat: 0, ordinal: 2, block: 7 } as Proposal; // nothing else of it is looked at
  const tree = chunkTree(Int32Array.from({ length: RULES.parameters }, (_, i) => i));
  const opening = packOpening(tree.proof(1));

  interface Logged {
    readonly ordinal?: number;
    readonly vector?: number;
    readonly chunk?: number;
    readonly opening?: string;
  }

  /** The court's log: its numbers are bigints, as ethers gives them. */
  function courtThatLogged(asked: readonly Logged[], shown: readonly Logged[]): Pick<Deployment, "court"> {
    const logs = (events: readonly Logged[]) =>
      events.map(({ ordinal = 2, vector = SUM, chunk = 1, opening: bytes = opening }) => ({
        args: {
          ...{ ordinal: BigInt(ordinal), vector: BigInt(vector), chunk: BigInt(chunk), opening: bytes },
          ...{ requester: account(5), answerBy: 99n },
        },
      }));
    const court = {
      filters: { ChunkRequested: () => "asked", ChunkDisclosed: () => "shown" },
      queryFilter: async (which: string, from: number) => {
        expect(from).to.equal(proposal.block);
        return logs(which === "asked" ? asked : shown);
      },
    };
    return { court } as unknown as Pick<Deployment, "court">; // it only logs
  }

  const read = (asked: readonly Logged[], shown: readonly Logged[], rules = RULES) =>
    readDisclosure(courtThatLogged(asked, shown), word(1), rules, 1, proposal);

  it("is read with its openings, and what waits for an answer", async () => {
    const { open, shown } = await read([{ chunk: 1 }, { chunk: 0 }], [{ chunk: 1 }]);
    expect(open).to.deep.equal([{ vector: SUM, chunk: 0, requester: account(5), answerBy: 99 }]);
    expect(shown).to.deep.equal([{ vector: SUM, chunk: 1, opening: tree.proof(1), above: [] }]);
  });

  it("is not that of another proposal of the round", async () => {
    const others = [{ ordinal: 1 }, { ordinal: 3 }];
    expect(await read(others, others)).to.deep.equal(NOTHING_YET);
    expect((await read([{ ordinal: 2 }], others)).open, "an answer for another is none").to.have.length(1);
  });

  it("waits for an answer again when the same was asked again", async () => {
    expect((await read([{}, {}], [{}])).open).to.have.length(1);
    expect((await read([{}, {}], [{}, {}])).open).to.have.length(0);
    expect((await read([{}, { vector: MODEL }], [{}])).open).to.deep.include.members([
      { vector: MODEL, chunk: 1, requester: account(5), answerBy: 99 },
    ]);
  });

  it("has the hashes above a vector's root only where the model has moments", async () => {
    const fedAdam = { ...RULES, serverRule: "FedAdam" } as const;
    const above = [word(1), word(2)];
    const long = packOpening(tree.proof(1), ...above);
    const [first] = (await read([], [{ vector: MODEL, opening: long }], fedAdam)).shown as [Shown];
    expect(first.above).to.deep.equal(above);
    const [sum] = (await read([], [{ vector: SUM }], fedAdam)).shown as [Shown];
    expect(sum.above).to.deep.equal([]);
  });

  it("is refused, and said so, where an opening is not as long as its tree is deep", async () => {
    for (const bad of ["0x", opening.slice(0, -2), `${opening}00`, packOpening(tree.proof(1), word(1)), "nonsense"]) {
      const error = await rejection(read([], [{ opening: bad }]));
      expect(error.name).to.equal("MalformedOpeningError");
      expect(error.message).to.include("is 160 bytes");
    }
  });
});
