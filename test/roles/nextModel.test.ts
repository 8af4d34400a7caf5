import { expect } from "chai";
import { divisorOf, roundNow } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { createStopwatch } from "../../trainer/observe/stopwatch.ts";
import { chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import type { Sample } from "../../trainer/protocol/judgement.ts";
import { addLanes } from "../../trainer/protocol/lanes.ts";
import { modelRoot, stateToBytes } from "../../trainer/protocol/modelRoot.ts";
import { serverStep } from "../../trainer/protocol/serverStep.ts";
import type { ServerState } from "../../trainer/protocol/serverStep.ts";
import { createGlobalModel } from "../../trainer/roles/globalModel.ts";
import type { Opening } from "../../trainer/roles/journal.ts";
import { createNextModel } from "../../trainer/roles/nextModel.ts";
import type { NextModel } from "../../trainer/roles/nextModel.ts";
import type { Party } from "../../trainer/roles/party.ts";
import { sealUpdate } from "../../trainer/roles/sealedUpdate.ts";
import { randomLanes, seededRandom } from "../support/seededRandom.ts";
import { referenceRankedSum } from "../vectors/reference.ts";
import { RULES, after as taskAfter, blames, proposes, upToReveals } from "./aTask.ts";
import { aMaskedRound } from "./masked/aMaskedRound.ts";
import type { Event, MaskedRoundScene } from "./masked/aMaskedRound.ts";
import { aCohort, impatientTraffic } from "./memoryStore.ts";

const SEATS = [0, 1, 2];
const FED_ADAM = {
  ...RULES,
  ...({ serverRule: "FedAdam", serverRate: 6554, momentum: 58_982, secondMomentum: 64_881, adaptivity: 1049 } as const),
};

describe("next model", () => {
  let cohort: Awaited<ReturnType<typeof aCohort>>;
  let deltas: Int32Array[];
  let openings: Opening[];
  let from: ServerState;
  let model: TaskState["model"];

  before(async () => {
    cohort = await aCohort(SEATS.length);
    const random = seededRandom("updates of a next model");
    deltas = SEATS.map(() => randomLanes(random, RULES.parameters).map((lane) => lane % RULES.bound));
    openings = await Promise.all(
      SEATS.map((seat) => sealUpdate(cohort.party(seat + 1), 1, deltas[seat]!, cohort.entries)),
    );
    const moments = [randomLanes(random, RULES.parameters), randomLanes(random, RULES.parameters)];
    from = { model: randomLanes(random, RULES.parameters), moments };
    model = { root: modelRoot(from), id: await cohort.store.put(stateToBytes(from)), round: 0 };
  });

  /** The task after these seats have revealed and those were struck. */
  function task(revealed: readonly number[], struck: readonly number[] = []): TaskState {
    return { ...taskAfter(upToReveals(1, SEATS, { openings, revealed, struck }), FED_ADAM), model };
  }

  /** Of trainer 1, or another account. */
  function aNextModel({ index = 1, sample = undefined as Sample } = {}) {
    const party = cohort.party(index) as Party;
    const traffic = impatientTraffic(cohort.store);
    const progress: (() => void)[] = [];
    const next = createNextModel(
      ...([party, createGlobalModel(party, traffic), traffic, createStopwatch()] as const),
      () => progress.splice(0).forEach((resolve) => resolve()),
      (error) => {
        throw error;
      },
      sample,
    );
    const more = () => new Promise<void>((resolve) => progress.push(resolve));
    return { next, more, asked: traffic.asked };
  }

  /** Follows until something has come in, and once more. */
  async function followed({ next, more }: { next: NextModel; more(): Promise<void> }, state: TaskState): Promise<void> {
    const progress = more();
    await next.follow(state);
    await progress;
    await next.follow(state);
  }

  function right(seats: readonly number[]) {
    const sum = new Int32Array(RULES.parameters);
    for (const seat of seats) addLanes(sum, deltas[seat]!);
    return { sum, next: serverStep({ ...FED_ADAM, rule: "FedAdam" }, from, sum, 10 * seats.length) };
  }

  it("is the step of the sum of all that count, with its moments, kept for others", async () => {
    const it = aNextModel();
    const state = task(SEATS);
    await followed(it, state);
    const step = it.next.of(roundNow(state));
    const { sum, next } = right(SEATS);
    expect(step?.sum).to.deep.equal(sum);
    expect(step?.next).to.deep.equal(next);
    expect(step?.from).to.deep.equal(from);
    expect(step).to.include({ sumRoot: chunkRoot(sum), modelRoot: modelRoot(next), round: 1 });
    expect(await cohort.store.holds(step!.sumId)).to.equal(true);
    expect(await cohort.store.holds(step!.modelId)).to.equal(true);
    expect(it.next.lacks(roundNow(state))).to.equal(false);
  });

  it("is another when a seat does not count any more", async () => {
    const it = aNextModel();
    await followed(it, task(SEATS));
    const struck = task(SEATS, [1]);
    expect(it.next.of(roundNow(struck))).to.equal(undefined);
    await followed(it, struck);
    expect(it.next.of(roundNow(struck))?.next).to.deep.equal(right([0, 2]).next);
  });

  it("is not made before all have revealed, but what is there is summed", async () => {
    const it = aNextModel();
    const early = task([0, 1]);
    await followed(it, early);
    expect(it.next.of(roundNow(early))).to.equal(undefined);
    expect(it.next.sum(roundNow(early))).to.deep.equal(right([0, 1]).sum);
  });

  it("is not made without a seat: then everything is lacking", async () => {
    const it = aNextModel({ index: 9 });
    await it.next.follow(task(SEATS));
    expect(it.asked).to.deep.equal([]);
    expect(it.next.lacks(roundNow(task(SEATS)))).to.equal(true);
  });

  it("is not made of a sample, of which only the sum is taken", async () => {
    const it = aNextModel({ sample: [0] });
    const state = task(SEATS);
    await followed(it, state);
    expect(it.next.of(roundNow(state))).to.equal(undefined);
    expect(it.next.sum(roundNow(state))).to.deep.equal(right(SEATS).sum.subarray(0, 32));
  });

  it("divides by the weight, or by the number of updates where all count the same, or of those that trimming leaves", () => {
    const state = task(SEATS, [2]);
    expect(divisorOf(state.rules, roundNow(state))).to.equal(20);
    const uniform = { ...state, rules: { ...state.rules, serverRule: "Uniform" as const } };
    expect(divisorOf(uniform.rules, roundNow(uniform))).to.equal(2);
    const ranked = { ...uniform.rules, trim: 1 };
    expect(divisorOf(ranked, roundNow(task(SEATS))), "the median of three").to.equal(1);
    expect(divisorOf(ranked, roundNow(uniform)), "both of two").to.equal(2);
  });
});

describe("next model of several cohorts", () => {
  const ROSTERS = [
    [0, 3, 6],
    [1, 4, 7],
    [2, 5, 8],
  ] as const;
  /** Of ten samples each. */
  const WEIGHT = 10;
  const random = seededRandom("next models of cohorts");
  let scene: MaskedRoundScene;
  let from: ServerState;
  let model: TaskState["model"];

  before(async () => {
    const rules = { cohorts: 3, maxTrainers: 12, trim: 1 };
    scene = await aMaskedRound(random, { trainers: 9, rules, rosters: ROSTERS });
    from = { model: randomLanes(random, scene.rules.parameters), moments: [] };
    model = { root: modelRoot(from), id: await scene.store.put(stateToBytes(from)), round: 0 };
    await scene.share();
    await scene.commit();
    for (const roster of ROSTERS) await scene.agree(roster);
    await scene.reveal(ROSTERS[0]);
  });
  after(() => scene.close());

  function right(cohorts: readonly (readonly number[])[]) {
    const sums = cohorts.map((seats) => ({ sum: scene.plainSum(seats), divisor: WEIGHT * seats.length }));
    const sum = referenceRankedSum(sums, 1);
    const divisor = cohorts.length === 3 ? 1 : cohorts.length;
    return { sum, next: serverStep({ ...scene.rules, rule: "FedAvg" }, from, sum, divisor) };
  }

  it("is stepped by the cohorts' means, once no more cohorts can come into the sum", async () => {
    const { party } = scene.bots[0]!;
    const traffic = impatientTraffic(scene.store);
    const progress: (() => void)[] = [];
    const next = createNextModel(
      ...([party, createGlobalModel(party, traffic), traffic, createStopwatch()] as const),
      () => progress.splice(0).forEach((resolve) => resolve()),
      (error) => {
        throw error;
      },
    );
    const state = (): TaskState => ({ ...scene.state(), model });
    const followed = async () => {
      const more = new Promise<void>((resolve) => progress.push(resolve));
      await next.follow(state());
      await more;
      await next.follow(state());
    };
    const stored = scene.store.contents.size;
    await followed();
    expect(roundNow(state()).phase).to.equal("Revealing");
    expect(next.sum(roundNow(state())), "of the one that is known").to.deep.equal(right([ROSTERS[0]]).sum);
    expect(next.of(roundNow(state()))).to.equal(undefined);
    expect(scene.store.contents.size, "nothing is kept for others").to.equal(stored);

    await scene.reveal(ROSTERS[1]);
    await scene.reveal(ROSTERS[2]);
    expect(roundNow(state()).phase).to.equal("Aggregating");
    await followed();
    const whole = next.of(roundNow(state()));
    expect(whole?.sum).to.deep.equal(right(ROSTERS).sum);
    expect(whole?.next).to.deep.equal(right(ROSTERS).next);

    const at = scene.time();
    scene.events.push({ ...proposes(1, 0), at } as Event, { ...blames(1, 1, at + 90), at } as Event);
    expect(next.of(roundNow(state())), "it is not that of the others").to.equal(undefined);
    await next.follow(state());
    const left = next.of(roundNow(state()));
    expect(left?.next).to.deep.equal(right([ROSTERS[0], ROSTERS[2]]).next);
  });
});
