import { expect } from "chai";
import { createStopwatch } from "../../trainer/observe/stopwatch.ts";
import { envelopeLength } from "../../trainer/privacy/envelope.ts";
import { chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import type { Journal, Opening } from "../../trainer/roles/journal.ts";
import { openingFor } from "../../trainer/roles/ownUpdate.ts";
import { RULES, after, allEnter, opens } from "./aTask.ts";
import { aCohort } from "./memoryStore.ts";

const DELTA = Int32Array.from({ length: RULES.parameters }, (_, i) => i);

/** A journal that keeps in memory what it was given. */
function memoryJournal(): Journal & { readonly written: Opening[] } {
  const written: Opening[] = [];
  return {
    written,
    of: (round) => written.filter((opening) => opening.round === round).reverse(),
    write: async (opening) => void written.push(opening),
  };
}

describe("own update", () => {
  const state = after([opens(1), ...allEnter(1, [0, 1])]);
  let cohort: Awaited<ReturnType<typeof aCohort>>;
  let journal: ReturnType<typeof memoryJournal>;
  let events: string[];

  beforeEach(async () => {
    cohort = await aCohort(2);
    journal = memoryJournal();
    events = [];
  });

  function opening(delta: Int32Array | undefined, now = state): Promise<Opening | undefined> {
    const noting: Journal = {
      ...journal,
      async write(each) {
        expect(await cohort.store.holds(each.contentId as `0x${string}`), "stored before it is written").to.equal(true);
        events.push("written");
        await journal.write(each);
      },
    };
    const keep = async () => void events.push("kept");
    return openingFor(cohort.party(1), noting, createStopwatch(), keep, now, delta && { delta });
  }

  it("is stored, kept and written before anybody can commit to it", async () => {
    const made = await opening(DELTA);
    expect(events).to.deep.equal(["kept", "written"]);
    expect(made?.root).to.equal(chunkRoot(DELTA));
    expect(journal.of(1)).to.deep.equal([made]);
  });

  it("is the same one again after a crash, whatever has been trained since", async () => {
    const made = await opening(DELTA);
    expect(await opening(undefined)).to.deep.equal(made);
    expect(await opening(DELTA.map((lane) => lane + 1))).to.deep.equal(made);
    expect(journal.written).to.have.length(1);
  });

  it("is sealed anew, beside the first, when that is lost from the store", async () => {
    const made = await opening(DELTA);
    cohort.store.contents.delete(made?.contentId ?? "");
    expect(await opening(undefined), "nothing to seal yet").to.equal(undefined);
    const again = await opening(DELTA);
    expect(again?.commitment).not.to.equal(made?.commitment);
    expect(journal.of(1)).to.deep.equal([again, made]);
  });

  it("is sealed to all who entered the round, and to nobody else", async () => {
    const sizes: number[] = [];
    for (const seats of [[0], [0, 1]]) {
      journal = memoryJournal();
      const made = await opening(DELTA, after([opens(1), ...allEnter(1, seats)]));
      sizes.push(cohort.store.contents.get(made?.contentId ?? "")?.length ?? 0);
    }
    expect(sizes).to.deep.equal([1, 2].map((recipients) => envelopeLength(4 * DELTA.length, recipients)));
  });
});
