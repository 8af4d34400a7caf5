// The court against proofs that the bots' own code builds from real vectors: what is wrong is convicted, what is right
// cannot be, and the round goes on and ends as it should.
import { expect } from "chai";
import { chunkDepth } from "../../../trainer/protocol/chunkTree.ts";
import { claimOf, packOpening, pathToModelRoot, unpackOpening } from "../../../trainer/protocol/fraudProofs.ts";
import { SERVER_RULES, momentCount, serverStep } from "../../../trainer/protocol/serverStep.ts";
import type { ServerState } from "../../../trainer/protocol/serverStep.ts";
import type { Random } from "../../../trainer/learning/random.ts";
import {
  aRealRound,
  aRoundFrom,
  challenge,
  claim,
  encodingChallenge,
  post,
  rightOf,
  send,
  serverRules,
  stepChallenge,
  sumChallenge,
  treesOf,
} from "../../support/dispute.ts";
import type { DisputedRound, RealRound, Vectors } from "../../support/dispute.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import {
  PHASE,
  STATUS,
  actsOf,
  aTaskWith,
  drawnSeat,
  ethers,
  networkHelpers,
  passDeadline,
  phaseOf,
  seatThatMay,
  weightOf,
} from "../../support/task.ts";

const BURNT = "0x000000000000000000000000000000000000dEaD";
/** In the order of ITrainingTask.Fault. */
const [WRONG_SUM, WRONG_STEP, UNDISCLOSED, WITHHELD, SET_CHANGED] = [0, 1, 2, 3, 4] as const;
const CASES = 6;
/** A seat that has committed to a number that is too large. */
const MALFORMED = 1;
const ADAPTIVE = SERVER_RULES.filter((rule) => momentCount(rule) === 2);

/** Runs `act` and goes back to where the chain was before. */
async function undone(act: () => Promise<void>): Promise<void> {
  const before = await networkHelpers.takeSnapshot();
  await act();
  await before.restore();
}

/** With room for a lie behind the vector's end, where only zeros may be. */
function padded(lanes: Int32Array): Int32Array {
  const whole = new Int32Array(32 * 2 ** chunkDepth(lanes.length));
  whole.set(lanes);
  return whole;
}

/** Another number in one lane: of neighbouring size, or any. */
function spoil(lanes: Int32Array, lane: number, random: Random): Int32Array {
  const spoilt = padded(lanes);
  spoilt[lane]! ^= random.below(2) === 0 ? 1 : 1 + random.below(2 ** 32 - 1);
  return spoilt;
}

function spoilState({ model, moments }: ServerState, vector: number, lane: number, random: Random): ServerState {
  const [first, ...others] = [model, ...moments].map((lanes, v) => (v === vector ? spoil(lanes, lane, random) : lanes));
  return { model: first!, moments: others };
}

/** A chunk that is not this one, if there is another. */
function anotherChunk(chunk: number, depth: number, random: Random): number {
  return depth === 0 ? chunk : (chunk + 1 + random.below(2 ** depth - 1)) % 2 ** depth;
}

async function aRound(random: Random, rule: (typeof SERVER_RULES)[number]) {
  const parameters = 1 + random.below(1500);
  const round = await aRealRound({ random, rule, trainers: 1 + random.below(8), rules: { parameters } });
  const depth = chunkDepth(parameters);
  return { f: { ...round, right: rightOf(round) }, depth, lanes: 32 * 2 ** depth };
}

