import { expect } from "chai";
import { createStopwatch } from "../../trainer/observe/stopwatch.ts";
import { contentKeyHash, newContentKey, sealEnvelope } from "../../trainer/privacy/envelope.ts";
import { compress } from "../../trainer/learning/compression/compress.ts";
import { updateForm, updateSize } from "../../trainer/learning/compression/compression.ts";
import type { Compression, UpdateForm } from "../../trainer/learning/compression/compression.ts";
import type { TaskRules } from "../../trainer/chain/taskRules.ts";
import { chunkProof, chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { updateCommitment } from "../../trainer/protocol/commitments.ts";
import { lanesToBytes } from "../../trainer/protocol/lanes.ts";
import type { Opening } from "../../trainer/roles/journal.ts";
import { updateLabel } from "../../trainer/roles/taskCompression.ts";
import { MalformedUpdate, UnacceptableUpdate, openUpdate, sealUpdate } from "../../trainer/roles/sealedUpdate.ts";
import { rejection } from "../learning/rejection.ts";
import { RULES, account, openedTask, word } from "./aTask.ts";
import { aCohort, impatientTraffic } from "./memoryStore.ts";

const ROUND = 3;
const WEIGHT = 4;
const LARGEST = WEIGHT * RULES.bound;
const DELTA = Int32Array.from({ length: RULES.parameters }, (_, i) => (i % 2 === 0 ? 1_000 * i : -7 * i));

type Cohort = Awaited<ReturnType<typeof aCohort>>;

/** What stands on chain of an opening. */
const revealed = ({ root, contentKeyHash, contentId }: Opening) => ({
  root,
  contentKeyHash,
  contentId: contentId as `0x${string}`,
});

/** Trainer 2 opens what trainer 1 has revealed. */
function open(
  cohort: Cohort,
  update: ReturnType<typeof revealed>,
  {
    reader = 2,
    round = ROUND,
    trainer = account(1),
    weight = WEIGHT,
    cohortSize = cohort.accounts.length,
    rules = RULES as TaskRules,
    form = undefined as UpdateForm | undefined,
  } = {},
): Promise<Int32Array> {
  const party = { ...cohort.party(reader), opened: openedTask(rules), updateForm: async () => form };
  const acts = { attested: false, missedTurn: false, barred: false, modelMissed: 0, convicted: false };
  return openUpdate(party, impatientTraffic(cohort.store), createStopwatch(), {
    round,
    seat: { trainer, weight, status: "Revealed", ...acts, update },
    from: [{ account: trainer, peers: [] }],
    cohortSize,
    timeoutMs: 1_000,
    signal: new AbortController().signal,
  });
}

/** Seals by hand what an honest trainer would not. */
async function forged(
  { store, entries }: Cohort,
  plaintext: Uint8Array,
  {
    round = ROUND,
    trainer = account(1),
    keyHash = undefined as string | undefined,
    root = undefined as string | undefined,
  } = {},
) {
  const contentKey = newContentKey();
  const context = { domain: openedTask().domain, round, trainer };
  const contentId = await store.put(sealEnvelope({ contentKey, context, recipients: entries, plaintext }));
  return {
    contentId,
    contentKeyHash: keyHash ?? contentKeyHash(contentKey),
    root: root ?? (plaintext.length >= 4 && plaintext.length % 4 === 0 ? chunkRoot(plaintext) : word(1)),
  };
}

describe("sealed update", () => {
  let cohort: Cohort;
  before(async () => {
    cohort = await aCohort(3);
  });

  it("arrives as it was sent, at everybody in the cohort", async () => {
    const opening = await sealUpdate(cohort.party(1), ROUND, DELTA, cohort.entries);
    for (const reader of [1, 2, 3]) {
      expect(await open(cohort, revealed(opening), { reader })).to.deep.equal(DELTA);
    }
  });

  it("commits to root, content key, round and sender with a key of its own", async () => {
    const [first, second] = [
      await sealUpdate(cohort.party(1), ROUND, DELTA, cohort.entries),
      await sealUpdate(cohort.party(1), ROUND, DELTA, cohort.entries),
    ];
    expect(first.root).to.equal(chunkRoot(DELTA)).and.equal(second.root);
    for (const key of ["contentKeyHash", "contentId", "commitment"] as const)
      expect(first[key]).not.to.equal(second[key]);
    const { domain } = openedTask();
    expect(first.commitment).to.equal(updateCommitment({ domain, trainer: account(1), ...first }));
    expect(first.round).to.equal(ROUND);
  });

  it("leaves out whoever registered no key, or one that cannot be used, and says so", async () => {
    const entries = [
      ...cohort.entries,
      { account: account(8), peers: [] },
      { account: account(9), peers: [], encryptionKey: new Uint8Array(32) },
      { account: account(10), peers: [], encryptionKey: Uint8Array.of(1, ...new Uint8Array(31)) },
    ];
    cohort.said.length = 0;
    const opening = await sealUpdate(cohort.party(1), ROUND, DELTA, entries);
    expect(await open(cohort, revealed(opening), { reader: 3 })).to.deep.equal(DELTA);
    const said = cohort.said.join("");
    expect(said).to.include(account(9)).and.include(account(10)).and.include("left out");
  });

  it("cannot be read by whom it was not sealed for", async () => {
    const opening = await sealUpdate(cohort.party(1), ROUND, DELTA, cohort.entries.slice(0, 2));
    const error = await rejection(open(cohort, revealed(opening), { reader: 3 }));
    expect(error.name).to.equal("NotARecipientError");
    expect(error.message).to.include("left this account out");
  });
});

describe("unacceptable updates", () => {
  let cohort: Cohort;
  before(async () => {
    cohort = await aCohort(3);
  });
  const good = lanesToBytes(DELTA);

  it("another root than the one committed to", async () => {
    const error = await rejection(open(cohort, await forged(cohort, good, { root: word(1) })));
    expect(error).to.be.instanceOf(UnacceptableUpdate);
    expect(error.message).to.include("another root").and.include(account(1));
  });

  for (const [what, vector, message] of [
    ["a lane too few", good.subarray(0, -4), "39 numbers, the task's have 40"],
    ["half a lane", good.subarray(0, -2), "another root"],
    ["nothing", new Uint8Array(), "another root"],
    ["a zero too many", Buffer.concat([good, new Uint8Array(4)]), "41 numbers, the task's have 40"],
  ] as const) {
    it(`a vector of the wrong length, which no proof shows: ${what}`, async () => {
      const error = await rejection(open(cohort, await forged(cohort, vector)));
      expect(error).to.be.instanceOf(UnacceptableUpdate).and.not.instanceOf(MalformedUpdate);
      expect(error.message).to.include(message);
    });
  }

  it("a vector whose tree is not as deep, shown at any chunk", async () => {
    const short = DELTA.slice(0, 32);
    const error = await rejection(open(cohort, await forged(cohort, lanesToBytes(short))));
    expect(error).to.be.instanceOf(MalformedUpdate);
    expect(error.message).to.include("0 levels").and.include("vectors 1");
    expect((error as MalformedUpdate).chunk).to.deep.equal(chunkProof(short, 0));
  });

  it("a number behind the end of the vector, shown where it stands", async () => {
    const long = Int32Array.of(...DELTA, 0, 0, -1);
    const error = await rejection(open(cohort, await forged(cohort, lanesToBytes(long))));
    expect(error).to.be.instanceOf(MalformedUpdate);
    expect(error.message).to.include("-1 in lane 42").and.include("end before");
    expect((error as MalformedUpdate).chunk).to.deep.equal(chunkProof(long, 1));
  });

  it("a vector that is too long, before it is in memory", async () => {
    const error = await rejection(open(cohort, await forged(cohort, Buffer.concat([good, good]))));
    expect(error.name).to.equal("ContentTooLarge");
    // Within the size that many recipients would explain: refused as it is opened.
    const slightly = await forged(cohort, Buffer.concat([good, new Uint8Array(100)]));
    expect((await rejection(open(cohort, slightly, { cohortSize: 50 }))).name).to.equal("EnvelopeTooLargeError");
  });

  it("a lane beyond what the weight allows, on either side", async () => {
    for (const lane of [LARGEST + 1, -LARGEST - 1, 0x7fffffff, -0x80000000]) {
      const delta = DELTA.slice();
      delta[17] = lane;
      const error = await rejection(open(cohort, await forged(cohort, lanesToBytes(delta))));
      expect(error).to.be.instanceOf(MalformedUpdate);
      expect(error.message).to.include(`${lane} in lane 17`).and.include(String(LARGEST));
      expect((error as MalformedUpdate).chunk).to.deep.equal(chunkProof(delta, 0));
    }
  });

  it("a lane beyond the bound where every trainer counts the same, whatever its weight", async () => {
    const rules = { ...RULES, serverRule: "Uniform" } as const;
    const delta = DELTA.slice();
    delta[17] = RULES.bound;
    expect(await open(cohort, await forged(cohort, lanesToBytes(delta)), { rules })).to.deep.equal(delta);
    delta[17] = RULES.bound + 1;
    const error = await rejection(open(cohort, await forged(cohort, lanesToBytes(delta)), { rules }));
    expect(error).to.be.instanceOf(MalformedUpdate);
  });

  it("but not a lane at the very end of the range", async () => {
    for (const lane of [LARGEST, -LARGEST]) {
      const delta = DELTA.slice();
      delta[17] = lane;
      expect((await open(cohort, await forged(cohort, lanesToBytes(delta))))[17]).to.equal(lane);
    }
  });

  it("sealed with another key than the one committed to", async () => {
    const error = await rejection(open(cohort, await forged(cohort, good, { keyHash: word(7) })));
    expect(error).to.be.instanceOf(UnacceptableUpdate);
    expect(error.message).to.include("another key");
  });

  it("sealed for another round, or by another trainer: a copied ciphertext is not the copier's", async () => {
    const otherRound = await forged(cohort, good, { round: ROUND - 1 });
    expect((await rejection(open(cohort, otherRound))).name).to.equal("TamperedError");
    const copied = await forged(cohort, good, { trainer: account(2) });
    expect((await rejection(open(cohort, copied, { reader: 3 }))).name).to.equal("TamperedError");
  });

  it("with a flipped bit anywhere in it", async () => {
    const update = await forged(cohort, good);
    const sealed = cohort.store.contents.get(update.contentId) as Uint8Array;
    for (const at of [0, 5, 40, 200, sealed.length - 20, sealed.length - 1]) {
      const flipped = sealed.slice();
      flipped[at]! ^= 1;
      const contentId = await cohort.store.put(flipped);
      const error = await rejection(open(cohort, { ...update, contentId }));
      expect(error.name, `byte ${at}`).to.be.oneOf(["TamperedError", "MalformedEnvelopeError", "NotARecipientError"]);
    }
  });

  it("that is no envelope at all", async () => {
    const contentId = await cohort.store.put(new TextEncoder().encode("hello"));
    const error = await rejection(open(cohort, { contentId, root: word(1), contentKeyHash: word(2) }));
    expect(error.name).to.equal("MalformedEnvelopeError");
  });

  it("that nobody has", async () => {
    const error = await rejection(open(cohort, { contentId: word(99), root: word(1), contentKeyHash: word(2) }));
    expect(error.name).to.equal("ContentNotFound");
  });
});

describe("sealed updates in a task that compresses them", () => {
  let cohort: Cohort;
  before(async () => {
    cohort = await aCohort(3);
  });
  const label = updateLabel(openedTask().domain, ROUND, account(1));

  /** Trainer 1's update, and what of it is committed to. */
  function compressed(compression: Compression, { bound = RULES.bound, delta = DELTA } = {}) {
    const form = updateForm(compression, RULES.parameters);
    const { lanes, coded } = compress(form, delta, { residual: undefined, bound, label });
    return { form, coded, lanes: lanes.map((lane) => lane * WEIGHT) };
  }

  for (const compression of [
    { bits: 8 },
    { keep: "largest", share: 0.2 },
    { keep: "random", share: 0.2, bits: 1 },
  ] as const) {
    const name = JSON.stringify(compression);

    it(`arrive as the lanes that were committed to, in fewer bytes: ${name}`, async () => {
      const { form, coded, lanes } = compressed(compression);
      const opening = await sealUpdate(cohort.party(1), ROUND, lanes, cohort.entries, coded);
      expect(opening.root).to.equal(chunkRoot(lanes));
      for (const reader of [1, 2, 3]) {
        expect(await open(cohort, revealed(opening), { reader, form })).to.deep.equal(lanes);
      }
      const size = (id: string) => cohort.store.contents.get(id)!.length;
      const plain = await sealUpdate(cohort.party(1), ROUND, lanes, cohort.entries);
      expect(size(plain.contentId) - size(opening.contentId)).to.equal(4 * RULES.parameters - coded.length);
    });

    it(`that stand for other numbers than were committed to: ${name}`, async () => {
      const { form, coded, lanes } = compressed(compression);
      const root = chunkRoot(lanes.map((lane, i) => (i === 3 ? lane + WEIGHT : lane)));
      const error = await rejection(open(cohort, await forged(cohort, coded, { root }), { form }));
      expect(error).to.be.instanceOf(UnacceptableUpdate).and.not.instanceOf(MalformedUpdate);
      expect(error.message).to.include("another root");
    });

    it(`that are cut, or no such coding: ${name}`, async () => {
      const { form, coded, lanes } = compressed(compression);
      const root = chunkRoot(lanes);
      for (const bytes of [coded.subarray(0, -1), coded.map((byte, i) => (i === 0 ? 7 : byte)), new Uint8Array()]) {
        const error = await rejection(open(cohort, await forged(cohort, bytes, { root }), { form }));
        expect(error).to.be.instanceOf(UnacceptableUpdate).and.not.instanceOf(MalformedUpdate);
        expect(error.message).to.include("not written as this task has it").and.include(account(1));
      }
    });

    it(`that are longer than any, before they are in memory: ${name}`, async () => {
      const { form, lanes } = compressed(compression);
      const most = updateSize(form).bytes;
      const root = chunkRoot(lanes);
      const long = await forged(cohort, new Uint8Array(most + 1), { root });
      expect((await rejection(open(cohort, long, { form }))).name).to.equal("ContentTooLarge");
      expect((await rejection(open(cohort, long, { form, cohortSize: 50 }))).name).to.equal("EnvelopeTooLargeError");
    });
  }

  it("with a number beyond the bound, shown where it stands", async () => {
    const compression = { keep: "largest", share: 0.1 } as const;
    const delta = DELTA.map((lane, i) => (i === 37 ? RULES.bound + 1 : lane));
    const { form, coded, lanes } = compressed(compression, { bound: 2 ** 30, delta });
    const error = await rejection(open(cohort, await forged(cohort, coded, { root: chunkRoot(lanes) }), { form }));
    expect(error).to.be.instanceOf(MalformedUpdate);
    expect(error.message).to.include("in lane 37");
    expect((error as MalformedUpdate).chunk).to.deep.equal(chunkProof(lanes, 1));
  });

  it("with a number that is beyond 32 bits once it is weighed", async () => {
    const delta = DELTA.map((lane, i) => (i === 37 ? 2 ** 30 : lane));
    const { form, coded } = compressed({ keep: "largest", share: 0.1 }, { bound: 2 ** 30, delta });
    const error = await rejection(open(cohort, await forged(cohort, coded, { root: word(1) }), { form }));
    expect(error).to.be.instanceOf(UnacceptableUpdate).and.not.instanceOf(MalformedUpdate);
    expect(error.message).to.include("32 bits");
  });

  it("sealed with another key than the one committed to", async () => {
    const { form, coded, lanes } = compressed({ bits: 8 });
    const update = await forged(cohort, coded, { root: chunkRoot(lanes), keyHash: word(7) });
    expect((await rejection(open(cohort, update, { form }))).message).to.include("another key");
  });

  it("of somebody else, copied: the numbers would stand elsewhere", async () => {
    const { form, coded, lanes } = compressed({ keep: "random", share: 0.2 });
    const update = await forged(cohort, coded, { trainer: account(2), root: chunkRoot(lanes) });
    const error = await rejection(open(cohort, update, { form, reader: 3, trainer: account(2) }));
    expect(error.message).to.include("another root");
  });

  it("written as plain lanes", async () => {
    const { form, lanes } = compressed({ bits: 8 });
    const error = await rejection(open(cohort, await forged(cohort, lanesToBytes(lanes)), { form }));
    expect(error.name).to.equal("ContentTooLarge");
  });
});
