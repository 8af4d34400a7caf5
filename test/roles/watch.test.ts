/** The watch on a real chain: who is convicted of what, by what, and who pays for it. */
import { expect } from "chai";
import { id } from "ethers";
import { roundNow } from "../../trainer/chain/taskState.ts";
import { rankedSum } from "../../trainer/protocol/laneRanks.ts";
import {
  PARAMETERS,
  chunkAt,
  consistentLie,
  kinds,
  overturned,
  pass,
  propose,
  turnAfter,
  useRevealedRound,
  watching,
  wrongStep,
  wrongSum,
} from "./aRevealedRound.ts";
import type { Person } from "./aRevealedRound.ts";

const ANNOUNCE = "announce a challenge of round 1";
const PROVE_STEP = "prove the step of round 1 wrong";
const PROVE_SUM = "prove the sum of round 1 wrong";

describe("watching a proposal that everybody can read", function () {
  this.timeout(30_000);
  const round = useRevealedRound();

  it("finds the right one right and sends nothing", async () => {
    const { seat } = await propose(round(), round().right);
    for (const person of [turnAfter(round(), seat, 1), turnAfter(round(), seat, 2), round().people[seat]!]) {
      const watcher = watching(round(), person);
      await watcher.look();
      await watcher.look();
      expect(watcher.events).to.deep.equal([{ event: "checked", round: 1, found: "right" }]);
      expect(person.sent).to.deep.equal([]);
    }
  });

  it("without a seat finds its step right", async () => {
    await propose(round(), round().right);
    const watcher = watching(round(), round().outsider);
    await watcher.look();
    expect(watcher.events).to.deep.equal([{ event: "checked", round: 1, found: "step right" }]);
  });

  for (const lane of [0, PARAMETERS - 1]) {
    it(`convicts a wrong sum by its updates, lane ${lane}`, async () => {
      const { seat } = await propose(round(), consistentLie(round(), lane));
      const first = turnAfter(round(), seat);
      const watcher = watching(round(), first);
      await watcher.look();
      const trainer = round().people[seat]!.signer.address;
      expect(kinds(watcher)).to.deep.equal(["caught", "convicted"]);
      expect(watcher.events[0]).to.deep.equal({ event: "caught", round: 1, trainer, fraud: "wrongSum" });
      expect(watcher.events[1]).to.deep.include({
        ...{ round: 1, trainer, fraud: "wrongSum", chunk: chunkAt(lane) },
        fine: String(round().opened.rules.fraudFine),
      });
      expect(first.sent).to.deep.equal([ANNOUNCE, PROVE_SUM]);
      const [verdict] = await overturned(round());
      expect(verdict).to.include({ seat, fault: "WrongSum", challenger: first.signer.address });
    });
  }

  it("convicts a wrong sum by the step that does not follow from it, which is the cheaper proof", async () => {
    const { seat } = await propose(round(), wrongSum(round(), 700));
    const first = turnAfter(round(), seat);
    const watcher = watching(round(), first);
    await watcher.look();
    expect(watcher.events[1]).to.deep.include({ event: "convicted", fraud: "wrongStep", chunk: chunkAt(700) });
    expect(first.sent).to.deep.equal([ANNOUNCE, PROVE_STEP]);
    expect((await overturned(round()))[0]).to.include({ seat, fault: "WrongStep" });
  });

  it("convicts a wrong step also without a seat", async () => {
    await propose(round(), wrongStep(round(), PARAMETERS - 1));
    const watcher = watching(round(), round().outsider);
    await watcher.look();
    expect(kinds(watcher), "everybody with a seat goes first").to.deep.equal(["caught"]);
    await pass(round(), 6);
    await watcher.look();
    expect(watcher.events[1]).to.deep.include({ event: "convicted", fraud: "wrongStep", chunk: chunkAt(999) });
  });

  it("convicts a wrong step although an update cannot be had, and calls a right one right only as far as it knows", async () => {
    const { seats } = roundNow(await round().state());
    const { seat } = await propose(round(), wrongStep(round(), 5));
    const first = turnAfter(round(), seat);
    round().store.contents.delete(seats.get(seat)!.update!.contentId);
    const watcher = watching(round(), first);
    await watcher.look();
    expect(watcher.events[1]).to.deep.include({ event: "convicted", fraud: "wrongStep", chunk: 0 });
    await propose(round(), round().right, { seat: (seat + 1) % 3 });
    const other = watching(round(), turnAfter(round(), seat, 2));
    await other.look();
    expect(other.events).to.deep.equal([{ event: "checked", round: 1, found: "step right" }]);
  });

  it("goes on with the next proposal of the round", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 40));
    const watcher = watching(round(), turnAfter(round(), seat));
    await watcher.look();
    await propose(round(), consistentLie(round(), 90), { seat: (seat + 2) % 3 });
    await watcher.look();
    await pass(round(), 4); // the proposer was the one before
    await watcher.look();
    expect(kinds(watcher)).to.deep.equal(["caught", "convicted", "caught", "convicted"]);
    await propose(round(), round().right, { seat: (seat + 1) % 3 });
    await watcher.look();
    expect(kinds(watcher).at(-1)).to.equal("checked");
    expect(await overturned(round())).to.have.length(2);
  });

  it("sees in a sample exactly what lies in it, and convicts with that", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 700));
    const blind = watching(round(), turnAfter(round(), seat), { sample: [0, 5, 31] });
    await blind.look();
    expect(blind.events).to.deep.equal([{ event: "checked", round: 1, found: "right" }]);
    const seeing = watching(round(), turnAfter(round(), seat), { sample: [0, chunkAt(700), 31] });
    await seeing.look();
    expect(seeing.events[1]).to.deep.include({ event: "convicted", fraud: "wrongSum", chunk: chunkAt(700) });
  });

  it("has no cheater accuse itself", async () => {
    const { seat } = await propose(round(), wrongSum(round(), 1));
    const cheater = round().people[seat]!;
    const watcher = watching(round(), cheater);
    for (let looks = 0; looks < 5; looks++) {
      await watcher.look();
      await pass(round(), 10);
    }
    expect(watcher.events).to.deep.equal([]);
    expect(cheater.sent).to.deep.equal([]);
  });
});

