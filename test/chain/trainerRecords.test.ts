import { expect } from "chai";
import { createTrainerRecords, stakeTotals } from "../../trainer/chain/trainerRecords.ts";
import type { TrainerEvent } from "../../trainer/chain/trainerEvent.ts";

const [ANN, BEN, TASK, OTHER, FALSE] = ["0xa", "0xb", "0x1", "0x2", "0x3"];
const opened = (task: string, id: number): TrainerEvent => ({ name: "TaskOpened", block: 1, task, id });
const deposit = (account: string, task: string, amount: bigint, block = 5): TrainerEvent => ({
  ...{ name: "StakeDeposited", block, task, account, amount },
});
const slash = (task: string, amount: bigint): TrainerEvent => ({
  ...{ name: "StakeSlashed", block: 8, task, account: ANN, amount },
});
const thaw = (thawing: bigint): TrainerEvent => ({
  ...{ name: "StakeThawing", block: 7, task: TASK, account: ANN, thawing, thawedAt: 1_000 },
});

describe("Records of trainers", () => {
  function after(...events: TrainerEvent[]) {
    const records = createTrainerRecords();
    records.apply([opened(TASK, 1), opened(OTHER, 2), ...events]);
    return records;
  }
  const totalsOf = (records: ReturnType<typeof after>, account = ANN) =>
    stakeTotals(records.trainers.get(account)!, records.tasks);

  it("sum what was staked and left over all tasks", () => {
    const records = after(...[deposit(ANN, TASK, 100n), deposit(ANN, OTHER, 50n, 6), thaw(30n)], {
      name: "StakeWithdrawn",
      block: 9,
      task: TASK,
      account: ANN,
      amount: 30n,
    });
    expect(totalsOf(records)).to.deep.include({ tasks: 2, amount: 120n, thawing: 0n });
    expect(records.trainers.get(ANN)).to.deep.include({ since: 5, isRegistered: false });
  });

  it("keep what thaws, and let a fine reach it", () => {
    const records = after(deposit(ANN, TASK, 100n), thaw(90n), slash(TASK, 30n));
    expect(totalsOf(records)).to.deep.equal({
      ...{ tasks: 1, amount: 70n, thawing: 70n, thawedAt: 1_000, fines: 1, fined: 30n },
    });
  });

  it("do not count stake in what only says that it is a task, until Foedus has opened it", () => {
    const records = after(deposit(ANN, FALSE, 10n ** 30n), deposit(ANN, TASK, 1n), slash(FALSE, 7n));
    expect(totalsOf(records)).to.deep.include({ tasks: 1, amount: 1n, fines: 0, fined: 0n });
    records.apply([opened(FALSE, 3)]);
    expect(totalsOf(records)).to.deep.include({ tasks: 2, amount: 10n ** 30n - 6n, fines: 1 });
  });

  it("keep no more trainers than they may, and say so", () => {
    const records = createTrainerRecords(1);
    records.apply([opened(TASK, 1), deposit(ANN, TASK, 1n)]);
    expect(records.isFull).to.equal(false);
    records.apply([deposit(BEN, TASK, 1n), deposit(ANN, TASK, 1n)]);
    expect(records.isFull).to.equal(true);
    expect([...records.trainers.keys()]).to.deep.equal([ANN]);
    expect(totalsOf(records)).to.deep.include({ amount: 2n });
  });

  it("keep no more stakes than they may, in whatever addresses they lie, and go on with those that they have", () => {
    const records = createTrainerRecords(1);
    records.apply([opened(TASK, 1), deposit(ANN, TASK, 1n)]);
    const nowhere = Array.from({ length: 20 }, (_, i) => `0x${String(i).padStart(40, "0")}`);
    records.apply(nowhere.map((task) => deposit(ANN, task, 1n)));
    expect(records.isFull).to.equal(true);
    expect(records.trainers.get(ANN)!.stakes.size).to.equal(8);
    records.apply([deposit(ANN, TASK, 1n)]);
    expect(totalsOf(records)).to.deep.include({ amount: 2n });
  });

  it("notice a registration of who has staked before", () => {
    const records = after(deposit(ANN, TASK, 1n), { name: "Registered", block: 9, account: ANN });
    expect(records.trainers.get(ANN)).to.deep.include({ since: 5, isRegistered: true });
  });
});
