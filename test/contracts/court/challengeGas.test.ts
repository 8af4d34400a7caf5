import { expect } from "chai";
import { challengeGas } from "../../../trainer/chain/taskRules.ts";
import { aThinRound, claim, post, send, stepChallenge, sumChallenge } from "../../support/dispute.ts";
import {
  aThinMaskedRound,
  accusation,
  claimMasked,
  inCohort,
  maskedSumChallenge,
  postSum,
  sendMasked,
} from "../../support/maskedDispute.ts";
import { networkHelpers } from "../../support/task.ts";

describe("TaskRules: challengeGas", () => {
  const CASES = [
    [2, "FedAvg", 0, 1_663_370],
    [32, "FedAvg", 0, 1_663_370],
    [128, "FedAvg", 0, 1_663_370],
    [32, "Uniform", 0, 32],
    [3, "Uniform", 1, 32],
    [3, "Uniform", 1, 1_663_370],
    [32, "Uniform", 1, 1_663_370],
    [32, "Uniform", 15, 32],
    [64, "Uniform", 1, 32],
    [64, "Uniform", 31, 1_663_370],
    [95, "Uniform", 1, 32], // the most that can be ranked
    [2, "FedAvgM", 0, 1_663_370],
    [2, "FedAdam", 0, 1_663_370],
    [2, "FedAdam", 0, 32],
    [2, "FedAdam", 0, 2 ** 30],
    [2, "FedYogi", 0, 1_663_370],
    [2, "FedYogi", 0, 32],
    [2, "FedAdagrad", 0, 1_663_370],
    [2, "FedAdagrad", 0, 32],
  ] as const;
  for (const [trainers, rule, trim, parameters] of CASES) {
    const name = `${trainers} seats, ${parameters} numbers, ${rule}${trim === 0 ? "" : `, trim ${trim}`}`;
    it(`covers a claim and the dearest proof at ${name}`, async function () {
      this.timeout(30_000);
      // No zero byte, an account that never held the token, and a convict that sits in the next round already. Every number
      // is below all before it, which takes the most to rank.
      const lane = (weight: number, seat: number) => -65_794 - weight - seat;
      const f = await aThinRound({ trainers, rule, parameters, lane, trim });
      await post(f, f.posted);
      let dearest = 0;
      for (const proof of [sumChallenge(f, f.posted, f.chunk), stepChallenge(f, f.posted, f.chunk)]) {
        const before = await networkHelpers.takeSnapshot();
        const claimed = await (await claim(f, f.outsider, proof)).wait();
        const shown = await (await send(f, f.outsider, proof)).wait();
        dearest = Math.max(dearest, Number(claimed!.gasUsed + shown!.gasUsed));
        await before.restore();
      }
      // The bots' own calculation, which Foedus refuses to differ from by one unit.
      const said = challengeGas({
        ...{ parameters, minTrainers: 1, maxTrainers: trainers },
        ...{ serverRule: rule, privacy: "sealed", cohorts: 0, trim },
      });
      console.log(`      ${dearest} gas, at most ${said}`);
      expect(said, "enough").to.be.at.least(dearest);
      expect(said, "not much more").to.be.below(1.25 * dearest);
    });
  }

  /** Seats and members of a cohort, cohorts, how many of their means are left out at either end, numbers in an update. */
  const MASKED_CASES = [
    [3, 3, 1, 0, 1_663_370],
    [3, 3, 1, 0, 32],
    [8, 5, 1, 0, 1_663_370],
    [32, 32, 1, 0, 1_663_370],
    [32, 17, 1, 0, 1_663_370],
    [32, 17, 1, 0, 32],
    [32, 17, 1, 0, 2 ** 30],
    [3, 3, 8, 0, 32],
    [3, 3, 8, 3, 32],
    [6, 4, 8, 0, 32],
    [9, 5, 8, 2, 1_663_370],
    [6, 4, 3, 1, 1_663_370],
    [8, 5, 4, 0, 1_663_370],
    [8, 8, 8, 3, 1_663_370],
  ] as const;
  for (const [size, members, cohorts, trim, parameters] of MASKED_CASES) {
    const name = `${cohorts} x ${size} seats and ${members} members, trim ${trim}, ${parameters} numbers`;
    it(`covers them in masked rounds of ${name}`, async function () {
      this.timeout(60_000);
      const dropped = Array.from({ length: size - members }, (_, i) => 2 * i + 1);
      const seats = size * cohorts;
      const f = await aThinMaskedRound({ seats, cohorts, dropped, parameters, rules: { trim } });
      await postSum(f, f.posted);
      let dearest = 0;
      for (const proof of [maskedSumChallenge(f, f.posted, f.chunk), accusation(inCohort(f, 0), f.chunk)]) {
        const before = await networkHelpers.takeSnapshot();
        const claimed = await (await claimMasked(f, f.outsider, proof)).wait();
        const shown = await (await sendMasked(f, f.outsider, proof)).wait();
        dearest = Math.max(dearest, Number(claimed!.gasUsed + shown!.gasUsed));
        await before.restore();
      }
      const rules = { parameters, maxTrainers: seats, minTrainers: members, cohorts, trim };
      const said = challengeGas({ ...rules, serverRule: "FedAvg", privacy: "masked" });
      console.log(`      ${dearest} gas, at most ${said}`);
      expect(said, "enough").to.be.at.least(dearest);
      expect(said, "not much more").to.be.below(1.25 * dearest);
    });
  }
});