describe("watching together", function () {
  this.timeout(30_000);
  const round = useRevealedRound();

  it("lets one pay: the others have nothing left to do", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 1));
    const [first, second] = [turnAfter(round(), seat, 1), turnAfter(round(), seat, 2)];
    const [early, late, outside] = [first, second, round().outsider].map((person) => watching(round(), person));
    await late!.look();
    await outside!.look();
    expect(kinds(late!), "it has seen it").to.deep.equal(["caught"]);
    await early!.look();
    await pass(round(), 20);
    for (const watcher of [late!, outside!, early!]) await watcher.look();
    expect(first.sent).to.deep.equal([ANNOUNCE, PROVE_SUM]);
    expect(second.sent).to.deep.equal([]);
    expect(round().outsider.sent).to.deep.equal([]);
  });

  it("does not depend on whoever would be first", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 1));
    const second = turnAfter(round(), seat, 2);
    const watcher = watching(round(), second);
    await watcher.look();
    expect(second.sent).to.deep.equal([]);
    await pass(round(), 2);
    await watcher.look();
    expect(second.sent).to.deep.equal([ANNOUNCE, PROVE_SUM]);
  });

  it("has all who noticed late act one after another, too", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 1));
    await pass(round(), 25);
    const second = turnAfter(round(), seat, 2);
    const watcher = watching(round(), second);
    await watcher.look();
    expect(second.sent).to.deep.equal([]);
  });

  it("waits for who has announced a challenge, but some blocks only", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 1));
    const first = turnAfter(round(), seat);
    await claimSomething();
    const watcher = watching(round(), first);
    await watcher.look();
    await pass(round(), 3);
    await watcher.look();
    expect(kinds(watcher)).to.deep.equal(["caught"]);
    expect(first.sent).to.deep.equal([]);
    for (let block = 0; block < 8; block++) await round().chain.mine();
    await watcher.look();
    expect(first.sent).to.deep.equal([ANNOUNCE, PROVE_SUM]);
  });

  it("waits for nobody when the time runs out, however often somebody announces something", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 1));
    const first = turnAfter(round(), seat);
    const watcher = watching(round(), first);
    const { challengeSeconds } = round().opened.rules;
    const { endsAt } = roundNow(await round().state());
    await round().chain.mine(endsAt - Math.floor(challengeSeconds / 3) - 5);
    await claimSomething();
    await watcher.look();
    expect(first.sent).to.deep.equal([]);
    await round().chain.mine(endsAt - Math.floor(challengeSeconds / 3));
    await claimSomething();
    await watcher.look();
    expect(first.sent).to.deep.equal([ANNOUNCE, PROVE_SUM]);
  });

  it("goes on after a restart between announcement and proof, without paying for the announcement again", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 1));
    const first = turnAfter(round(), seat);
    const dying: Person = {
      ...first,
      party: {
        ...first.party,
        sender: {
          ...first.party.sender,
          async send(words, request) {
            if (words === PROVE_SUM) throw new Error("killed");
            return first.party.sender.send(words, request);
          },
        },
      },
    };
    await watching(round(), dying).look();
    expect(first.sent).to.deep.equal([ANNOUNCE]);
    const again = watching(round(), first);
    await again.look();
    expect(first.sent).to.deep.equal([ANNOUNCE, PROVE_SUM]);
    expect(kinds(again)).to.deep.equal(["caught", "convicted"]);
  });

  it("is content when another has convicted meanwhile", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 1));
    const [first, second] = [turnAfter(round(), seat, 1), turnAfter(round(), seat, 2)];
    const overtaken: Person = {
      ...first,
      party: {
        ...first.party,
        sender: {
          ...first.party.sender,
          async send(words, request) {
            if (words === PROVE_SUM) {
              await pass(round(), 20);
              const other = watching(round(), second);
              for (let block = 0; block < 8; block++) await round().chain.mine();
              await other.look();
              await pass(round(), 2);
              await other.look();
            }
            return first.party.sender.send(words, request);
          },
        },
      },
    };
    const watcher = watching(round(), overtaken);
    await watcher.look();
    expect(second.sent).to.deep.equal([ANNOUNCE, PROVE_SUM]);
    expect(first.sent).to.deep.equal([ANNOUNCE]);
    expect(kinds(watcher)).to.deep.equal(["caught"]);
  });

  /** Anybody may announce anything. */
  async function claimSomething(): Promise<void> {
    const { chain, opened, outsider } = round();
    const time = (await round().state()).time;
    await chain.deployment.court.connect(outsider.signer).claim(opened.address, 1, id(`something at ${time}`));
  }
});