describe("AggregationCourt: what is wrong is convicted, and only that", () => {
  for (const rule of SERVER_RULES) {
    it(`a wrong number anywhere in the sum: ${rule}`, async () => {
      const random = seededRandom(`wrong sums, ${rule}`);
      const { f, depth, lanes } = await aRound(random, rule);
      for (let i = 0; i < CASES; i++) {
        await undone(async () => {
          const lane = random.below(lanes);
          const chunk = Math.floor(lane / 32);
          const posted = treesOf({ ...f.right, sum: spoil(f.right.sum, lane, random) });
          const proposer = await post(f, posted);
          const other = anotherChunk(chunk, depth, random);
          if (other !== chunk) await expectNothingWrong(f, sumChallenge(f, posted, other), other);
          await expect(challenge(f, f.outsider, sumChallenge(f, posted, chunk)), `lane ${lane}`)
            .to.emit(f.task, "ProposalOverturned")
            .withArgs(1, proposer, WRONG_SUM, f.rules.fraudFine, f.outsider.address);
        });
      }
    });

    it(`a wrong number anywhere in the model or its moments: ${rule}`, async () => {
      const random = seededRandom(`wrong steps, ${rule}`);
      const { f, depth, lanes } = await aRound(random, rule);
      for (let i = 0; i < CASES; i++) {
        await undone(async () => {
          const lane = random.below(lanes);
          const chunk = Math.floor(lane / 32);
          const next = spoilState(f.right.next, i % (1 + momentCount(rule)), lane, random);
          const posted = treesOf({ ...f.right, next });
          const proposer = await post(f, posted);
          const other = anotherChunk(chunk, depth, random);
          if (other !== chunk) await expectNothingWrong(f, stepChallenge(f, posted, other), other);
          await expectNothingWrong(f, sumChallenge(f, posted, chunk), chunk);
          await expect(challenge(f, f.outsider, stepChallenge(f, posted, chunk)), `lane ${lane}`)
            .to.emit(f.task, "ProposalOverturned")
            .withArgs(1, proposer, WRONG_STEP, f.rules.fraudFine, f.outsider.address);
        });
      }
    });

    it(`never an honest proposal or update: ${rule}`, async () => {
      const random = seededRandom(`honest proposals, ${rule}`);
      const { f, depth } = await aRound(random, rule);
      const posted = treesOf(f.right);
      await post(f, posted);
      const last = Math.ceil(f.rules.parameters / 32) - 1;
      for (const chunk of new Set([0, last, 2 ** depth - 1, random.below(2 ** depth), random.below(2 ** depth)])) {
        await expectNothingWrong(f, sumChallenge(f, posted, chunk), chunk);
        await expectNothingWrong(f, stepChallenge(f, posted, chunk), chunk);
        const seat = random.below(f.updates.length);
        await expectNothingWrong(f, encodingChallenge(f, seat, chunk), chunk);
      }
    });

    it(`an update with a number beyond what its weight allows: ${rule}`, async () => {
      const random = seededRandom(`numbers out of range, ${rule}`);
      const parameters = 1 + random.below(1500);
      const lane = random.below(parameters);
      const chunk = Math.floor(lane / 32);
      const beyond = [
        (largest: number) => largest + 1,
        (largest: number) => -largest - 1,
        () => 2 ** 31 - 1,
        () => -(2 ** 31),
      ];
      const f = await aRealRound({
        random,
        rule,
        trainers: beyond.length + 1,
        rules: { parameters },
        lie: (seat, honest, largest) => honest.with(lane, beyond[seat]?.(largest) ?? largest),
      });
      for (const seat of beyond.keys()) await expectExpelled(f, seat, chunk);
      await expectNothingWrong(f, encodingChallenge(f, beyond.length, chunk), chunk);
    });
  }

  it("an update with a number behind its end", async () => {
    const random = seededRandom("padding");
    const parameters = 33 + random.below(900);
    const end = 32 * 2 ** chunkDepth(parameters);
    const lanes = [parameters, end - 1, parameters + random.below(end - parameters)];
    const f = await aRealRound({
      random,
      trainers: lanes.length,
      rules: { parameters },
      lie: (seat, honest) => padded(honest).with(lanes[seat]!, random.below(2) === 0 ? 1 : -1),
    });
    for (const [seat, lane] of lanes.entries()) {
      const chunk = Math.floor(lane / 32);
      const other = anotherChunk(chunk, chunkDepth(parameters), random);
      await expectNothingWrong(f, encodingChallenge(f, seat, other), other);
      await expectExpelled(f, seat, chunk);
    }
  });

  it("an update of another length, at any chunk of it", async () => {
    const random = seededRandom("lengths");
    const parameters = 300; // 16 chunks
    const lengths = [1, 32, 250, 513, 5000];
    const f = await aRealRound({
      random,
      trainers: lengths.length,
      rules: { parameters },
      lie: (seat) => new Int32Array(lengths[seat]!),
    });
    for (const [seat, length] of lengths.entries())
      await expectExpelled(f, seat, random.below(2 ** chunkDepth(length)));
  });

  for (const rule of ADAPTIVE) {
    it(`a later round's step, which begins with the moments that the round before has left: ${rule}`, async () => {
      const random = seededRandom(`second round, ${rule}`);
      const first = await aRealRound({ random, rule });
      await post(first, treesOf(rightOf(first)));
      await passDeadline(first.task);
      await first.task.advance();

      const f = await aRoundFrom(first, 2, rightOf(first).next, { random, rule });
      const right = rightOf(f);
      await undone(async () => {
        const posted = treesOf(right);
        await post(f, posted);
        await expectNothingWrong(f, stepChallenge(f, posted, 4), 4);
        await expectNothingWrong(f, sumChallenge(f, posted, 4), 4);
      });
      const lied = treesOf({ ...right, next: spoilState(right.next, 2, 4 * 32, random) });
      const proposer = await post(f, lied);
      await expect(challenge(f, f.outsider, stepChallenge(f, lied, 4)))
        .to.emit(f.task, "ProposalOverturned")
        .withArgs(2, proposer, WRONG_STEP, f.rules.fraudFine, f.outsider.address);
    });

    it(`the step that another adaptive rule would make: ${rule}`, async () => {
      const random = seededRandom(`another rule than ${rule}`);
      const f = await aRealRound({ random, rule });
      const { sum } = rightOf(f);
      for (const other of ADAPTIVE) {
        if (other === rule) continue;
        await undone(async () => {
          const numbers = { ...f.rules, secondMomentum: serverRules("FedAdam").secondMomentum, rule: other };
          const weight = f.lanes.reduce((total, _, seat) => total + weightOf(seat), 0);
          const posted = treesOf({ sum, next: serverStep(numbers, f.state, sum, weight) });
          await post(f, posted);
          await expect(challenge(f, f.outsider, stepChallenge(f, posted, 3)), other).to.emit(
            f.task,
            "ProposalOverturned",
          );
        });
      }
    });
  }
});

