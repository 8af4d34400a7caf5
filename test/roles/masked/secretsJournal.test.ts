import { expect } from "chai";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JournalDamaged } from "../../../trainer/roles/journalFile.ts";
import { AnotherSet, BothSecrets, openSecretsJournal } from "../../../trainer/roles/masked/secretsJournal.ts";
import type { WrittenDealing } from "../../../trainer/roles/masked/secretsJournal.ts";
import { rejection } from "../../support/rejection.ts";
import { account, word } from "../aTask.ts";

const dealing = (round: number, version = 0): WrittenDealing => ({
  round,
  nonce: word(1_000 * version + round),
  keyAddress: account(1_000 * version + round),
  maskHash: word(2),
  sharesHash: word(3),
  sharesId: word(4),
});
const update = (round: number, version = 0, root = word(5)) => ({
  ...{ round, keyAddress: dealing(round, version).keyAddress, root, contentId: word(6) },
});
const vote = (round: number, members = "7") => ({ round, members, cohortView: word(8) });

describe("secrets journal", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "foedus-secrets-"));
    file = join(folder, "journals", "one.secrets.json");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("has on disk what it was given by the time each write returns, and tells it after a restart", async () => {
    const journal = await openSecretsJournal(file);
    await journal.writeDealing(dealing(1));
    expect((await openSecretsJournal(file)).dealings(1)).to.deep.equal([dealing(1)]);
    await journal.writeUpdate(update(1));
    expect((await openSecretsJournal(file)).update(1, dealing(1).keyAddress)).to.deep.equal(update(1));
    await journal.writeVote(vote(1));
    expect((await openSecretsJournal(file)).vote(1)).to.deep.equal(vote(1));
    await journal.noteSecrets(1, [{ seat: 2, kind: "key" }]);
    await rejection((await openSecretsJournal(file)).noteSecrets(1, [{ seat: 2, kind: "seed" }]), BothSecrets);
  });

  it("keeps nothing in memory that is not on disk", async () => {
    const journal = await openSecretsJournal(file);
    await rm(join(folder, "journals"), { recursive: true });
    await rejection(journal.writeDealing(dealing(1)), Error);
    await rejection(journal.writeVote(vote(1)), Error);
    await rejection(journal.noteSecrets(1, [{ seat: 2, kind: "key" }]), Error);
    expect(journal.dealings(1)).to.deep.equal([]);
    expect(journal.vote(1)).to.equal(undefined);
  });

  it("is readable by its owner only", async () => {
    await (await openSecretsJournal(file)).writeDealing(dealing(1));
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect((await stat(join(folder, "journals"))).mode & 0o777).to.equal(0o700);
  });

  it("gives the newest dealing of a round first, and keeps the ones before", async () => {
    const journal = await openSecretsJournal(file);
    await journal.writeDealing(dealing(1));
    await journal.writeDealing(dealing(2));
    await journal.writeDealing(dealing(1, 1));
    expect(journal.dealings(1)).to.deep.equal([dealing(1, 1), dealing(1)]);
  });

  describe("both secrets of a seat", () => {
    for (const [first, second] of [
      ["key", "seed"],
      ["seed", "key"],
    ] as const) {
      it(`refuses the ${second} of a seat whose ${first} is noted, also after a restart`, async () => {
        const journal = await openSecretsJournal(file);
        await journal.noteSecrets(1, [{ seat: 2, kind: first }]);
        const before = await readFile(file, "utf8");
        const error = await rejection(journal.noteSecrets(1, [{ seat: 2, kind: second }]), BothSecrets);
        expect(error.message).to.include("seat 2").and.include("round 1").and.include("--rpc");
        const again = await openSecretsJournal(file);
        await rejection(again.noteSecrets(1, [{ seat: 2, kind: second }]), BothSecrets);
        expect(await readFile(file, "utf8"), "nothing is written").to.equal(before);
      });
    }

    it("refuses both in one call", async () => {
      const journal = await openSecretsJournal(file);
      const both = [
        { seat: 2, kind: "seed" },
        { seat: 2, kind: "key" },
      ] as const;
      await rejection(journal.noteSecrets(1, both), BothSecrets);
      await journal.noteSecrets(1, [{ seat: 2, kind: "key" }]);
    });

    it("refuses one of two calls that overlap", async () => {
      const journal = await openSecretsJournal(file);
      const calls = await Promise.allSettled([
        journal.noteSecrets(1, [{ seat: 2, kind: "seed" }]),
        journal.noteSecrets(1, [{ seat: 2, kind: "key" }]),
      ]);
      expect(calls.map(({ status }) => status)).to.deep.equal(["fulfilled", "rejected"]);
    });

    it("notes nothing of a call that it refuses", async () => {
      const journal = await openSecretsJournal(file);
      await journal.noteSecrets(1, [{ seat: 2, kind: "seed" }]);
      const call = [
        { seat: 0, kind: "key" },
        { seat: 2, kind: "key" },
      ] as const;
      await rejection(journal.noteSecrets(1, call), BothSecrets);
      await journal.noteSecrets(1, [{ seat: 0, kind: "seed" }]);
    });

    it("notes the same one as often as it is asked, and tells rounds apart", async () => {
      const journal = await openSecretsJournal(file);
      await journal.noteSecrets(1, [{ seat: 2, kind: "seed" }]);
      await journal.noteSecrets(1, [{ seat: 2, kind: "seed" }]);
      await journal.noteSecrets(2, [{ seat: 2, kind: "key" }]);
    });

    it("remembers them however far a node says that the rounds have come", async () => {
      const journal = await openSecretsJournal(file);
      await journal.writeVote(vote(1));
      await journal.writeDealing(dealing(1));
      await journal.writeUpdate(update(1));
      await journal.noteSecrets(1, [{ seat: 2, kind: "seed" }]);
      for (const round of [100, 1_000_000]) {
        await journal.noteSecrets(round, [{ seat: 0, kind: "key" }]);
        await journal.writeVote(vote(round));
        await journal.writeDealing(dealing(round));
        await journal.writeUpdate(update(round));
      }
      for (const each of [journal, await openSecretsJournal(file)]) {
        await rejection(each.noteSecrets(1, [{ seat: 2, kind: "key" }]), BothSecrets);
        await rejection(each.writeVote(vote(1, "3")), Error);
        await rejection(each.writeUpdate(update(1, 0, word(9))), Error);
        expect(each.dealings(1)).to.deep.equal([dealing(1)]);
      }
    });
  });

  it("takes one vote a round: the same again, but no other, also after a restart", async () => {
    const journal = await openSecretsJournal(file);
    await journal.writeVote(vote(1));
    await journal.writeVote(vote(1));
    await journal.writeVote(vote(2, "3"));
    for (const each of [journal, await openSecretsJournal(file)]) {
      await rejection(each.writeVote(vote(1, "3")), Error);
      await rejection(each.writeVote({ ...vote(1), cohortView: word(9) }), Error);
      expect(each.vote(1)).to.deep.equal(vote(1));
    }
  });

  it("takes one set a round to show secrets for: the same again, but no other, also after a restart", async () => {
    const journal = await openSecretsJournal(file);
    await journal.writeSet(vote(1));
    await journal.writeSet(vote(1));
    await journal.writeSet(vote(2, "3"));
    for (const each of [journal, await openSecretsJournal(file)]) {
      await rejection(each.writeSet(vote(1, "3")), AnotherSet);
      await rejection(each.writeSet({ ...vote(1), cohortView: word(9) }), AnotherSet);
    }
  });

  it("takes one vector a dealing, also after a restart; another dealing of the round may have another", async () => {
    const journal = await openSecretsJournal(file);
    await journal.writeUpdate(update(1));
    await journal.writeUpdate(update(1, 1, word(9)));
    for (const each of [journal, await openSecretsJournal(file)]) {
      await rejection(each.writeUpdate(update(1, 0, word(9))), Error);
      expect(each.update(1, dealing(1).keyAddress)?.root).to.equal(word(5));
      expect(each.update(1, dealing(1, 1).keyAddress)?.root).to.equal(word(9));
    }
    expect(journal.update(2, dealing(1).keyAddress), "another round").to.equal(undefined);
  });

  it("survives a crash between writing and swapping in", async () => {
    await (await openSecretsJournal(file)).noteSecrets(1, [{ seat: 2, kind: "seed" }]);
    await writeFile(`${file}.next`, '{"dealings": [');
    const again = await openSecretsJournal(file);
    await rejection(again.noteSecrets(1, [{ seat: 2, kind: "key" }]), BothSecrets);
  });

  const sound = { dealings: [dealing(1)], updates: [], votes: [], sets: [], secrets: [] };
  for (const [what, text] of [
    ["cut short", JSON.stringify(sound).slice(0, -9)],
    ["empty", ""],
    ["a list", "[]"],
    ["with a nonce that is no word", JSON.stringify({ ...sound, dealings: [{ ...dealing(1), nonce: "0x12" }] })],
    ["with a secret of no kind", JSON.stringify({ ...sound, secrets: [{ round: 1, seat: 2, kind: "both" }] })],
    ["with a field too many", JSON.stringify({ ...sound, other: 1 })],
  ] as const) {
    it(`refuses a file that is ${what}, says the price, and leaves it alone`, async () => {
      await openSecretsJournal(file);
      await writeFile(file, text);
      const error = await rejection(openSecretsJournal(file), JournalDamaged);
      expect(error.message).to.include(file).and.include("Move it away").and.include("fine");
      expect(await readFile(file, "utf8")).to.equal(text);
    });
  }
});
