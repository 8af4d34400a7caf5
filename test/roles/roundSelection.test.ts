import { expect } from "chai";
import { planOf } from "../../trainer/learning/strategies/registry.ts";
import type { ReadableUpdate, Selection } from "../../trainer/learning/strategies/strategy.ts";
import { roundNow } from "../../trainer/chain/taskState.ts";
import { createRoundSelection } from "../../trainer/roles/roundSelection.ts";
import type { ReadUpdates } from "../../trainer/roles/roundSelection.ts";
import { aTaskWith } from "../learning/strategies/aTask.ts";
import { seededRandom } from "../support/seededRandom.ts";
import { RULES, account, after, seenAt, upToReveals } from "./aTask.ts";
import { aCohort } from "./memoryStore.ts";

const SEATS = [0, 1, 2, 3];
const REVEALED = upToReveals(1, SEATS);
const ATTESTING = after(REVEALED);

describe("selection of a round's updates", () => {
  let cohort: Awaited<ReturnType<typeof aCohort>>;
  before(async () => void (cohort = await aCohort(1)));

  const updates = SEATS.map((seat): ReadableUpdate => ({
    seat,
    trainer: account(seat + 1),
    lanes: Int32Array.of(seat, 1),
  }));

  function start(select: Selection, read: () => ReadUpdates) {
    const done = Promise.withResolvers<undefined>();
    const selection = createRoundSelection(cohort.party(1), select, read, () => done.resolve(undefined), done.reject);
    return { selection, done: done.promise };
  }

  it("names who is selected once all updates are in, and not before", async () => {
    let isAll = false;
    let asked = 0;
    const select: Selection = async (given) => {
      asked++;
      return given.filter(({ seat }) => seat !== 2).map(({ seat }) => seat);
    };
    const { selection, done } = start(select, () => ({ updates, isAll }));
    selection.follow(ATTESTING);
    expect(asked).to.equal(0);
    isAll = true;
    selection.follow(after(REVEALED.slice(0, -1)));
    expect(asked, "others may still reveal").to.equal(0);
    selection.follow(ATTESTING);
    selection.follow(ATTESTING);
    await done;
    expect(asked).to.equal(1);
    expect([...selection.selected(1)!]).to.deep.equal([0, 1, 3]);
    expect(selection.selected(2)).to.equal(undefined);
  });

  it("does with what it has when half of the time to attest is over", async () => {
    const { selection, done } = start(
      async () => [0],
      () => ({ updates: updates.slice(0, 3), isAll: false }),
    );
    const { endsAt } = roundNow(ATTESTING);
    selection.follow(seenAt(ATTESTING, endsAt - RULES.attestSeconds / 2 - 1));
    expect(selection.selected(1)).to.equal(undefined);
    selection.follow(seenAt(ATTESTING, endsAt - RULES.attestSeconds / 2));
    await done;
    expect([...selection.selected(1)!]).to.deep.equal([0]);
  });

  it("says what failed", async () => {
    const { selection, done } = start(
      () => Promise.reject(new Error("no memory")),
      () => ({ updates, isAll: true }),
    );
    selection.follow(ATTESTING);
    let said = "";
    await done.catch((error: unknown) => (said = (error as Error).message));
    expect(said).to.equal("no memory");
  });

  it("of MultiKrum is the same for every trainer, whatever order the updates came in, and without the liars", async () => {
    const random = seededRandom("selection");
    const { select } = planOf({ name: "MultiKrum", liars: 2 }, aTaskWith({ trainers: { min: 7, max: 9 } }));
    const sent = Array.from({ length: 9 }, (_, seat): ReadableUpdate => {
      const lanes = Int32Array.from({ length: 40 }, () => Math.round((seat < 2 ? 4_000 : 100) * random.normal()));
      return { seat, trainer: account(seat + 1), lanes };
    });
    for (const order of [sent, sent.toReversed()]) {
      const { selection, done } = start(select!, () => ({ updates: order, isAll: true }));
      selection.follow(ATTESTING);
      await done;
      expect([...selection.selected(1)!].sort()).to.deep.equal([2, 3, 4, 5, 6, 7, 8]);
    }
  });
});