describe("AggregationCourt: updates ranked lane by lane", () => {
  /** How many updates, and how many are left out at either end: one, or all but the middle. */
  const RANKED = [
    [3, 1],
    [8, 1],
    [8, 3],
    [32, 1],
    [32, 15],
  ] as const;
  for (const [trainers, trim] of RANKED) {
    it(`a wrong sum or step, and never a right one: ${trainers} updates, trim ${trim}`, async function () {
      this.timeout(20_000);
      const random = seededRandom(`${trainers} ranked updates, trim ${trim}`);
      const parameters = 33 + random.below(200);
      const f = await aRealRound({ random, rule: "Uniform", trainers, rules: { parameters, trim } });
      const [right, depth] = [rightOf(f), chunkDepth(parameters)];
      expect(right.sum, "what is left of every lane in order").to.deep.equal(sortedSum(f.lanes, trim));
      await undone(async () => {
        const posted = treesOf(right);
        await post(f, posted);
        const { updates, trim: said, divisor } = await f.task.proposal();
        expect([updates, said, divisor].map(Number)).to.deep.equal([trainers, trim, trainers - 2 * trim]);
        for (const chunk of new Set([0, Math.ceil(parameters / 32) - 1, 2 ** depth - 1])) {
          await expectNothingWrong(f, sumChallenge(f, posted, chunk), chunk);
          await expectNothingWrong(f, stepChallenge(f, posted, chunk), chunk);
        }
      });

      const lane = random.below(32 * 2 ** depth);
      const of = (sum: Int32Array, divisor: number) =>
        serverStep({ ...f.rules, rule: "Uniform" }, f.state, sum, divisor);
      const left = trainers - 2 * trim;
      // One number; no ranking; one left out too few; each with the step that follows from it.
      const changed = right.sum.map((number, i) => (i === lane % parameters ? number ^ 1 : number));
      const tooFew = [...new Set([0, trim - 1])].map((lessTrim) => sortedSum(f.lanes, lessTrim));
      for (const sum of [changed, ...tooFew]) {
        await expectConvicted(WRONG_SUM, sumChallenge, { sum, next: of(sum, left) });
      }
      await expectConvicted(WRONG_SUM, sumChallenge, { ...right, sum: spoil(right.sum, lane, random) }, lane);
      // Divided by all updates, although not all are left.
      await expectConvicted(WRONG_STEP, stepChallenge, { ...right, next: of(right.sum, trainers) });

      /** At `at`, or the first lane that is not right. */
      async function expectConvicted(fault: number, proof: typeof sumChallenge, lie: Vectors, at?: number) {
        const differs = (value: number, i: number) =>
          value !== right.sum[i] || lie.next.model[i] !== right.next.model[i];
        const chunk = Math.floor((at ?? lie.sum.findIndex(differs)) / 32);
        await undone(async () => {
          const posted = treesOf(lie);
          const proposer = await post(f, posted);
          await expect(challenge(f, f.outsider, proof(f, posted, chunk)))
            .to.emit(f.task, "ProposalOverturned")
            .withArgs(1, proposer, fault, f.rules.fraudFine, f.outsider.address);
        });
      }
    });
  }

  it("leaves out whom others have struck, and ranks the rest", async () => {
    const random = seededRandom("struck from a ranking");
    const f = await aRealRound({ random, rule: "Uniform", trainers: 5, rules: { trim: 1 } });
    for (const seat of [0, 3, 4]) await f.task.connect(f.trainers[seat]!).attest(1, seat, 1 << 1);
    await expectRightOf(f, [0, 2, 3, 4], 2, random);
    // What is right with all of them is not any more, and cannot be shown.
    const all = treesOf(rightOf(f));
    const others = [0, 2, 3, 4];
    await post(f, all, await seatThatMay(f.task, 1));
    await expect(challenge(f, f.outsider, sumChallenge(f, all, 2)))
      .to.be.revertedWithCustomError(f.court, "NotInTheSum")
      .withArgs(1);
    await expect(challenge(f, f.outsider, sumChallenge(f, all, 2, others.slice(1))))
      .to.be.revertedWithCustomError(f.court, "NotTheWholeSum")
      .withArgs(3, 4);
    await expect(challenge(f, f.outsider, sumChallenge(f, all, 2, others))).to.emit(f.task, "ProposalOverturned");
  });

  it("leaves out the expelled, and with too few for the trim one or two in the middle", async () => {
    const random = seededRandom("expelled from a ranking");
    const f = await aRealRound({
      ...{ random, rule: "Uniform", trainers: 6, rules: { trim: 2 } },
      lie: (seat, honest, largest) => (seat < 5 ? honest.with(2 * 32 + seat, largest + 1) : honest),
    });
    const seats = [0, 1, 2, 3, 4, 5];
    for (const left of [2, 1, 2, 1, 2, 1]) {
      await expectRightOf(f, seats, left, random);
      if (seats.length > 1) await expectExpelled(f, seats.shift()!, 2);
    }
  });

  it("leaves minSummed updates a round at least: a proposal of so few stands, and expelling one more voids it", async () => {
    const random = seededRandom("expelled below the fewest");
    const f = await aRealRound({
      ...{ random, rule: "Uniform", trainers: 4, rules: { minTrainers: 4, minSummed: 3 } },
      lie: (seat, honest, largest) => (seat < 2 ? honest.with(0, largest + 1) : honest),
    });
    await post(f, treesOf(rightOf(f)), await seatThatMay(f.task, 1));
    await expectExpelled(f, 0, 0);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    await post(f, treesOf(rightOf(f, [1, 2, 3])), await seatThatMay(f.task, 1));
    expect((await f.task.proposal()).updates).to.equal(3n);
    await expectExpelled(f, 1, 0);
    expect(await phaseOf(f.task)).to.equal("Void");
    await expect(f.task.advance()).to.emit(f.task, "RoundVoided").withArgs(1, PHASE.Attesting);
  });

  it("takes a proposal back whose proposer, struck before, loses its bond with its update", async () => {
    const random = seededRandom("a struck proposer");
    const f = await aRealRound({
      ...{ random, rule: "Uniform", trainers: 4 },
      lie: (seat, honest, largest) => (seat === 0 ? honest.with(0, largest + 1) : honest),
    });
    for (const by of [1, 2, 3]) await f.task.connect(f.trainers[by]!).attest(1, by, 1n);
    await passDeadline(f.task);
    await networkHelpers.time.increase(f.rules.graceSeconds);
    const right = treesOf(rightOf(f, [1, 2, 3]));
    await post(f, right, 0);
    await expect(challenge(f, f.outsider, encodingChallenge(f, 0, 0)))
      .to.emit(f.task, "ProposalOverturned")
      .withArgs(1, 0, SET_CHANGED, 0, f.outsider.address);
    await expect(post(f, right, 0))
      .to.be.revertedWithCustomError(f.task, "AlreadyActed")
      .withArgs(0, STATUS.Expelled);
    await post(f, right, 1);
    expect((await f.task.proposal()).updates).to.equal(3n);
  });

  it("takes a proposal back with whose update was ranked in it", async () => {
    const random = seededRandom("expelled after a ranking");
    const f = await aRealRound({
      ...{ random, rule: "Uniform", trainers: 4, rules: { trim: 1 } },
      lie: (seat, honest, largest) => (seat === MALFORMED ? honest.with(0, largest + 1) : honest),
    });
    await post(f, treesOf(rightOf(f)), await seatThatMay(f.task, 1));
    await expect(challenge(f, f.outsider, encodingChallenge(f, MALFORMED, 0)))
      .to.emit(f.task, "ProposalOverturned")
      .withArgs(1, await drawnSeat(f.task, 1), SET_CHANGED, 0, f.outsider.address);
    await expectRightOf(f, [0, 2, 3], 1, random);
  });

  it("a proof without updates fails", async () => {
    const random = seededRandom("no updates");
    const f = await aRealRound({ random, rule: "Uniform", rules: { trim: 1 } });
    const posted = treesOf(rightOf(f));
    await post(f, posted);
    await expect(challenge(f, f.outsider, sumChallenge(f, posted, 0, []))).to.be.revert(ethers);
  });

  /** The lanes of these updates one by one in order, `trim` less at either end, added. */
  function sortedSum(updates: readonly Int32Array[], trim: number): Int32Array {
    return updates[0]!.map((_, lane) => {
      const inOrder = updates.map((update) => update[lane]!).sort((a, b) => a - b);
      return inOrder.slice(trim, updates.length - trim).reduce((sum, each) => sum + each, 0);
    });
  }

  /** The right sum of these seats and its step cannot be disputed, and one wrong number can. */
  async function expectRightOf(f: RealRound, seats: readonly number[], left: number, random: Random): Promise<void> {
    const right = rightOf(f, seats);
    await undone(async () => {
      const posted = treesOf(right);
      await post(f, posted, await seatThatMay(f.task, 1));
      const { updates, divisor } = await f.task.proposal();
      expect([updates, divisor].map(Number)).to.deep.equal([seats.length, left]);
      await expectNothingWrong(f, sumChallenge(f, posted, 2, seats), 2);
      await expectNothingWrong(f, stepChallenge(f, posted, 2), 2);
    });
    await undone(async () => {
      const posted = treesOf({ ...right, sum: spoil(right.sum, 2 * 32 + random.below(32), random) });
      await post(f, posted, await seatThatMay(f.task, 1));
      await expect(challenge(f, f.outsider, sumChallenge(f, posted, 2, seats))).to.emit(f.task, "ProposalOverturned");
    });
  }
});