describe("watching where every trainer counts the same", function () {
  this.timeout(30_000);
  const round = useRevealedRound({ rule: "Uniform" });

  it("finds the right one right and a wrong sum wrong", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 320));
    const watcher = watching(round(), turnAfter(round(), seat));
    await watcher.look();
    expect(watcher.events.at(-1)).to.deep.include({ event: "convicted", fraud: "wrongSum", chunk: 10 });
    await propose(round(), round().right, { seat: (seat + 1) % 3 });
    await watcher.look();
    expect(watcher.events.at(-1)).to.deep.include({ event: "checked", found: "right" });
  });
});

describe("watching where updates are ranked lane by lane", function () {
  this.timeout(30_000);
  const round = useRevealedRound({ rule: "Uniform", trainers: 5, rules: { trim: 2, maxTrainers: 5 } });

  it("finds the right one right", async () => {
    const { seat } = await propose(round(), round().right);
    const watcher = watching(round(), turnAfter(round(), seat));
    await watcher.look();
    expect(watcher.events).to.deep.equal([{ event: "checked", round: 1, found: "right" }]);
  });

  it("convicts one wrong number, and whoever leaves nothing out, by all updates", async () => {
    const all = rankedSum(
      round().deltas.map((sum) => ({ sum, divisor: 1 })),
      0,
    );
    const plain = { sum: all, next: round().step(all) };
    const { seat } = await propose(round(), consistentLie(round(), 320));
    const watcher = watching(round(), turnAfter(round(), seat));
    await watcher.look();
    expect(watcher.events.at(-1)).to.deep.include({ event: "convicted", fraud: "wrongSum", chunk: 10 });
    expect(turnAfter(round(), seat).sent).to.deep.equal([ANNOUNCE, PROVE_SUM]);
    await propose(round(), plain, { seat: (seat + 2) % 5 });
    await watcher.look();
    await pass(round(), 20); // the turn after that proposer is another's
    await watcher.look();
    expect(watcher.events.at(-1)).to.deep.include({ event: "convicted", fraud: "wrongSum", chunk: 0 });
    expect((await overturned(round())).map(({ fault }) => fault)).to.deep.equal(["WrongSum", "WrongSum"]);
  });

  it("sees in a sample exactly what lies in it, and convicts with that", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 700));
    const blind = watching(round(), turnAfter(round(), seat), { sample: [0, 5, 31] });
    await blind.look();
    expect(blind.events).to.deep.equal([{ event: "checked", round: 1, found: "right" }]);
    const seeing = watching(round(), turnAfter(round(), seat), { sample: [0, chunkAt(700), 31] });
    await seeing.look();
    expect(seeing.events[1]).to.deep.include({ event: "convicted", fraud: "wrongSum", chunk: chunkAt(700) });
  });
});

for (const rule of ["FedYogi", "FedAdagrad"] as const) {
  describe(`watching a step of ${rule}`, function () {
    this.timeout(30_000);
    const round = useRevealedRound({ rule });

    it("finds the right one right and a wrong moment wrong", async () => {
      const { seat } = await propose(round(), wrongStep(round(), 320, 2));
      const watcher = watching(round(), turnAfter(round(), seat));
      await watcher.look();
      expect(watcher.events.at(-1)).to.deep.include({ event: "convicted", fraud: "wrongStep", chunk: 10 });
      await propose(round(), round().right, { seat: (seat + 1) % 3 });
      await watcher.look();
      expect(watcher.events.at(-1)).to.deep.include({ event: "checked", found: "right" });
    });
  });
}
