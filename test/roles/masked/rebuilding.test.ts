import { expect } from "chai";
import { hexlify } from "ethers";
import { deriveRoundSecrets } from "../../../trainer/privacy/roundSecrets.ts";
import type { RoundSecrets } from "../../../trainer/privacy/roundSecrets.ts";
import { dealShares } from "../../../trainer/privacy/shamir.ts";
import { KEY_SHARE, SEED_SHARE, shareLeaf } from "../../../trainer/privacy/sharesBundle.ts";
import { keyAddress, maskHash } from "../../../trainer/privacy/dealing.ts";
import type { RoundState } from "../../../trainer/chain/taskState.ts";
import { freshRound, freshSeat } from "../../../trainer/chain/roundState.ts";
import { rebuild } from "../../../trainer/roles/masked/rebuilding.ts";
import { randomBytes, seededRandom } from "../../support/seededRandom.ts";
import { account, word } from "../aTask.ts";

const SEATS = [0, 1, 2, 3, 4];
const THRESHOLD = 3;

describe("rebuilding a secret from the shares on chain", () => {
  const random = seededRandom("rebuilding");
  const dealt = (secrets: RoundSecrets, owner: number) => {
    const others = SEATS.filter((seat) => seat !== owner);
    return { key: dealShares(secrets.key, THRESHOLD, others), seed: dealShares(secrets.seed, THRESHOLD, others) };
  };
  type Dealt = ReturnType<typeof dealt>;
  const fresh = (round = 1) =>
    deriveRoundSecrets(randomBytes(random, 32), randomBytes(random, 32), { domain: word(1), round });

  function leavesOf({ key, seed }: Dealt): Uint8Array {
    const leaves = new Uint8Array(64 * SEATS.length);
    for (const { seat, share } of key) leaves.set(shareLeaf(KEY_SHARE, seat, share), 64 * seat);
    for (const { seat, share } of seed) leaves.set(shareLeaf(SEED_SHARE, seat, share), 64 * seat + 32);
    return leaves;
  }

  /** Seat 3 is dropped and its key wanted, seat 4 is a member whose seed is wanted; these shares are shown. */
  function aRound(
    secrets: readonly [RoundSecrets, RoundSecrets],
    shown: ReadonlyMap<number, { readonly key?: Uint8Array; readonly seed?: Uint8Array }>,
  ): RoundState {
    const seats = SEATS.map((seat) => {
      const of = secrets[seat - 3];
      const dealing = {
        keyAddress: of === undefined ? account(seat) : keyAddress(of.key),
        maskHash: of === undefined ? word(seat) : maskHash(of.seed),
        ...{ sharesHash: word(1), sharesId: word(2), r: word(3), vs: word(4), hash: word(5) },
      };
      const { key, seed } = shown.get(seat) ?? {};
      const state = {
        ...freshSeat(account(seat + 1), 1),
        dealing,
        ...(key === undefined ? {} : { keyShares: [hexlify(key)] }),
        ...(seed === undefined ? {} : { seedShares: new Map([[4, hexlify(seed)]]) }),
      };
      return [seat, state] as const;
    });
    const set = { members: [0, 1, 2, 4], cohortView: word(6), time: 1, block: 1 };
    return { ...freshRound(1), set, seats: new Map(seats) };
  }

  const shareOf = (shares: Dealt["key"], seat: number) => shares.find((share) => share.seat === seat)!.share;
  const show = (key: Dealt, seed: Dealt, seats: readonly number[]) =>
    new Map(
      seats.map((seat) => [
        seat,
        { key: shareOf(key.key, seat), ...(seat === 4 ? {} : { seed: shareOf(seed.seed, seat) }) },
      ]),
    );

  it("rebuilds a key and a seed from as many shares as it takes", () => {
    const [dropped, member] = [fresh(), fresh()];
    const [ofDropped, ofMember] = [dealt(dropped, 3), dealt(member, 4)];
    const round = aRound([dropped, member], show(ofDropped, ofMember, [0, 1, 2]));
    const key = rebuild(round, 3, "key", leavesOf(ofDropped), THRESHOLD);
    const seed = rebuild(round, 4, "seed", leavesOf(ofMember), THRESHOLD);
    expect(key).to.deep.equal({ outcome: "rebuilt", secret: dropped.key });
    expect(seed).to.deep.equal({ outcome: "rebuilt", secret: member.seed });
  });

  it("says that there are too few, with one less", () => {
    const [dropped, member] = [fresh(), fresh()];
    const [ofDropped, ofMember] = [dealt(dropped, 3), dealt(member, 4)];
    const round = aRound([dropped, member], show(ofDropped, ofMember, [0, 2]));
    expect(rebuild(round, 3, "key", leavesOf(ofDropped), THRESHOLD)).to.deep.equal({ outcome: "too few" });
    expect(rebuild(round, 4, "seed", leavesOf(ofMember), THRESHOLD)).to.deep.equal({ outcome: "too few" });
  });

  it("ignores shares that are not the ones that were dealt to whoever shows them", () => {
    const [dropped, member] = [fresh(), fresh()];
    const [ofDropped, ofMember] = [dealt(dropped, 3), dealt(member, 4)];
    const again = dealt(dropped, 3);
    const replayed = dealt(fresh(2), 3);
    const beyond = new Uint8Array(32).fill(255);
    for (const [what, wrong] of [
      ["no share", new Uint8Array(32)],
      ["beyond the field", beyond],
      ["another seat's share", shareOf(ofDropped.key, 1)],
      ["a share of the other kind", shareOf(ofDropped.seed, 0)],
      ["a share of another dealing of the same key", shareOf(again.key, 0)],
      ["a share of another round", shareOf(replayed.key, 0)],
    ] as const) {
      const shown = show(ofDropped, ofMember, [0, 1, 2]).set(0, { key: wrong, seed: wrong });
      const round = aRound([dropped, member], shown);
      expect(rebuild(round, 3, "key", leavesOf(ofDropped), THRESHOLD).outcome, what).to.equal("too few");
      expect(rebuild(round, 4, "seed", leavesOf(ofMember), THRESHOLD).outcome, what).to.equal("too few");
      const withOneMore = aRound([dropped, member], new Map(shown).set(4, show(ofDropped, ofMember, [4]).get(4)!));
      expect(rebuild(withOneMore, 3, "key", leavesOf(ofDropped), THRESHOLD).outcome, what).to.equal("rebuilt");
    }
  });

  it("finds the contradiction of a dealer whose shares are of another secret, and shows exactly those", () => {
    const [dropped, member] = [fresh(), fresh()];
    const [ofDropped, ofMember] = [dealt(fresh(), 3), dealt(fresh(), 4)];
    const shown = show(ofDropped, ofMember, [0, 1, 2, 4]);
    const round = aRound([dropped, member], shown);
    expect(rebuild(round, 3, "key", leavesOf(ofDropped), THRESHOLD)).to.deep.equal({
      outcome: "contradiction",
      shares: ofDropped.key.filter(({ seat }) => seat < 3),
    });
    expect(rebuild(round, 4, "seed", leavesOf(ofMember), THRESHOLD).outcome).to.equal("contradiction");
  });

  it("finds it too where one share is off the polynomial, or the secret is none", () => {
    const [dropped, member] = [fresh(), fresh()];
    const crooked = dealt(dropped, 3);
    crooked.key[1]!.share[31]! ^= 1;
    const ofMember = dealt(member, 4);
    const round = aRound([dropped, member], show(crooked, ofMember, [0, 1, 2]));
    expect(rebuild(round, 3, "key", leavesOf(crooked), THRESHOLD).outcome).to.equal("contradiction");
    const zeros = SEATS.map((seat) => ({ seat, share: new Uint8Array(32) }));
    const nothing = { key: zeros, seed: zeros };
    const empty = aRound([dropped, member], show(nothing, nothing, [0, 1, 2]));
    expect(rebuild(empty, 3, "key", leavesOf(nothing), THRESHOLD).outcome).to.equal("contradiction");
  });
});
