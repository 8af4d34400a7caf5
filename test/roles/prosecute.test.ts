import { expect } from "chai";
import type { TransactionReceipt, TransactionRequest } from "ethers";
import { InsufficientGas, Refused } from "../../trainer/chain/chainErrors.ts";
import type { Sender } from "../../trainer/chain/sender.ts";
import { claimOf } from "../../trainer/protocol/fraudProofs.ts";
import { prosecute } from "../../trainer/roles/prosecute.ts";
import type { Court } from "../../trainer/roles/prosecute.ts";
import type { Party } from "../../trainer/roles/party.ts";
import { rejection } from "../learning/rejection.ts";
import { account, openedTask } from "./aTask.ts";

const CALLDATA = "0x12345678";
const ANNOUNCE = "announce a challenge of round 3";
const PROVE = "prove it";
const RECEIPT = { gasUsed: 7n } as TransactionReceipt; // nothing else of it is looked at

const refused = (reason: string) => new Refused("Cannot do it.", reason, {}, undefined);

/** Somebody whose transactions end as `outcomes` say, one after another, and well at last. */
function aParty(outcomes: readonly (Error | undefined)[], signal = new AbortController().signal) {
  const sent: string[] = [];
  const claims: unknown[][] = [];
  const left = [...outcomes];
  const sender: Pick<Sender, "address" | "send"> = {
    address: account(1),
    async send(words: string, _request: TransactionRequest) {
      sent.push(words);
      const outcome = left.shift();
      if (outcome !== undefined) throw outcome;
      return RECEIPT;
    },
  };
  const claim = {
    populateTransaction: async (...args: unknown[]) => {
      claims.push(args);
      return { to: account(2), data: "0x" };
    },
  };
  const party = { opened: openedTask(), sender, signal } as unknown as Party; // no chain
  const court = { claim } as unknown as Court;
  const go = () => prosecute(party, 3, { words: PROVE, court, request: { to: account(2), data: CALLDATA } }, 1);
  return { sent, claims, go };
}

describe("prosecuting", () => {
  it("announces the very call, for itself, and then sends it", async () => {
    const { sent, claims, go } = aParty([]);
    expect(await go()).to.equal(RECEIPT);
    expect(sent).to.deep.equal([ANNOUNCE, PROVE]);
    expect(claims).to.deep.equal([[openedTask().address, 3, claimOf(account(1), CALLDATA)]]);
  });

  it("waits until the announcement is a block old", async () => {
    const { sent, go } = aParty([undefined, refused("ClaimTooFresh"), refused("ClaimTooFresh")]);
    expect(await go()).to.equal(RECEIPT);
    expect(sent).to.deep.equal([ANNOUNCE, PROVE, PROVE, PROVE]);
  });

  it("does not wait for a block that never comes", async () => {
    const { go } = aParty([undefined, ...Array.from({ length: 500 }, () => refused("ClaimTooFresh"))]);
    expect(await rejection(go())).to.include({ reason: "ClaimTooFresh" });
  });

  it("goes on with what it has announced before", async () => {
    const { sent, go } = aParty([refused("AlreadyClaimed")]);
    expect(await go()).to.equal(RECEIPT);
    expect(sent).to.deep.equal([ANNOUNCE, PROVE]);
  });

  for (const reason of ["WrongPhase", "WrongRound", "CannotExpelSeat", "NotTheWholeSum", "NotUnderRoot"]) {
    it(`gives up without complaint when another was first: ${reason}`, async () => {
      expect(await aParty([undefined, refused(reason)]).go()).to.equal(undefined);
      expect(await aParty([undefined, refused("ClaimTooFresh"), refused(reason)]).go()).to.equal(undefined);
    });
  }

  it("complains when its proof proves nothing, or it cannot pay", async () => {
    for (const error of [refused("NothingWrong"), refused("NotClaimed"), new InsufficientGas("no coins")]) {
      expect(await rejection(aParty([undefined, error]).go())).to.equal(error);
    }
    const poor = new InsufficientGas("no coins");
    const { sent, go } = aParty([poor]);
    expect(await rejection(go())).to.equal(poor);
    expect(sent).to.deep.equal([ANNOUNCE]);
  });

  it("stops waiting when it is told to", async () => {
    const stop = new AbortController();
    const reason = new Error("stop");
    stop.abort(reason);
    const { go } = aParty([undefined, refused("ClaimTooFresh")], stop.signal);
    expect(await rejection(go())).to.equal(reason);
  });
});