async function expectNothingWrong(f: DisputedRound, calldata: string, chunk: number): Promise<void> {
  await expect(challenge(f, f.outsider, calldata), `chunk ${chunk}`)
    .to.be.revertedWithCustomError(f.court, "NothingWrong")
    .withArgs(chunk);
}

async function expectExpelled(f: DisputedRound, seat: number, chunk: number): Promise<void> {
  await expect(challenge(f, f.outsider, encodingChallenge(f, seat, chunk)), `seat ${seat}`)
    .to.emit(f.task, "SeatExpelled")
    .withArgs(f.round, seat, f.rules.fraudFine, f.outsider.address);
}

/** Three trainers; the sum has a wrong number in chunk 5. */
async function aWrongSum() {
  const random = seededRandom("a wrong sum");
  const round = await aRealRound({ random, trainers: 3 });
  const f = { ...round, right: rightOf(round) };
  const posted = treesOf({ ...f.right, sum: spoil(f.right.sum, 5 * 32 + 7, random) });
  const proposer = await post(f, posted);
  return { ...f, posted, proposer, proof: sumChallenge(f, posted, 5) };
}

describe("AggregationCourt: after a verdict", () => {
  it("two fifths of the fine go to the challenger, and the rest is burnt", async () => {
    const f = await networkHelpers.loadFixture(aWrongSum);
    const fine = f.rules.fraudFine;
    await expect(challenge(f, f.outsider, f.proof)).to.changeTokenBalances(
      ethers,
      f.token,
      [f.outsider, BURNT, f.vault],
      [(fine * 2n) / 5n, (fine * 3n) / 5n, -fine],
    );
    const [stake] = await f.vault.stakeOf(f.taskAddress, f.trainers[f.proposer]!.address);
    expect(stake).to.equal(f.rules.minStake - fine);
  });

  it("who challenges itself loses more than half", async () => {
    const f = await networkHelpers.loadFixture(aWrongSum);
    const proposer = f.trainers[f.proposer]!;
    const before = (await f.token.balanceOf(proposer.address)) + f.rules.minStake;
    await challenge(f, proposer, f.proof);
    const [stake] = await f.vault.stakeOf(f.taskAddress, proposer.address);
    expect((await f.token.balanceOf(proposer.address)) + stake).to.equal(before - (f.rules.fraudFine * 3n) / 5n);
  });

  it("the next aggregator proposes at once, the round ends right and pays right", async () => {
    const f = await networkHelpers.loadFixture(aWrongSum);
    await challenge(f, f.outsider, f.proof);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
    const honest = treesOf(f.right);
    await expect(post(f, honest, f.proposer))
      .to.be.revertedWithCustomError(f.task, "Barred")
      .withArgs(f.proposer);
    const next = (f.proposer + 1) % 3;
    await post(f, honest, next);
    await passDeadline(f.task);
    await expect(f.task.connect(f.outsider).advance()).to.emit(f.task, "RoundFinalised");

    const [completed, , modelRoot] = await f.task.progress();
    expect([completed, modelRoot]).to.deep.equal([1n, honest.next[0]!.root]);
    const weight = BigInt([0, 1, 2].reduce((total, seat) => total + weightOf(seat), 0));
    for (const [seat, trainer] of f.trainers.entries()) {
      // The convict's update was as good as the others', and is paid for.
      const due = (f.rules.dataPot / weight) * BigInt(weightOf(seat)) + f.rules.computePot / 3n;
      const pay = seat === next ? f.rules.aggregatorPay : 0n;
      expect(await f.task.claimable(trainer.address), `seat ${seat}`).to.equal(due + pay);
      await expect(f.task.settle(1, seat)).to.not.emit(f.task, "SeatFined");
    }
  });

  it("a second lie in the same round is convicted like the first", async () => {
    const f = await networkHelpers.loadFixture(aWrongSum);
    await challenge(f, f.outsider, f.proof);
    const next = (f.proposer + 1) % 3;
    await post(f, f.posted, next);
    // The same proof, byte for byte: its claim was used up.
    await expect(send(f, f.outsider, f.proof)).to.be.revertedWithCustomError(f.court, "NotClaimed");
    await expect(challenge(f, f.outsider, f.proof))
      .to.emit(f.task, "ProposalOverturned")
      .withArgs(1, next, WRONG_SUM, f.rules.fraudFine, f.outsider.address);
  });

  it("nothing can be disputed any more once the window is over", async () => {
    const f = await networkHelpers.loadFixture(aWrongSum);
    await claim(f, f.outsider, f.proof);
    await passDeadline(f.task);
    await expect(send(f, f.outsider, f.proof)).to.be.revertedWithCustomError(f.task, "WrongPhase");
  });

  it("the sum must be shown with every update that is in it, and no other", async () => {
    const f = await networkHelpers.loadFixture(aWrongSum);
    await expect(challenge(f, f.outsider, sumChallenge(f, f.posted, 5, [0, 2])))
      .to.be.revertedWithCustomError(f.court, "NotTheWholeSum")
      .withArgs(2, 3);
    const swapped = { ...f, updates: [f.updates[1]!, f.updates[0]!, f.updates[2]!] };
    await expect(challenge(f, f.outsider, sumChallenge(swapped, f.posted, 5))).to.be.revertedWithCustomError(
      f.court,
      "CommitmentMismatch",
    );
    const stranger = { ...f, updates: [...f.updates, f.updates[0]!] };
    await expect(challenge(f, f.outsider, sumChallenge(stranger, f.posted, 5)))
      .to.be.revertedWithCustomError(f.court, "NotInTheSum")
      .withArgs(3);
    const keyless = { ...f, updates: f.updates.map((update) => ({ ...update, contentKeyHash: ethers.ZeroHash })) };
    await expect(challenge(f, f.outsider, sumChallenge(keyless, f.posted, 5))).to.be.revertedWithCustomError(
      f.court,
      "CommitmentMismatch",
    );
  });
});

