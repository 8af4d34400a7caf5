/** What somebody who lies or cheats gets out of an honest trainer: nothing that, with the rest, would show its update. */
import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { Wallet, hexlify } from "ethers";
import { committedSeats } from "../../../trainer/chain/taskState.ts";
import { dealingHash } from "../../../trainer/protocol/commitments.ts";
import { provePossession } from "../../../trainer/privacy/possession.ts";
import { deriveRoundSecrets, newDealingNonce } from "../../../trainer/privacy/roundSecrets.ts";
import { seatBits } from "../../../trainer/protocol/seatSet.ts";
import { voteFor } from "../../../trainer/roles/masked/agreement.ts";
import { viewOf } from "../../../trainer/roles/masked/cohortView.ts";
import { dealingOnChain } from "../../../trainer/roles/masked/ownDealing.ts";
import { rejection } from "../../support/rejection.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { word } from "../aTask.ts";
import { aMaskedRound } from "./aMaskedRound.ts";
import type { Bot, Event, MaskedRoundScene } from "./aMaskedRound.ts";

describe("attacks on a masked round", () => {
  const random = seededRandom("attacks on masked rounds");
  let scene: MaskedRoundScene;
  beforeEach(async () => {
    scene = await aMaskedRound(random);
    await scene.share();
    await scene.commit();
  });
  afterEach(() => scene.close());

  const bot = (seat: number): Bot => scene.bots[seat]!;
  const reveal = (seat: number) => ({ kind: "revealSeed", round: 1, seat }) as const;
  const give = (seat: number, owners: readonly number[]) => ({ kind: "giveShares", round: 1, seat, owners }) as const;

  /** The events by which these seats fix a set, with the signatures that they would give. */
  async function agreement(members: readonly number[], signers: readonly Bot["party"][]): Promise<Event[]> {
    const round = scene.cohort();
    const set = { members: seatBits(members), cohortView: viewOf(round) };
    const at = scene.time() + 1;
    const votes = await Promise.all(
      signers.map(async (party): Promise<Event> => {
        const seat = [...round.seats].find(([, { trainer }]) => trainer === party.sender.address)?.[0] ?? 0;
        const { signature } = await voteFor(party, round, members);
        return { name: "SetAgreed", round: 1, seat, ...set, signature, at };
      }),
    );
    return [...votes, { name: "SetFixed", round: 1, ...set, at }];
  }

  /** What a trainer would send if this were the log. */
  async function sends(who: Bot, duty: Parameters<MaskedRoundScene["transaction"]>[1], log: readonly Event[]) {
    await who.masked.follow(scene.state(log));
    return scene.transaction(who, duty, scene.state(log));
  }

  it("a server that shows different sets to different trainers gets a secret from those of one set only", async () => {
    // Everybody votes once; whoever relays the votes has three for one set, and two are left for another.
    const one = [
      ...scene.events,
      ...(await agreement(
        [0, 1, 2, 3],
        [0, 1, 2].map((seat) => bot(seat).party),
      )),
    ];
    const other = [
      ...scene.events,
      ...(await agreement(
        [0, 1, 3, 4],
        [3, 4].map((seat) => bot(seat).party),
      )),
    ];
    expect(await sends(bot(0), reveal(0), one)).not.to.equal(undefined);
    expect(await sends(bot(3), reveal(3), other)).to.equal(undefined);
    expect(bot(3).said.join()).to.include("only 2 of 3");
  });

  it("votes counted for another set, by a server that moves them, count for nothing", async () => {
    const three = [0, 1, 2].map((seat) => bot(seat).party);
    const moved = (await agreement([0, 1, 2, 3, 4], three)).map((event): Event =>
      event.name === "SetFixed" || event.name === "SetAgreed" ? { ...event, members: 0b1111n } : event,
    );
    expect(await sends(bot(0), reveal(0), [...scene.events, ...moved])).to.equal(undefined);
  });

  it("one vote that is shown in three seats counts once", async () => {
    const set = await agreement([0, 1, 2, 3, 4], [bot(1).party]);
    const [vote] = set;
    const copies = [2, 3, 4].map((seat) => ({ ...(vote as Extract<Event, { name: "SetAgreed" }>), seat }));
    expect(await sends(bot(0), reveal(0), [...scene.events, ...copies, ...set])).to.equal(undefined);
    expect(bot(0).said.join()).to.include("only 1 of 3");
  });

  it("a node that forges a chain with a cohort of its own forges no signatures of the real one", async () => {
    const strangers = [1, 2, 3].map(() => Wallet.createRandom());
    const forgers = strangers.map((wallet): Bot["party"] => ({
      ...bot(0).party,
      sender: { ...bot(0).party.sender, address: wallet.address, signTypedData: wallet.signTypedData.bind(wallet) },
    }));
    const forged = await agreement([0, 1, 2, 3], forgers);
    const inTheirSeats = forged.map((event, i) => (event.name === "SetAgreed" ? { ...event, seat: i + 1 } : event));
    expect(await sends(bot(0), reveal(0), [...scene.events, ...inTheirSeats])).to.equal(undefined);
    expect(bot(0).said.join()).to.include("only 0 of 3");
  });

  it("asked for both secrets of a seat, it gives the one it is asked for first", async () => {
    // One chain has seat 4 in its set, and wants its seed; the other does not, and wants its key.
    const parties = [0, 1, 2].map((seat) => bot(seat).party);
    const seeds = [...scene.events, ...(await agreement([0, 1, 2, 3, 4], parties))];
    const keys = [...scene.events, ...(await agreement([0, 1, 2, 3], parties))];
    expect(await sends(bot(0), give(0, [4]), seeds)).not.to.equal(undefined);
    expect(await sends(bot(0), reveal(0), keys)).to.equal(undefined);
    expect(bot(0).said.join()).to.include("another set");

    expect(await sends(bot(1), reveal(1), keys)).not.to.equal(undefined);
    expect(await sends(bot(1), give(1, [4]), seeds)).to.equal(undefined);
  });

  it("asked for both by one chain, it notices even what others have shown", async () => {
    await scene.agree([0, 1, 2], [4]);
    await scene.reveal([0]);
    await bot(1).masked.follow(scene.state());
    // Seat 0 has shown its share of the key of seat 4; now the set is said to hold seat 4.
    const log = scene.events.filter(({ name }) => !["SetAgreed", "SetFixed", "SeedRevealed"].includes(name));
    const wider = [
      ...log,
      ...(await agreement(
        [0, 1, 2, 3, 4],
        [0, 1, 2].map((seat) => bot(seat).party),
      )),
    ];
    expect(await sends(bot(1), give(1, [4]), wider)).to.equal(undefined);
    expect(bot(1).said.join()).to.include("seat 4");
  });

  it("a node that shows both secrets of one seat cannot make it forget what was shown of another", async () => {
    await scene.agree([0, 1, 2], [4]);
    await scene.reveal([0]);
    const seed = { name: "SeedRebuilt", round: 1, seat: 4, seed: word(7), at: scene.time() + 1 } as const;
    const key = { name: "KeyRebuilt", round: 1, seat: 4, key: word(8), at: scene.time() + 1 } as const;
    await bot(1).masked.follow(scene.state([...scene.events, key, seed]));
    await rejection(bot(1).journal.noteSecrets(1, [{ seat: 0, kind: "key" }]), Error);
    // And of that round it shows nothing more.
    expect(await sends(bot(1), reveal(1), scene.events)).to.equal(undefined);
  });

  describe("a fork in the middle of the reveal", () => {
    it("with another set for the same round: nothing more is shown", async () => {
      const parties = [0, 1, 2, 3, 4].map((seat) => bot(seat).party);
      const before = [...scene.events];
      await scene.agree([0, 1, 2], [4]);
      await scene.reveal([0]);
      await scene.transaction(bot(1), reveal(1)); // signed and noted, not mined
      // Enough dishonest trainers signed twice.
      const fork = [...before, ...(await agreement([0, 1, 2, 4], parties))];
      for (const seat of [0, 1]) {
        expect(await sends(bot(seat), reveal(seat), fork), `seat ${seat}`).to.equal(undefined);
        expect(bot(seat).said.join()).to.include("another set");
        const again = await bot(seat).restarted();
        expect(await sends(again, reveal(seat), fork), `seat ${seat}, restarted`).to.equal(undefined);
        const rebuildKey = { kind: "rebuildKey", round: 1, seat: 3 } as const;
        expect(await sends(again, rebuildKey, fork), "not of others either").to.equal(undefined);
      }
      expect(await sends(bot(2), reveal(2), fork), "who has shown nothing takes part").not.to.equal(undefined);
    });

    it("with the same set over other dealings: nothing more is shown", async () => {
      await scene.agree([0, 1, 2]);
      await scene.reveal([0]);
      // A trainer dealt anew on the fork; the own dealing and update are as before.
      const { sharesId } = scene.round().seats.get(4)!.dealing!;
      const fork = scene.events.filter(({ name }) => !["SetAgreed", "SetFixed", "SeedRevealed"].includes(name));
      const redealt = fork.map((event): Event =>
        event.name === "KeyShared" && event.seat === 4 ? { ...event, sharesHash: word(9), sharesId } : event,
      );
      const round = scene.round(redealt);
      const set = { members: 0b11111n, cohortView: viewOf(round) };
      const votes = await Promise.all(
        [1, 2, 3].map(async (seat): Promise<Event> => {
          const { signature } = await voteFor(bot(seat).party, round, [0, 1, 2, 3, 4]);
          return { name: "SetAgreed", round: 1, seat, ...set, signature, at: scene.time() };
        }),
      );
      const log = [...redealt, ...votes, { name: "SetFixed", round: 1, ...set, at: scene.time() } as const];
      expect(await sends(bot(0), reveal(0), log)).to.equal(undefined);
      expect(bot(0).said.join()).to.include("another set");
    });

    it("with the same set: it shows the same again", async () => {
      await scene.agree([0, 1, 2], [4]);
      const first = await scene.transaction(bot(0), reveal(0));
      expect(await scene.transaction(bot(0), reveal(0))).to.deep.equal(first);
    });
  });

  describe("a crash between journal and send", () => {
    it("of a reveal: restarted, it shows the same, and never the other kind", async () => {
      await scene.agree([0, 1, 2], [4]);
      const lost = await scene.transaction(bot(0), reveal(0));
      const again = await bot(0).restarted();
      expect(await scene.transaction(again, reveal(0))).to.deep.equal(lost);
      const noted = JSON.parse(await readFile(again.journalFile, "utf8")) as { secrets: unknown[] };
      expect(noted.secrets).to.deep.include.members([
        { round: 1, seat: 0, kind: "seed" },
        { round: 1, seat: 4, kind: "key" },
      ]);
      await rejection(again.journal.noteSecrets(1, [{ seat: 4, kind: "seed" }]), Error);
      await rejection(again.journal.noteSecrets(1, [{ seat: 0, kind: "key" }]), Error);
    });

    it("of a vote: restarted, it votes the same although it has all updates by now", async () => {
      const vote = { kind: "agree", round: 1, seat: 0 } as const;
      const lost = await scene.transaction(bot(0), { ...vote, missing: [4] });
      const again = await bot(0).restarted();
      expect(await scene.transaction(again, { ...vote, missing: [] })).to.deep.equal(lost);
    });

    it("of a vote, and then a reorganisation: restarted, it does not vote a second time", async () => {
      const vote = { kind: "agree", round: 1, seat: 0, missing: [] } as const;
      await scene.transaction(bot(0), vote);
      const fork = scene.events.filter((event) => event.name !== "MaskedCommitted" || event.seat !== 4);
      const again = await bot(0).restarted();
      expect(committedSeats(scene.round(fork))).to.deep.equal([0, 1, 2, 3]);
      expect(await sends(again, vote, fork)).to.equal(undefined);
      expect(again.said.join()).to.include("no second one");
    });

    it("of a commitment: restarted, it commits to the same vector", async () => {
      const fresh = await aMaskedRound(random);
      await fresh.share();
      const commit = { kind: "commitMasked", round: 1, seat: 0, entersNext: false } as const;
      const lost = await fresh.transaction(fresh.bots[0]!, commit);
      const again = await fresh.bots[0]!.restarted();
      fresh.bots[0]!.delta(1)[0]! ^= 1; // as if trained anew
      expect(await fresh.transaction(again, commit)).to.deep.equal(lost);
      await fresh.close();
    });
  });

  describe("a lying node, with witnesses", () => {
    it("that shows another block where the set was fixed gets nothing", async () => {
      await scene.agree([0, 1, 2], [4]);
      const { block } = scene.cohort().set!;
      const honest = await bot(0).restarted([scene.witness(), scene.witness()]);
      expect(await scene.transaction(honest, reveal(0))).not.to.equal(undefined);
      for (const [hashOf, reason] of [
        [(number: number) => (number === block ? "another" : `hash of ${number}`), "one of the nodes lies"],
        [(number: number) => (number < block ? `hash of ${number}` : null), "does not have block"],
        [() => Promise.reject(new Error("unreachable")), "does not answer"],
      ] as const) {
        const doubtful = await bot(1).restarted([scene.witness(), scene.witness({ hashOf })]);
        expect(await scene.transaction(doubtful, reveal(1)), reason).to.equal(undefined);
        expect(doubtful.said.join()).to.include("witness 2").and.include(reason);
      }
    });

    it("that forges the log under true blocks, with signatures of friends, gets nothing", async () => {
      const log = [...scene.events];
      const friends = [1, 2, 3].map((seat) => bot(seat).party);
      const forged = [...log, ...(await agreement([0, 1, 2, 3], friends))];
      const careful = await bot(0).restarted([scene.witness({ log: () => log })]);
      expect(await sends(careful, reveal(0), forged)).to.equal(undefined);
      expect(careful.said.join()).to.include("witness 1").and.include("no such set");
      expect(await sends(bot(0), reveal(0), forged), "without a witness it cannot know").not.to.equal(undefined);
    });

    it("that puts friends in the others' seats, or other keys in the registry, gets no shares", async () => {
      scene.passDeadline();
      scene.open(2);
      const share = { kind: "share", round: 2, seat: 0 } as const;
      const friend = Wallet.createRandom().address;
      const other = scene.events.map((event): Event =>
        event.name === "TrainerEntered" && event.round === 2 && event.seat === 3
          ? { ...event, trainer: friend }
          : event,
      );
      const stored = scene.store.contents.size;
      for (const [lie, reason] of [
        [{ log: () => other }, "other trainers"],
        [{ encryptionKeyOf: () => new Uint8Array(32).fill(7) }, "other encryption keys"],
      ] as const) {
        const careful = await bot(0).restarted([scene.witness(lie)]);
        expect(await scene.transaction(careful, share), reason).to.equal(undefined);
        expect(careful.said.join()).to.include("nothing is shared").and.include(reason);
        expect(scene.store.contents.size).to.equal(stored);
      }
      const careful = await bot(0).restarted([scene.witness()]);
      expect(await scene.transaction(careful, share)).not.to.equal(undefined);
    });

    it("that shows other dealings gets no masked update", async () => {
      scene.passDeadline();
      scene.open(2);
      await scene.share([0, 1, 2, 3]);
      const commit = { kind: "commitMasked", round: 2, seat: 0, entersNext: false } as const;
      const others = [
        scene.events.map((event): Event => (event.name === "KeyShared" ? { ...event, maskHash: word(7) } : event)),
        scene.events.filter((event) => event.name !== "KeyShared" || event.round === 1 || event.seat !== 3),
      ];
      const stored = scene.store.contents.size;
      for (const other of others) {
        const careful = await bot(0).restarted([scene.witness({ log: () => other })]);
        expect(await scene.transaction(careful, commit)).to.equal(undefined);
        expect(careful.said.join()).to.include("nothing is masked").and.include("other dealings");
        expect(scene.store.contents.size).to.equal(stored);
      }
      const careful = await bot(0).restarted([scene.witness()]);
      expect(await scene.transaction(careful, commit)).not.to.equal(undefined);
    });
  });

  it("a late commitment, after the keys are public, does not get into the set nor its seed out", async () => {
    const fresh = await aMaskedRound(random);
    await fresh.share();
    await fresh.commit([0, 1, 2, 3]);
    const late = await fresh.transaction(fresh.bots[4]!, {
      ...{ kind: "commitMasked", round: 1, seat: 4, entersNext: false },
    });
    await fresh.agree([0, 1, 2]);
    await fresh.reveal([0, 1, 2, 3]);
    // Seat 4's key can be rebuilt by everybody. A node says that its commitment is there after all.
    const log = [...fresh.events, ...fresh.eventsOf(late!)];
    const state = fresh.state(log);
    for (const who of [fresh.bots[4]!, await fresh.bots[4]!.restarted()]) {
      await who.masked.follow(state);
      for (const duty of [
        { kind: "revealSeed", round: 1, seat: 4 },
        { kind: "rebuildSeed", round: 1, seat: 4 },
      ] as const) {
        expect(await fresh.transaction(who, duty, state), duty.kind).to.equal(undefined);
      }
    }
    expect(fresh.bots[4]!.said.join()).to.include("not in the set");
    expect(
      await fresh.transaction(fresh.bots[0]!, { kind: "giveShares", round: 1, seat: 0, owners: [4] }, state),
    ).to.equal(undefined);
    await fresh.close();
  });

  it("a set of sybils below the minimum gets nothing, however many sign for it", async () => {
    const everybody = [0, 1, 2, 3, 4].map((seat) => bot(seat).party);
    const log = [...scene.events, ...(await agreement([0, 1], everybody))];
    expect(await sends(bot(0), reveal(0), log)).to.equal(undefined);
    expect(bot(0).said.join()).to.include("too few to hide among");
  });

  it("a forged proof of possession: nothing is masked with that key, and nothing is stored", async () => {
    const fresh = await aMaskedRound(random);
    await fresh.share();
    const { domain } = fresh.bots[0]!.party.opened;
    const stranger = deriveRoundSecrets(new Uint8Array(32).fill(1), newDealingNonce(), { domain, round: 1 });
    const { trainer } = fresh.round().seats.get(3)!;
    const other = { domain, round: 1, trainer };
    for (const [what, forgery] of [
      ["another key", provePossession(stranger.key, other)],
      ["another round", provePossession(stranger.key, { ...other, round: 2 })],
      ["no signature", { r: word(0), vs: word(0) }],
    ] as const) {
      const log = fresh.events.map((event): Event =>
        event.name === "KeyShared" && event.seat === 3 ? { ...event, ...forgery } : event,
      );
      const stored = fresh.store.contents.size;
      const commit = { kind: "commitMasked", round: 1, seat: 0, entersNext: false } as const;
      expect(await fresh.transaction(fresh.bots[0]!, commit, fresh.state(log)), what).to.equal(undefined);
      expect(fresh.bots[0]!.said.join(), what).to.include("round key is not its trainer's");
      expect(fresh.store.contents.size).to.equal(stored);
      expect(fresh.bots[0]!.masked.hasMasked(fresh.round(log))).to.equal(false);
    }
    await fresh.close();
  });

  it("shares of another round, replayed, are no shares of this one", async () => {
    const { dealing } = scene.round().seats.get(4)!;
    scene.passDeadline();
    scene.open(2);
    await scene.share([0, 1, 2, 3]);
    // Seat 4 announces its old shares under a new key.
    const { party, journal } = bot(4);
    const old = dealingOnChain(party, journal, 1, { dealing } as never)!;
    const subject = { domain: party.opened.domain, round: 2, trainer: party.sender.address };
    const { keyAddress, maskHash, sharesHash, sharesId } = old.written;
    const proof = provePossession(old.secrets.key, subject);
    const shared = { keyAddress, maskHash, sharesHash, sharesId: sharesId as `0x${string}`, ...proof };
    scene.events.push({ name: "KeyShared", round: 2, seat: 4, ...shared, at: scene.time() });
    expect(scene.round().seats.get(4)!.dealing!.hash).to.equal(dealingHash({ ...old.written, ...subject }));
    await scene.commit([0, 1, 2, 3]);
    await scene.agree([0, 1, 2]);
    for (const seat of [0, 1, 2]) {
      const request = await scene.transaction(bot(seat), { kind: "revealSeed", round: 2, seat });
      const [event] = scene.eventsOf(request!);
      expect((event as Extract<Event, { name: "SeedRevealed" }>).keyShares).to.deep.equal([
        hexlify(new Uint8Array(32)),
      ]);
      expect(bot(seat).said.join()).to.include("these shares cannot be used");
    }
  });
});

