import { expect } from "chai";
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "../../trainer/roles/journal.ts";
import type { Opening } from "../../trainer/roles/journal.ts";
import { JournalDamaged } from "../../trainer/roles/journalFile.ts";
import { rejection } from "../learning/rejection.ts";
import { word } from "./aTask.ts";

const opening = (round: number, version = 0): Opening => ({
  round,
  commitment: word(1_000 * version + round),
  root: word(2),
  contentKeyHash: word(3),
  contentId: word(5),
});

describe("journal", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "foedus-journal-"));
    file = join(folder, "journals", "one.json");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is empty where nothing was written, and writes nothing by being opened", async () => {
    const journal = await openJournal(file);
    expect(journal.of(1)).to.deep.equal([]);
    expect(await readdir(join(folder, "journals"))).to.deep.equal([]);
  });

  it("has on disk what it was given by the time write returns", async () => {
    const journal = await openJournal(file);
    await journal.write(opening(1));
    expect((await openJournal(file)).of(1)).to.deep.equal([opening(1)]);
  });

  it("is readable by its owner only: it opens commitments", async () => {
    const journal = await openJournal(file);
    await journal.write(opening(1));
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect((await stat(join(folder, "journals"))).mode & 0o777).to.equal(0o700);
  });

  it("never changes an opening: a second one for the round stands beside the first, and comes first", async () => {
    const journal = await openJournal(file);
    await journal.write(opening(1));
    await journal.write(opening(1, 1));
    expect(journal.of(1)).to.deep.equal([opening(1, 1), opening(1)]);
    expect((await openJournal(file)).of(1)).to.deep.equal([opening(1, 1), opening(1)]);
  });

  it("keeps rounds apart", async () => {
    const journal = await openJournal(file);
    await journal.write(opening(1));
    await journal.write(opening(2));
    expect(journal.of(1)).to.deep.equal([opening(1)]);
    expect(journal.of(2)).to.deep.equal([opening(2)]);
    expect(journal.of(3)).to.deep.equal([]);
  });

  it("does not grow for ever, and keeps what a reorganisation could bring back", async () => {
    const journal = await openJournal(file);
    for (let round = 1; round <= 100; round++) await journal.write(opening(round));
    expect(journal.of(100)).to.have.length(1);
    expect(journal.of(97)).to.have.length(1);
    expect(journal.of(50)).to.have.length(0);
    expect((await readFile(file)).length).to.be.below(20_000);
    expect((await openJournal(file)).of(97)).to.have.length(1);
  });

  it("survives a crash between writing and swapping in", async () => {
    const journal = await openJournal(file);
    await journal.write(opening(1));
    await writeFile(`${file}.next`, '[{"round": 2, "commit');
    const again = await openJournal(file);
    expect(again.of(1)).to.deep.equal([opening(1)]);
    await again.write(opening(2));
    expect((await openJournal(file)).of(2)).to.deep.equal([opening(2)]);
  });

  it("holds writes that overlap", async () => {
    const journal = await openJournal(file);
    await Promise.all([1, 2, 3, 4, 5].map((round) => journal.write(opening(round))));
    const again = await openJournal(file);
    for (const round of [1, 2, 3, 4, 5]) expect(again.of(round), `round ${round}`).to.have.length(1);
  });

  for (const [what, text] of [
    ["cut short", JSON.stringify([opening(1)]).slice(0, -9)],
    ["empty", ""],
    ["something else", '{"openings": []}'],
    ["with a field that is no word", JSON.stringify([{ ...opening(1), root: "0x12" }])],
    ["with a field too many", JSON.stringify([{ ...opening(1), other: 1 }])],
  ] as const) {
    it(`refuses a file that is ${what}, says the price, and leaves it alone`, async () => {
      await openJournal(file);
      await writeFile(file, text);
      const error = await rejection(openJournal(file));
      expect(error).to.be.instanceOf(JournalDamaged);
      expect(error.message).to.include(file).and.include("Move it away").and.include("fine");
      expect(await readFile(file, "utf8")).to.equal(text);
    });
  }
});