/** Four trainers; seat 1 has committed to a number that is too large, in chunk 2. */
async function aMalformedUpdate() {
  return aRealRound({
    random: seededRandom("a malformed update"),
    trainers: 4,
    lie: (seat, honest, largest) => (seat === MALFORMED ? honest.with(2 * 32, largest + 1) : honest),
  });
}

describe("AggregationCourt: a malformed update", () => {
  const fixture = () => networkHelpers.loadFixture(aMalformedUpdate);
  const others = [0, 2, 3];
  const lieAt = (f: RealRound) => encodingChallenge(f, MALFORMED, 2);

  it("costs its trainer the large fine, shared as any other", async () => {
    const f = await fixture();
    const fine = f.rules.fraudFine;
    await expect(challenge(f, f.outsider, lieAt(f))).to.changeTokenBalances(
      ethers,
      f.token,
      [f.outsider, BURNT, f.vault],
      [(fine * 2n) / 5n, (fine * 3n) / 5n, -fine],
    );
    await expect(challenge(f, f.outsider, lieAt(f)))
      .to.be.revertedWithCustomError(f.task, "CannotExpelSeat")
      .withArgs(MALFORMED, STATUS.Expelled);
  });

  for (const phase of ["Attesting", "Aggregating", "Proposed"] as const) {
    it(`is out of the sum and unpaid when shown while ${phase}, and the round ends right`, async () => {
      const f = await fixture();
      if (phase !== "Attesting") await passDeadline(f.task);
      if (phase === "Proposed") await post(f, treesOf(rightOf(f)), await seatThatMay(f.task, f.round));
      expect(await phaseOf(f.task)).to.equal(phase);
      const convicting = challenge(f, f.outsider, lieAt(f));
      if (phase === "Proposed") {
        await expect(convicting)
          .to.emit(f.task, "ProposalOverturned")
          .withArgs(1, await drawnSeat(f.task, 1), SET_CHANGED, 0, f.outsider.address);
      }
      await convicting;

      const right = treesOf(rightOf(f, others));
      // Whoever was overturned by it may propose again: it could not have known.
      await post(f, right, await seatThatMay(f.task, f.round));
      await expectNothingWrong(f, sumChallenge(f, right, 2, others), 2);
      await expectNothingWrong(f, stepChallenge(f, right, 2), 2);
      await expect(challenge(f, f.outsider, sumChallenge(f, right, 2)))
        .to.be.revertedWithCustomError(f.court, "NotInTheSum")
        .withArgs(MALFORMED);
      await passDeadline(f.task);
      await f.task.connect(f.outsider).advance();
      expect((await f.task.progress()).modelRoot).to.equal(right.next[0]!.root);
      expect(await f.task.claimable(f.trainers[MALFORMED]!.address)).to.equal(0);
      const weight = BigInt(others.reduce((total, seat) => total + weightOf(seat), 0));
      for (const seat of others) {
        const due = (f.rules.dataPot / weight) * BigInt(weightOf(seat)) + f.rules.computePot / 3n;
        expect(await f.task.claimable(f.trainers[seat]!.address), `seat ${seat}`).to.be.oneOf([
          due,
          due + f.rules.aggregatorPay,
        ]);
      }
    });
  }
});