describe("a node that lies about the draw of cohorts, with witnesses", () => {
  const random = seededRandom("lies about cohorts");
  const ROSTERS = [
    [0, 2, 4, 6],
    [1, 3, 5],
  ] as const;
  let cohorts: MaskedRoundScene;
  beforeEach(async () => {
    const rules = { cohorts: 2, maxTrainers: 8 };
    cohorts = await aMaskedRound(random, { trainers: 7, rules, rosters: ROSTERS });
  });
  afterEach(() => cohorts.close());

  const share = { kind: "share", round: 1, seat: 0 } as const;
  /** The log with other rosters; none: as if nobody had drawn. */
  const redrawn = (...rosters: (readonly number[])[]) =>
    cohorts.events.flatMap((event): Event[] => {
      if (event.name !== "CohortsDrawn") return [event];
      return rosters.length === 0 ? [] : [{ ...event, rosters: rosters.map(seatBits) }];
    });

  for (const [what, rosters] of [
    [
      "puts friends into the own cohort",
      [
        [0, 1, 3, 5],
        [2, 4, 6],
      ],
    ],
    [
      "leaves some of it out",
      [
        [0, 2, 4],
        [1, 3, 5, 6],
      ],
    ],
    [
      "moves it to another place",
      [
        [1, 3, 5],
        [0, 2, 4, 6],
      ],
    ],
    ["says that there is a draw where there is none", []],
    ["makes two of one", [[0, 1, 2, 3, 4, 5, 6]]],
  ] as const) {
    it(`that ${what} gets no shares`, async () => {
      // The node shows what `cohorts` has; the truth is another draw.
      const truth = redrawn(...rosters);
      const stored = cohorts.store.contents.size;
      const careful = await cohorts.bots[0]!.restarted([cohorts.witness(), cohorts.witness({ log: () => truth })]);
      expect(await cohorts.transaction(careful, share)).to.equal(undefined);
      expect(careful.said.join()).to.include("nothing is shared").and.include("witness 2 has drawn other cohorts");
      expect(cohorts.store.contents.size).to.equal(stored);
    });
  }

  it("that tells the truth is believed", async () => {
    const careful = await cohorts.bots[0]!.restarted([cohorts.witness(), cohorts.witness()]);
    expect(await cohorts.transaction(careful, share)).not.to.equal(undefined);
  });

  it("that hides a dealing of the own cohort gets no masked update, and one of another cohort is no matter", async () => {
    await cohorts.share();
    const without = (seat: number) => () =>
      cohorts.events.filter((event) => event.name !== "KeyShared" || event.seat !== seat);
    for (const [seat, own, other] of [
      [0, 2, 5],
      [1, 5, 2],
    ] as const) {
      const commit = { kind: "commitMasked", round: 1, seat, entersNext: false } as const;
      const careful = await cohorts.bots[seat]!.restarted([cohorts.witness({ log: without(own) })]);
      expect(await cohorts.transaction(careful, commit)).to.equal(undefined);
      expect(careful.said.join()).to.include("has other dealings");
      const calm = await cohorts.bots[seat]!.restarted([cohorts.witness({ log: without(other) })]);
      expect(await cohorts.transaction(calm, commit)).not.to.equal(undefined);
    }
  });

  it("a set that reaches into another cohort shows nothing of whom it names", async () => {
    await cohorts.share();
    await cohorts.commit();
    const round = cohorts.cohort();
    const members = [0, 2, 4, 5];
    const set = { members: seatBits(members), cohortView: viewOf(round) };
    const at = cohorts.time() + 1;
    const votes = await Promise.all(
      [2, 4, 5].map(async (seat): Promise<Event> => {
        const { signature } = await voteFor(cohorts.bots[seat]!.party, round, members);
        return { name: "SetAgreed", round: 1, seat, ...set, signature, at };
      }),
    );
    const log = [...cohorts.events, ...votes, { name: "SetFixed", round: 1, ...set, at } as const];
    const shown = await cohorts.transaction(
      cohorts.bots[0]!,
      { kind: "revealSeed", round: 1, seat: 0 },
      cohorts.state(log),
    );
    expect(shown, "two of its own cohort's votes are too few").to.equal(undefined);
    expect(cohorts.bots[0]!.said.join()).to.include("only 2 of 3");
  });
});
