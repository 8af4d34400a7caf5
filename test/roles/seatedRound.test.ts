import { expect } from "chai";
import { roundOf } from "../../trainer/chain/taskState.ts";
import { seatedRound } from "../../trainer/roles/seatedRound.ts";
import { RULES, account, after, enters, opens } from "./aTask.ts";

describe("round whose trainers are known", () => {
  const entered = after([
    opens(1),
    enters(1, 3, account(7), 2),
    enters(1, 0, account(9), 5),
    enters(1, 1, account(8), 1),
  ]);

  it("has everybody's declared rows in the order of seats, and the own place among them", () => {
    const rules = { ...RULES, weightUnit: 10 };
    const at = (index: number) => seatedRound(roundOf(entered, 1), rules, account(index));
    expect(at(9)).to.deep.equal({ declaredRows: [50, 10, 20], seat: 0, staleness: 0 });
    expect(at(7)).to.deep.equal({ declaredRows: [50, 10, 20], seat: 2, staleness: 0 });
    expect(seatedRound(roundOf(entered, 1), rules, account(8), 3)).to.include({ seat: 1, staleness: 3 });
  });

  it("is not asked for by who is not in it", () => {
    expect(() => seatedRound(roundOf(entered, 1), RULES, account(1))).to.throw("has no seat in round 1");
  });
});
