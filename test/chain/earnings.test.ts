import { expect } from "chai";
import { earningsOf } from "../../trainer/chain/earnings.ts";
import { freshRound, freshSeat, withSeat } from "../../trainer/chain/roundState.ts";
import type { RoundState } from "../../trainer/chain/roundState.ts";

const ANN = "0x00000000000000000000000000000000000000A1";
const BEN = "0x00000000000000000000000000000000000000B2";

function aRound(number: number, seats: readonly string[], isFinal: boolean): RoundState {
  const taken = seats.reduce<RoundState>(
    (round, trainer, seat) => withSeat(round, seat, { ...freshSeat(trainer, 2 + seat), status: "Revealed" }),
    freshRound(number),
  );
  return isFinal ? { ...taken, result: { dataRate: 10n, computeShare: 5n, advancer: BEN } } : taken;
}

describe("What an account has earned", () => {
  it("is its reward in every final round that it sat in, oldest first, and what it has claimed", () => {
    const rounds = [
      aRound(3, [BEN, ANN], true),
      aRound(1, [ANN], true),
      aRound(2, [BEN], true),
      aRound(4, [ANN], false),
    ];
    const state = { rounds: new Map(rounds.map((round) => [round.number, round])), claimed: new Map([[ANN, 25n]]) };
    expect(earningsOf(state, ANN)).to.deep.equal({
      rounds: [
        { round: 1, weight: 2, reward: 25n },
        { round: 3, weight: 3, reward: 35n },
      ],
      claimed: 25n,
    });
    expect(earningsOf(state, BEN).claimed).to.equal(0n);
  });
});