describe("AggregationCourt: claims", () => {
  const fixture = async () => {
    const f = await networkHelpers.loadFixture(aWrongSum);
    const thief = f.others.at(-2)!;
    return { ...f, thief };
  };

  /** Sends transactions into one block, in this order, and returns how each ended. */
  async function inOneBlock(...sends: (() => Promise<{ hash: string }>)[]): Promise<(number | null | undefined)[]> {
    const sent: { hash: string }[] = [];
    await ethers.provider.send("evm_setAutomine", [false]);
    try {
      for (const each of sends) sent.push(await each());
      await networkHelpers.mine();
    } finally {
      await ethers.provider.send("evm_setAutomine", [true]);
    }
    return Promise.all(sent.map(async ({ hash }) => (await ethers.provider.getTransactionReceipt(hash))?.status));
  }

  it("a challenge that was not announced is not heard", async () => {
    const f = await fixture();
    await expect(send(f, f.outsider, f.proof))
      .to.be.revertedWithCustomError(f.court, "NotClaimed")
      .withArgs(claimOf(f.outsider.address, f.proof));
  });

  it("is heard a block later, once, and by nobody but who announced it", async () => {
    const f = await fixture();
    await expect(claim(f, f.outsider, f.proof))
      .to.emit(f.court, "ChallengeClaimed")
      .withArgs(f.taskAddress, 1, f.outsider.address, claimOf(f.outsider.address, f.proof));
    await expect(send(f, f.thief, f.proof))
      .to.be.revertedWithCustomError(f.court, "NotClaimed")
      .withArgs(claimOf(f.thief.address, f.proof));
    await expect(send(f, f.outsider, f.proof)).to.emit(f.task, "ProposalOverturned");
    await expect(send(f, f.outsider, f.proof)).to.be.revertedWithCustomError(f.court, "NotClaimed");
  });

  it("a copied transaction that comes first in the same block wins nothing", async () => {
    const f = await fixture();
    await claim(f, f.outsider, f.proof);
    const before = await f.token.balanceOf(f.outsider.address);
    const gas = { gasLimit: 1_000_000 };
    const to = await f.court.getAddress();
    const statuses = await inOneBlock(
      // Seen in the mempool: announced and sent at once, by somebody who pays more to be first.
      () =>
        f.court
          .connect(f.thief)
          .claim(f.taskAddress, 1, claimOf(f.thief.address, f.proof), { ...gas, gasPrice: 10n ** 11n }),
      () => f.thief.sendTransaction({ to, data: f.proof, ...gas, gasPrice: 10n ** 11n }),
      () => f.outsider.sendTransaction({ to, data: f.proof, ...gas, gasPrice: 10n ** 10n }),
    );
    expect(statuses).to.deep.equal([1, 0, 1]);
    expect((await f.token.balanceOf(f.outsider.address)) - before).to.equal((f.rules.fraudFine * 2n) / 5n);
    expect(await f.token.balanceOf(f.thief.address)).to.equal(0);
  });

  it("is too fresh in the block of its announcement", async () => {
    const f = await fixture();
    const gas = { gasLimit: 1_000_000 };
    const to = await f.court.getAddress();
    const claimed = claimOf(f.outsider.address, f.proof);
    const statuses = await inOneBlock(
      () => f.court.connect(f.outsider).claim(f.taskAddress, 1, claimed, gas),
      () => f.outsider.sendTransaction({ to, data: f.proof, ...gas }),
    );
    expect(statuses).to.deep.equal([1, 0]);
    await expect(send(f, f.outsider, f.proof)).to.emit(f.task, "ProposalOverturned");
  });

  it("an announcement that somebody else has sent already is as good as one's own", async () => {
    const f = await fixture();
    const claimed = claimOf(f.outsider.address, f.proof);
    await f.court.connect(f.thief).claim(f.taskAddress, 1, claimed);
    await expect(claim(f, f.outsider, f.proof)).to.be.revertedWithCustomError(f.court, "AlreadyClaimed");
    await expect(send(f, f.outsider, f.proof)).to.changeTokenBalances(
      ethers,
      f.token,
      [f.outsider, f.thief],
      [(f.rules.fraudFine * 2n) / 5n, 0n],
    );
  });

  it("binds every byte: another proof needs another announcement", async () => {
    const f = await fixture();
    await claim(f, f.outsider, f.proof);
    await expect(send(f, f.outsider, `${f.proof}00`)).to.be.revertedWithCustomError(f.court, "NotClaimed");
  });

  it("stays when the challenge fails, so that it can be sent again", async () => {
    const f = await fixture();
    await claim(f, f.outsider, f.proof);
    const to = await f.court.getAddress();
    const [status] = await inOneBlock(() => f.outsider.sendTransaction({ to, data: f.proof, gasLimit: 100_000 }));
    expect(status, "out of gas").to.equal(0);
    await expect(send(f, f.outsider, f.proof)).to.emit(f.task, "ProposalOverturned");
  });
});

const CHUNK = 5;
const BASE_FEE = 10n ** 9n;

/** Three trainers under FedAdam; the second moment of the proposed model is wrong in chunk 5. */
async function aHiddenProposal() {
  const random = seededRandom("a hidden proposal");
  const f = await aRealRound({ random, trainers: 3, rule: "FedAdam" });
  const right = rightOf(f);
  const posted = treesOf({ ...right, next: spoilState(right.next, 2, 32 * CHUNK + 3, random) });
  const proposer = await post(f, posted);
  const watcher = f.outsider;
  const depth = chunkDepth(f.rules.parameters);
  const price = 2n * (100_000n + 50n * BigInt(128 + 32 * depth)) * BASE_FEE;

  /** What answers for vector 0, the sum, or 1 to 3, the model and its moments. */
  function opening(vector: number, chunk: number): string {
    if (vector === 0) return packOpening(posted.sum.proof(chunk));
    const roots = posted.next.map(({ root }) => root);
    return packOpening(posted.next[vector - 1]!.proof(chunk), ...pathToModelRoot(roots, vector - 1));
  }

  async function request(vector: number, chunk: number, value = price, by = watcher) {
    await networkHelpers.setNextBlockBaseFeePerGas(BASE_FEE);
    return f.court.connect(by).requestChunk(f.taskAddress, 1, vector, chunk, { value, gasPrice: 2n * BASE_FEE });
  }

  return { ...f, right, posted, proposer, watcher, depth, price, opening, request };
}

