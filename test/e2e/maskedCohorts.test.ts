/**
 * Seven trainers, processes of their own, in two cohorts: in the first round one of the smaller cohort vanishes before it
 * commits, and the other cohort's sum alone becomes the model; in the second all are back. The draw is the chain's, so who
 * vanishes is known only then.
 */
import { expect } from "chai";
import { findTask } from "../../trainer/chain/openedTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { cohortRounds, countedSeats, rewardOf, roundOf, seatOf } from "../../trainer/chain/taskState.ts";
import type { RoundState, TaskState } from "../../trainer/chain/taskState.ts";
import { chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { addLanes } from "../../trainer/protocol/lanes.ts";
import { table, useScene } from "../cli/scene.ts";
import type { Account, Ended } from "../cli/scene.ts";
import { aFederation } from "./maskedFederation.ts";
import type { Doom, Federation, WhatTheyKnew } from "./maskedFederation.ts";

const ROWS = [57, 80, 140, 95, 60, 110, 75];
const [FEWER, WHOLE] = [1, 2] as const;

describe("a masked federation of seven processes in two cohorts", function () {
  this.timeout(300_000);
  const scene = useScene();
  let opened: OpenedTask;
  let state: TaskState;
  let trainers: Account[];
  let federation: Federation;
  let known: WhatTheyKnew;
  let ended: Ended[];

  before("it runs to its end by itself", async () => {
    const { deployment, account, file, open } = scene();
    trainers = await Promise.all(ROWS.map(() => account()));
    const tables = await Promise.all(ROWS.map((rows, i) => file(`cohorts-${i}.csv`, table(rows, 1_000 * i))));
    const number = await open({
      ...{ privacy: "masked", rounds: 2, trainers: { min: 3, max: 8 }, cohorts: { count: 2 } },
      seconds: {
        // Nobody waits for them: all act, or the clock jumps.
        ...{ enter: 300, share: 300, commit: 300, attest: 300, reveal: 300, recover: 300, propose: 300 },
        ...{ grace: 60, challenge: 1, disclose: 1, blame: 9, retention: 3_600 },
      },
    });
    opened = await findTask(deployment, String(number));
    federation = aFederation(scene(), opened, trainers, tables);
    const { live, until, passDeadline, lives } = federation;

    for (const trainer of trainers.keys()) await live(trainer, vanishing);
    await until("all have entered", FEWER, ({ entered }) => entered === ROWS.length);
    await passDeadline("Entering");
    const gone = await Promise.any(lives.map(async ({ vanished }, trainer) => vanished.then(() => trainer)));
    await until("the others have committed", FEWER, ({ committed }) => committed === ROWS.length - 1);
    await passDeadline("Committing");
    await live(gone);

    await until("all have entered", WHOLE, ({ entered }) => entered === ROWS.length);
    await passDeadline("Entering");
    ended = await Promise.all(lives.filter((_, i) => i !== gone).map(({ running }) => running.ended));
    state = await federation.now();
    known = await federation.readSecrets(rounds());
  });

  after(() => federation.close());

  /** The first of the smaller cohort in the first round. */
  const vanishing: Doom = async ({ name, args }, trainer) => {
    if (!name.startsWith("commitMasked") || Number(args[0]) !== FEWER) return false;
    const [, smaller] = cohortRounds(roundOf(await federation.now(), FEWER));
    return smaller!.seats.get(Math.min(...smaller!.seats.keys()))!.trainer === trainers[trainer]!.address;
  };

  function rounds(): RoundState[] {
    return [FEWER, WHOLE].map((number) => roundOf(state, number));
  }

  it("draws everybody into one of two cohorts, in each round anew", () => {
    for (const round of rounds()) {
      const rosters = cohortRounds(round).map(({ seats }) => [...seats.keys()]);
      expect(rosters.map(({ length }) => length)).to.deep.equal([4, 3]);
      expect(rosters.flat().sort((a, b) => a - b)).to.deep.equal([...round.seats.keys()].sort((a, b) => a - b));
    }
  });

  it("goes on without the cohort of who vanished, of which nothing is ever shown", () => {
    const [round] = rounds();
    const [larger, smaller] = cohortRounds(round!);
    expect(round!.phase).to.equal("Final");
    expect(countedSeats(round!)).to.deep.equal([...larger!.seats.keys()].sort((a, b) => a - b));
    expect(smaller!.cohorts![0]).to.include({ shared: 3, committed: 2, isAgreed: false });
    for (const { seed, key, keyShares, seedShares } of smaller!.seats.values()) {
      expect([seed, key, keyShares, seedShares]).to.deep.equal(Array(4).fill(undefined));
    }
  });

  it("has everybody in the sum when all are back, and ends well", () => {
    const [, round] = rounds();
    expect(round!.phase).to.equal("Final");
    expect(countedSeats(round!)).to.have.length(ROWS.length);
    expect(state).to.include({ closed: true, completed: 2, current: WHOLE });
    for (const { code, stdout, stderr } of ended) expect(code, `${stderr}${stdout}`).to.equal(0);
  });

  it("each sum is the plain sum of the cohorts that are in it, bit for bit", () => {
    for (const round of rounds()) {
      const counted = countedSeats(round).map((seat) => round.seats.get(seat)!.trainer);
      const sum = new Int32Array(opened.rules.parameters);
      for (const [trainer, { address }] of trainers.entries()) {
        if (counted.includes(address)) addLanes(sum, known.updates[trainer]!.get(round.number)!.plain);
      }
      expect(chunkRoot(sum), `round ${round.number}`).to.equal(round.proposal!.sumRoot);
    }
  });

  it("fines who vanished, and pays whoever is in a sum", () => {
    const { missFine, aggregatorPay, advanceTip } = opened.rules;
    const [fewer] = rounds();
    const [larger] = cohortRounds(fewer!);
    expect([...state.fined.values()]).to.deep.equal([missFine]);
    expect(state.slashed.size).to.equal(0);
    for (const { address } of trainers) {
      const earned = rounds().reduce((sum, round) => {
        const own = seatOf(round, address)!.seat;
        const aggregated = own === round.proposal?.seat ? aggregatorPay : 0n;
        const tip = round.result?.advancer === address ? advanceTip : 0n;
        return sum + rewardOf(round, own) + aggregated + tip;
      }, 0n);
      expect(state.claimed.get(address) ?? 0n).to.equal(earned);
      const own = seatOf(fewer!, address)!.seat;
      expect(rewardOf(fewer!, own) > 0n).to.equal(larger!.seats.has(own));
    }
  });
});
