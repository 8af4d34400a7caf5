import { expect } from "chai";
import { Log } from "ethers";
import { eventIn, taskInterface } from "../../trainer/chain/contracts.ts";

describe("Events of a transaction", () => {
  const TASK = `0x${"11".repeat(20)}`;
  const TOKEN = `0x${"22".repeat(20)}`;

  function refundOf(amount: bigint, address: string): Log {
    const { topics, data } = taskInterface.encodeEventLog("BudgetRefunded", [amount]);
    const mined = { transactionHash: "0x", blockHash: "0x", blockNumber: 1, transactionIndex: 0, index: 0 };
    // Nothing is asked of the chain.
    return new Log({ ...mined, removed: false, address, topics, data }, null as never);
  }

  const found = (...logs: Log[]) => eventIn(logs, taskInterface, TASK, "BudgetRefunded")?.args["amount"] as unknown;

  it("are found by contract and name", () => {
    expect(found(refundOf(7n, TASK))).to.equal(7n);
    expect(eventIn([refundOf(7n, TASK)], taskInterface, TASK, "TaskClosed")).to.equal(undefined);
  });

  it("are not taken from another contract that writes the same", () => {
    expect(found(refundOf(1n, TOKEN), refundOf(7n, TASK))).to.equal(7n);
    expect(found(refundOf(1n, TOKEN))).to.equal(undefined);
  });
});
