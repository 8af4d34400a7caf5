import { expect } from "chai";
import { Wallet } from "ethers";
import { viewOf } from "../../../trainer/roles/masked/cohortView.ts";
import { votesForTheSet, voteFor } from "../../../trainer/roles/masked/agreement.ts";
import { reasonNotToShow } from "../../../trainer/roles/masked/mayShow.ts";
import { seatBits } from "../../../trainer/protocol/seatSet.ts";
import { taskDomain } from "../../../trainer/protocol/commitments.ts";
import type { Party } from "../../../trainer/roles/party.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { account, word } from "../aTask.ts";
import { aMaskedRound } from "./aMaskedRound.ts";
import type { Event, MaskedRoundScene } from "./aMaskedRound.ts";

const ALL = [0, 1, 2, 3, 4];

describe("whether a secret may be shown", () => {
  const random = seededRandom("whether a secret may be shown");
  let scene: MaskedRoundScene;
  let parties: Party[];
  before(async () => {
    scene = await aMaskedRound(random);
    parties = scene.bots.map(({ party }) => party);
    await scene.share();
    await scene.commit();
  });
  after(() => scene.close());

  interface Vote {
    /** In whose seat it stands. */
    readonly seat: number;
    /** Who has signed it. */
    readonly by: Party;
    /** What is signed instead of the truth. */
    readonly members?: readonly number[];
    readonly round?: number;
    readonly signature?: string;
  }

  /** The log in which `members` are fixed after these votes. */
  async function fixed(members: readonly number[], votes: readonly Vote[], view = viewOf(scene.cohort())) {
    const set = { round: 1, members: seatBits(members), cohortView: view };
    const at = scene.time() + 1;
    const agreed = votes.map(async ({ seat, by, round = 1, ...vote }): Promise<Event> => {
      const signed = await voteFor(by, { ...scene.cohort(), number: round }, vote.members ?? members);
      return { name: "SetAgreed", seat, ...set, signature: vote.signature ?? signed.signature, at };
    });
    return [...scene.events, ...(await Promise.all(agreed)), { name: "SetFixed", ...set, at } as const];
  }

  const honest = (...seats: number[]): Vote[] => seats.map((seat) => ({ seat, by: parties[seat]! }));

  function reason(seat: number, log: readonly Event[]) {
    return reasonNotToShow(parties[seat]!, scene.state(log), scene.cohort(log), []);
  }

  it("may, with the own seat in a set that enough have signed for", async () => {
    expect(await reason(0, await fixed(ALL, honest(1, 2, 3)))).to.equal(undefined);
    expect(await reason(3, await fixed([1, 2, 3], honest(0, 1, 4))), "whoever signed").to.equal(undefined);
  });

  it("may not before a set is fixed, however many have signed", async () => {
    const log = (await fixed(ALL, honest(0, 1, 2, 3, 4))).filter(({ name }) => name !== "SetFixed");
    expect(await reason(0, log)).to.include("no set");
  });

  it("may not with the own update left out, or without a seat", async () => {
    const log = await fixed([1, 2, 3], honest(1, 2, 3));
    expect(await reason(0, log)).to.include("not in the set");
    const stranger = { ...parties[0]!, sender: { ...parties[0]!.sender, address: account(99) } };
    expect(await reasonNotToShow(stranger, scene.state(log), scene.cohort(log), [])).to.include("not in the set");
  });

  it("may not with fewer members than the task asks for", async () => {
    expect(await reason(0, await fixed([0, 1], honest(0, 1, 2, 3)))).to.include("2 updates are too few");
  });

  it("may not with one valid signature too few, whatever else is shown", async () => {
    const two = honest(1, 2);
    const elsewhere = { ...parties[3]!, opened: { ...parties[3]!.opened, address: account(0xbad) } };
    const otherChain = { ...parties[3]!, deployment: { ...parties[3]!.deployment, chainId: 1n } };
    const wallet = Wallet.createRandom();
    const outsider: Party = {
      ...parties[3]!,
      sender: { ...parties[3]!.sender, address: wallet.address, signTypedData: wallet.signTypedData.bind(wallet) },
    };
    const wrong: readonly (readonly [string, Vote])[] = [
      ["of another round", { seat: 3, by: parties[3]!, round: 2 }],
      ["for another set", { seat: 3, by: parties[3]!, members: [0, 1, 2] }],
      ["of another task", { seat: 3, by: elsewhere }],
      ["on another chain", { seat: 3, by: otherChain }],
      ["by an outsider", { seat: 3, by: outsider }],
      ["by somebody else of the cohort", { seat: 3, by: parties[1]! }],
      ["that is none", { seat: 3, by: parties[3]!, signature: "0x" }],
      ["that is malformed", { seat: 3, by: parties[3]!, signature: `0x${"ff".repeat(65)}` }],
    ];
    for (const [what, vote] of wrong) {
      expect(await reason(0, await fixed(ALL, [...two, vote])), `a third signature ${what}`).to.include("only 2 of 3");
    }
    expect(await reason(0, await fixed(ALL, [...two, ...honest(3)]))).to.equal(undefined);
  });

  it("may not when those who have signed have seen another cohort", async () => {
    const log = await fixed(ALL, honest(1, 2, 3), word(77));
    expect(await reason(0, log)).to.include("only 0 of 3");
    // The same votes, but a dealing is not the one that they were for.
    const other = (await fixed(ALL, honest(1, 2, 3))).map((event): Event =>
      event.name === "KeyShared" && event.seat === 4 ? { ...event, maskHash: word(5) } : event,
    );
    expect(await reason(0, other)).to.include("only 0 of 3");
    const otherRoot = (await fixed(ALL, honest(1, 2, 3))).map((event): Event =>
      event.name === "MaskedCommitted" && event.seat === 4 ? { ...event, root: word(5) } : event,
    );
    expect(await reason(0, otherRoot)).to.include("only 0 of 3");
  });

  it("counts votes only where a set is fixed, and no more than it needs", async () => {
    const log = await fixed(ALL, honest(0, 1, 2, 3, 4));
    const { chainId } = parties[0]!.deployment;
    expect(votesForTheSet(scene.state(log), chainId, scene.cohort(log))).to.equal(3);
    expect(votesForTheSet(scene.state(), chainId, scene.cohort())).to.equal(0);
    expect(parties[0]!.opened.domain).to.equal(taskDomain(31_337, parties[0]!.opened.address));
  });
});
