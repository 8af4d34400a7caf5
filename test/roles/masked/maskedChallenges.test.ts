import { expect } from "chai";
import { dataLength, dataSlice } from "ethers";
import { createStopwatch } from "../../../trainer/observe/stopwatch.ts";
import { chunkProof } from "../../../trainer/protocol/chunkTree.ts";
import { packOpening } from "../../../trainer/protocol/fraudProofs.ts";
import type { UnmaskingProof } from "../../../trainer/protocol/maskedProofs.ts";
import { accusationOf, challengeOfMaskedSum } from "../../../trainer/roles/masked/maskedChallenges.ts";
import type { Party } from "../../../trainer/roles/party.ts";
import { randomLanes, seededRandom } from "../../support/seededRandom.ts";
import { blames, proposes } from "../aTask.ts";
import { impatientTraffic } from "../memoryStore.ts";
import { aMaskedRound } from "./aMaskedRound.ts";
import type { Event, MaskedRoundScene } from "./aMaskedRound.ts";

/** Behind its opening each member shows its seed, its key and the hash of its shares; who is dropped three words. */
const SECRETS_BYTES = 4 * 32;
const DROPPED_BYTES = 3 * 32;
const CHUNK = 1;

describe("challenges of a round with several cohorts", () => {
  const random = seededRandom("challenges of cohorts");
  const ROSTERS = [
    [0, 4, 8],
    [1, 5, 6, 9],
    [2, 3, 7],
  ] as const;
  let scene: MaskedRoundScene;

  before(async () => {
    const rules = { cohorts: 3, maxTrainers: 12 };
    scene = await aMaskedRound(random, { trainers: 10, rules, rosters: ROSTERS });
    await scene.share();
    await scene.commit([0, 1, 2, 3, 4, 5, 6, 7, 8]); // not 9
    for (const roster of ROSTERS) await scene.agree(roster.slice(0, 3));
    await scene.reveal([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const at = scene.time();
    scene.events.push({ name: "KeyRebuilt", round: 1, seat: 9, key: scene.secretsOf(9, 1).key, at });
  });
  after(() => scene.close());

  /** A trainer's, whose court takes every call and tells what it was given. */
  function aParty(): Party {
    const taken = { populateTransaction: async (...args: unknown[]) => ({ data: "0x", args }) };
    const maskCourt = { challengeMaskedSum: taken, accuse: taken };
    const { party } = scene.bots[0]!;
    return { ...party, deployment: { ...party.deployment, maskCourt } } as unknown as Party; // no more is asked of it
  }

  const argsOf = ({ request }: { request: object }) => (request as { args: unknown[] }).args;

  /** The seeds that a proof shows, in its order. */
  function seedsIn({ members }: UnmaskingProof, count: number): string[] {
    const each = dataLength(members) / count;
    return Array.from({ length: count }, (_, i) =>
      dataSlice(members, (i + 1) * each - SECRETS_BYTES, (i + 1) * each - 96),
    );
  }

  const seedsOf = (seats: readonly number[]) => seats.map((seat) => scene.secretsOf(seat, 1).seed);

  async function challenge(log = scene.events): Promise<UnmaskingProof[]> {
    const posted = chunkProof(randomLanes(random, scene.rules.parameters), CHUNK);
    const finding = { kind: "wrongSum", chunk: CHUNK, sum: posted } as const;
    const traffic = impatientTraffic(scene.store);
    const made = await challengeOfMaskedSum(aParty(), traffic, createStopwatch(), scene.round(log), finding);
    const [task, round, chunk, proofs, sum] = argsOf(made) as [string, number, number, UnmaskingProof[], string];
    expect([task, round, chunk]).to.deep.equal([scene.bots[0]!.party.opened.address, 1, CHUNK]);
    expect(sum).to.equal(packOpening(posted));
    return proofs;
  }

  it("of a sum have one proof for each cohort in it, in order, with its own members and dropped seats", async () => {
    const [first, second, third, ...more] = await challenge();
    expect(more).to.deep.equal([]);
    expect(seedsIn(first!, 3)).to.deep.equal(seedsOf(ROSTERS[0]));
    expect(seedsIn(second!, 3)).to.deep.equal(seedsOf([1, 5, 6]));
    expect(seedsIn(third!, 3)).to.deep.equal(seedsOf(ROSTERS[2]));
    expect([first!.dropped, third!.dropped]).to.deep.equal(["0x", "0x"]);
    expect(dataLength(second!.dropped)).to.equal(DROPPED_BYTES);
    expect(dataSlice(second!.dropped, 0, 32)).to.equal(scene.secretsOf(9, 1).key);
  });

  it("of a sum leave out a cohort that was blamed", async () => {
    const at = scene.time();
    const blamed = [proposes(1, 0), blames(1, 0, at + 90)].map((event) => ({ ...event, at }) as Event);
    const proofs = await challenge([...scene.events, ...blamed]);
    expect(proofs).to.have.length(2);
    expect(seedsIn(proofs[0]!, 3)).to.deep.equal(seedsOf([1, 5, 6]));
  });

  it("accuse one cohort, by its number, with a proof of its own", async () => {
    for (const [index, members] of [ROSTERS[0], [1, 5, 6], ROSTERS[2]].entries()) {
      const cohort = scene.cohort(undefined, index);
      const made = await accusationOf(aParty(), impatientTraffic(scene.store), createStopwatch(), cohort, CHUNK);
      const [, round, number, chunk, proof] = argsOf(made) as [string, number, number, number, UnmaskingProof];
      expect([round, number, chunk]).to.deep.equal([1, index, CHUNK]);
      expect(seedsIn(proof, 3)).to.deep.equal(seedsOf(members));
    }
  });
});