describe("AggregationCourt: disclosure", () => {
  const fixture = () => networkHelpers.loadFixture(aHiddenProposal);

  it("a chunk that is asked for and shown is paid for, at twice its gas at least", async () => {
    const f = await fixture();
    const [, , before] = await f.task.clock();
    const asking = f.request(1, CHUNK);
    await expect(asking).to.changeEtherBalances(ethers, [f.watcher, f.court], [-f.price, f.price]);
    const askedAt = BigInt(await networkHelpers.time.latest());
    const answerBy = askedAt + BigInt(f.rules.discloseSeconds);
    await expect(asking)
      .to.emit(f.court, "ChunkRequested")
      .withArgs(f.taskAddress, 1, 1, 1, CHUNK, f.watcher.address, answerBy, f.price);
    // The window of 60 seconds is long enough for an answer and a challenge: it stays as it is.
    expect((await f.task.clock())[2]).to.equal(before);

    const answerer = f.trainers[f.proposer]!;
    const answering = f.court.connect(answerer).answerRequest(f.taskAddress, 1, 1, CHUNK, f.opening(1, CHUNK));
    await expect(answering)
      .to.emit(f.court, "ChunkDisclosed")
      .withArgs(f.taskAddress, 1, 1, 1, CHUNK, f.opening(1, CHUNK));
    const receipt = await (await answering).wait();
    expect(receipt!.gasUsed * BASE_FEE * 2n, "twice its gas").to.be.lessThan(f.price);
    expect(await f.court.owed(answerer.address)).to.equal(f.price);
    await expect(f.court.connect(answerer).withdraw()).to.changeEtherBalances(
      ethers,
      [answerer, f.court],
      [f.price, -f.price],
    );
    await expect(f.court.connect(answerer).withdraw())
      .to.be.revertedWithCustomError(f.court, "NothingOwed")
      .withArgs(answerer.address);
  });

  it("every vector can be asked for, at any chunk, and shown by anybody", async () => {
    const f = await fixture();
    const helper = f.others.at(-2)!;
    for (const [vector, chunk] of [
      [0, 0],
      [1, 2 ** f.depth - 1],
      [2, 1],
      [3, 7],
    ] as const) {
      await f.request(vector, chunk);
      const tree = vector === 0 ? f.posted.sum : f.posted.next[vector - 1]!;
      for (const wrong of [
        f.opening(vector, chunk ^ 1),
        f.opening((vector + 1) % 4, chunk),
        packOpening(tree.proof(chunk), ethers.ZeroHash),
      ]) {
        const answering = f.court.connect(helper).answerRequest(f.taskAddress, 1, vector, chunk, wrong);
        await expect(answering).to.revert(ethers);
      }
      await f.court.connect(helper).answerRequest(f.taskAddress, 1, vector, chunk, f.opening(vector, chunk));
    }
    expect(await f.court.owed(helper.address)).to.equal(4n * f.price);
  });

  it("what was shown convicts: a watcher that saw nothing else wins", async () => {
    const f = await fixture();
    for (const vector of [0, 1, 2, 3]) {
      await f.request(vector, CHUNK);
      await f.court.connect(f.trainers[0]!).answerRequest(f.taskAddress, 1, vector, CHUNK, f.opening(vector, CHUNK));
    }
    const disclosed = await f.court.queryFilter(f.court.filters.ChunkDisclosed(f.taskAddress, 1));
    const [sum, ...next] = disclosed.map(({ args }) => {
      const { chunk, proof } = unpackOpening(args.opening, f.depth, args.vector === 0n ? 0 : 2);
      return { root: "", proof: (index: number) => ({ index, chunk, proof }) };
    });
    await expect(challenge(f, f.watcher, stepChallenge(f, { sum: sum!, next }, CHUNK)))
      .to.emit(f.task, "ProposalOverturned")
      .withArgs(1, f.proposer, WRONG_STEP, f.rules.fraudFine, f.watcher.address);
  });

  it("silence voids the proposal at a quarter of the fine; who asked gets its price back and the share", async () => {
    const f = await fixture();
    await f.request(3, CHUNK);
    const answerBy = BigInt(await networkHelpers.time.latest()) + BigInt(f.rules.discloseSeconds);
    await networkHelpers.time.setNextBlockTimestamp(answerBy);
    await expect(f.court.reportSilence(f.taskAddress, 1, 3, CHUNK))
      .to.be.revertedWithCustomError(f.court, "AnswerStillPossible")
      .withArgs(answerBy);
    await networkHelpers.time.setNextBlockTimestamp(answerBy + 1n);
    await expect(f.court.answerRequest(f.taskAddress, 1, 3, CHUNK, f.opening(3, CHUNK)))
      .to.be.revertedWithCustomError(f.court, "AnswerTooLate")
      .withArgs(answerBy);
    const reporter = f.others.at(-2)!;
    const fine = f.rules.fraudFine / 4n;
    const reporting = f.court.connect(reporter).reportSilence(f.taskAddress, 1, 3, CHUNK);
    await expect(reporting)
      .to.emit(f.task, "ProposalOverturned")
      .withArgs(1, f.proposer, UNDISCLOSED, fine, f.watcher.address);
    await expect(reporting).to.changeTokenBalances(
      ethers,
      f.token,
      [f.watcher, reporter, BURNT, f.vault],
      [(fine * 2n) / 5n, 0n, (fine * 3n) / 5n, -fine],
    );
    await expect(f.court.connect(f.watcher).withdraw()).to.changeEtherBalances(
      ethers,
      [f.watcher, f.court],
      [f.price, -f.price],
    );

    // The silent one is barred; another proposes, and the round ends right.
    const next = (f.proposer + 1) % 3;
    await post(f, treesOf(f.right), next);
    await passDeadline(f.task);
    await expect(f.task.advance()).to.emit(f.task, "RoundFinalised");
  });

  it("keeps the proposal open for an answer and a challenge, but not for ever", async () => {
    const f = await fixture();
    const [, , endsAt] = await f.task.clock();
    const disclose = BigInt(f.rules.discloseSeconds);
    await networkHelpers.time.setNextBlockTimestamp(endsAt - 1n);
    await expect(f.request(1, 0))
      .to.emit(f.task, "ProposalHeld")
      .withArgs(1, endsAt - 1n + 2n * disclose);
    let chunk = 0;
    let held = 2n * disclose - 1n;
    for (
      let end = endsAt - 1n + 2n * disclose;
      held + 2n * disclose - 1n <= 32n * disclose;
      end += 2n * disclose - 1n
    ) {
      await networkHelpers.time.setNextBlockTimestamp(end - 1n);
      await f.request(1 + (++chunk >> f.depth), chunk % 2 ** f.depth);
      held += 2n * disclose - 1n;
    }
    const [, , last] = await f.task.clock();
    expect(last).to.equal(endsAt + held);
    await networkHelpers.time.setNextBlockTimestamp(last - 1n);
    await expect(f.request(2, 15))
      .to.be.revertedWithCustomError(f.task, "HeldForTooLong")
      .withArgs(held + 2n * disclose - 1n, 32n * disclose);
    // The silence before is still punished, or the round ends.
    await passDeadline(f.task);
    await expect(f.task.advance()).to.emit(f.task, "RoundFinalised");
  });

  it("gives a price back when the proposal does not stand any more, and not before", async () => {
    const f = await fixture();
    const ask = () => f.court.reclaim(f.taskAddress, 1, 1, 2, CHUNK);
    await expect(ask()).to.be.revertedWithCustomError(f.court, "NotRequested");
    await f.request(2, CHUNK, f.price + 5n);
    await expect(ask()).to.be.revertedWithCustomError(f.court, "ProposalStillStands");
    await challenge(f, f.watcher, stepChallenge(f, f.posted, CHUNK));
    await undone(async () => {
      await ask();
      expect(await f.court.owed(f.watcher.address)).to.equal(f.price + 5n);
      await expect(ask()).to.be.revertedWithCustomError(f.court, "NotRequested");
    });
    // Another proposal of the same round is another one: neither answered nor silent.
    await post(f, treesOf(f.right), (f.proposer + 1) % 3);
    await expect(f.court.answerRequest(f.taskAddress, 1, 2, CHUNK, f.opening(2, CHUNK))).not.to.emit(
      f.court,
      "ChunkDisclosed",
    );
    await networkHelpers.time.increase(f.rules.discloseSeconds + 1);
    await expect(f.court.reportSilence(f.taskAddress, 1, 2, CHUNK)).to.be.revertedWithCustomError(
      f.court,
      "NotRequested",
    );
    await ask();
    expect(await f.court.owed(f.watcher.address)).to.equal(f.price + 5n);
  });

  it("gives a price back when nobody reported the silence before the round was final", async () => {
    const f = await fixture();
    await f.request(2, CHUNK);
    await passDeadline(f.task);
    await f.task.advance();
    await f.court.reclaim(f.taskAddress, 1, 1, 2, CHUNK);
    await expect(f.court.connect(f.watcher).withdraw()).to.changeEtherBalance(ethers, f.watcher, f.price);
  });

  it("refuses what cannot be shown, is asked for already, or brings too little", async () => {
    const f = await fixture();
    await expect(f.request(4, 0)).to.be.revertedWithCustomError(f.court, "NoSuchVector").withArgs(4, 3);
    const tree = await ethers.getContractAt("ChunkTree", ethers.ZeroAddress);
    await expect(f.request(0, 2 ** f.depth))
      .to.be.revertedWithCustomError(tree, "IndexOutsideTree")
      .withArgs(2 ** f.depth, f.depth);
    await expect(f.request(0, 0, f.price - 1n))
      .to.be.revertedWithCustomError(f.court, "PriceTooLow")
      .withArgs(f.price - 1n, f.price);
    await f.request(0, 0);
    await expect(f.request(0, 0, f.price, f.trainers[0]!))
      .to.be.revertedWithCustomError(f.court, "AlreadyRequested")
      .withArgs(f.watcher.address);
    await expect(f.court.answerRequest(f.taskAddress, 1, 0, 1, f.opening(0, 1))).not.to.emit(f.court, "ChunkDisclosed");
    await expect(f.court.requestChunk(f.taskAddress, 2, 0, 1, { value: f.price })).to.be.revertedWithCustomError(
      f.court,
      "WrongRound",
    );
  });
});

