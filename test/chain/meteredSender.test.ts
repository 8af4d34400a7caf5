import { expect } from "chai";
import type { TransactionReceipt } from "ethers";
import { meteredSender } from "../../trainer/chain/meteredSender.ts";
import type { Sender } from "../../trainer/chain/sender.ts";
import { rejection } from "../support/rejection.ts";

describe("A metered sender", () => {
  it("says what was done and what it cost, and of what failed that it did", async () => {
    const receipt = { gasUsed: 21_000n } as TransactionReceipt;
    const refused = new Error("refused");
    const sender: Sender = {
      address: "0x12",
      send: (action) => (action.startsWith("commit") ? Promise.resolve(receipt) : Promise.reject(refused)),
      signTypedData: () => Promise.resolve("signed"),
    };
    const told: unknown[] = [];
    const metered = meteredSender(sender, {
      mined: (act, { gasUsed }) => told.push([act, gasUsed]),
      failed: (error) => told.push(error),
    });
    expect(await metered.send("commit to round 3", {})).to.equal(receipt);
    expect(await rejection(metered.send("reveal in round 3", {}), Error)).to.equal(refused);
    expect(told).to.deep.equal([["commit", 21_000n], refused]);
    expect(metered.address).to.equal("0x12");
  });
});
