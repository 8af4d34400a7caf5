// Gas of every act of a round in steady state: seats, members and round words have all been written before.
// Each figure is the dearest transaction of its kind in the cohort (the last of a phase also turns the phase).
// Of a masked round (gas/maskedRound.ts) besides what it costs all together, by how many drop out.
import type { ContractTransactionResponse } from "ethers";
import { actsOf, aTaskWith, anUpdate, drawnSeat, ethers, passDeadline } from "../test/support/task.ts";
import type { TaskFixture } from "../test/support/task.ts";
import { maskedRounds } from "./gas/maskedRound.ts";
import type { Row } from "./row.ts";

const COHORTS = [4, 16, 64];

export default async function gas(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const trainers of COHORTS) {
    for (const [metric, value] of Object.entries(await steadyRound(trainers))) {
      rows.push({ bench: "gas", case: trainers, metric, value, unit: "gas" });
    }
  }
  return [...rows, ...(await maskedRounds())];
}

async function steadyRound(cohort: number) {
  const rules = { maxTrainers: cohort, minTrainers: cohort, rounds: 100 };
  const fixture = await aTaskWith({ staked: cohort, rules });
  const { task, trainers } = fixture;
  const acts = actsOf(fixture);
  const all = (act: (seat: number) => Promise<ContractTransactionResponse>) =>
    dearest(
      trainers.map((_, seat) => seat),
      act,
    );

  let round = 1;
  for (; round < 4; round++) await acts.wholeRound(round, { stay: true });
  const commitEnter = await all((seat) =>
    task.connect(trainers[seat]!).commitAndEnter(round, seat, commitmentOf(round, seat), 10),
  );
  const reveal = await all((seat) => {
    const { root, contentKeyHash, contentId } = anUpdate(fixture, round, trainers[seat]!);
    return task.connect(trainers[seat]!).reveal(round, seat, root, contentKeyHash, contentId);
  });
  await passDeadline(task);
  const proposer = await drawnSeat(task, round);
  const propose = await dearest([proposer], (seat) =>
    task
      .connect(trainers[seat]!)
      .propose(round, seat, ethers.id("sum"), ethers.id("model"), ethers.id("sum id"), ethers.id("content")),
  );
  await passDeadline(task);
  const finaliser = trainers[(proposer + 1) % cohort]!;
  const finalise = await dearest([0], () => task.connect(finaliser).advance());

  round++;
  const commit = await all((seat) => task.connect(trainers[seat]!).commit(round, seat, commitmentOf(round, seat)));
  await acts.reveal(round);
  await acts.propose(round);
  await acts.finalise();

  round++;
  const enter = await all((seat) => task.connect(trainers[seat]!).enter(seat, 10));
  const stillToCome = 10 - round;
  for (let more = 0; more <= stillToCome; more++) await acts.wholeRound(round + more);
  const claim10 = await all((seat) => task.claim(trainers[seat]!.address));

  return { enter, commit, commitEnter, reveal, propose, finalise, claim10 };

  function commitmentOf(inRound: number, seat: number) {
    return anUpdate(fixture as TaskFixture, inRound, trainers[seat]!).commitment;
  }
}

async function dearest(seats: number[], act: (seat: number) => Promise<ContractTransactionResponse>): Promise<number> {
  let most = 0;
  for (const seat of seats) {
    const receipt = await (await act(seat)).wait();
    most = Math.max(most, Number(receipt?.gasUsed ?? 0n));
  }
  return most;
}