describe("TrainingTask: missModel", () => {
  async function proposed() {
    const f = await aTaskWith({ staked: 5, rules: { maxTrainers: 5, minTrainers: 3 } });
    const acts = actsOf(f);
    await acts.enter();
    await acts.commit(1);
    await acts.reveal(1);
    const proposer = await acts.propose(1);
    const rest = [0, 1, 2, 3, 4].filter((seat) => seat !== proposer);
    const miss = (seat: number) => f.task.connect(f.trainers[seat]!).missModel(1, seat);
    return { ...f, proposer, rest, miss };
  }
  const fixture = () => networkHelpers.loadFixture(proposed);

  it("more than half of the cohort void a proposal whose model they cannot have; nobody is fined for it", async () => {
    const f = await fixture();
    const [first, second, third] = f.rest as [number, number, number];
    await expect(f.miss(first)).to.emit(f.task, "ModelMissed").withArgs(1, first);
    await expect(f.miss(second)).to.not.emit(f.task, "ProposalOverturned");
    const voiding = f.miss(third);
    await expect(voiding)
      .to.emit(f.task, "ProposalOverturned")
      .withArgs(1, f.proposer, WITHHELD, 0, f.trainers[third]!.address);
    await expect(voiding).to.changeTokenBalance(ethers, f.token, f.vault, 0n);
    expect(await phaseOf(f.task)).to.equal("Aggregating");
  });

  it("then somebody else proposes, and a round ends as it should", async () => {
    const f = await fixture();
    for (const seat of f.rest.slice(0, 3)) await f.miss(seat);
    const ids = ["sum", "model", "sum id", "id"].map((name) => ethers.id(name)) as [string, string, string, string];
    const propose = (seat: number) => f.task.connect(f.trainers[seat]!).propose(1, seat, ...ids);
    await expect(propose(f.proposer)).to.be.revertedWithCustomError(f.task, "Barred").withArgs(f.proposer);
    await propose(f.rest[0]!);
    // Who missed the first model may miss this one too, but not again the same.
    await f.miss(f.rest[1]!);
    await expect(f.miss(f.rest[1]!)).to.be.revertedWithCustomError(f.task, "AlreadyActed");
    await actsOf(f).finalise();
    expect((await f.task.progress()).modelRoot).to.equal(ethers.id("model"));
    for (const seat of [0, 1, 2, 3, 4]) await expect(f.task.settle(1, seat)).to.not.emit(f.task, "SeatFined");
  });

  it("is for those who revealed, but not the proposer, once each, while the proposal stands", async () => {
    const f = await fixture();
    await expect(f.miss(f.proposer)).to.be.revertedWithCustomError(f.task, "CannotAttestSeat");
    await f.miss(f.rest[0]!);
    await expect(f.miss(f.rest[0]!)).to.be.revertedWithCustomError(f.task, "AlreadyActed");
    await expect(f.task.connect(f.outsider).missModel(1, f.rest[1]!)).to.be.revertedWithCustomError(
      f.task,
      "NotYourSeat",
    );
    await expect(f.task.connect(f.trainers[0]!).missModel(2, 0)).to.be.revertedWithCustomError(f.task, "WrongRound");
    await passDeadline(f.task);
    await expect(f.miss(f.rest[1]!)).to.be.revertedWithCustomError(f.task, "WrongPhase");
  });
});
