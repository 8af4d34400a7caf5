import { expect } from "chai";
import { Wallet } from "ethers";
import { UnknownTask } from "../../trainer/chain/chainErrors.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import { fromTaskRules, toTaskRules, weightOfSamples } from "../../trainer/chain/taskRules.ts";
import { useLocalChain } from "../support/localChain.ts";
import { rejection } from "../support/rejection.ts";
import { GENESIS, aTaskOnChain } from "./aTaskOnChain.ts";
import type { TaskOnChain } from "./aTaskOnChain.ts";

describe("Finding a task", () => {
  const chain = useLocalChain();
  let first: TaskOnChain;
  let second: TaskOnChain;

  before(async () => {
    const { message } = await rejection(findTask(chain().deployment, "1"), UnknownTask);
    expect(message).to.match(/Task 1 does not exist: no task has been opened yet/);
    first = await aTaskOnChain(chain(), { staked: 0 });
    second = await aTaskOnChain(chain(), {
      staked: 0,
      rules: { minTrainers: 1, rounds: 7, weightUnit: 30, maxWeight: 5 },
    });
  });

  it("finds it by number and by address, with its rules and where it begins", async () => {
    const { opened, task, sponsor } = second;
    expect(opened).to.deep.include({ id: 2, genesis: GENESIS, domain: await task.domain() });
    expect(opened.rules).to.include({ minTrainers: 1, rounds: 7, weightUnit: 30, sponsor: sponsor.address });
    expect(await findTask(chain().deployment, opened.address)).to.deep.equal(opened);
    expect(await findTask(chain().deployment, opened.address.toLowerCase())).to.deep.equal(opened);
    const [event] = await chain().deployment.foedus.queryFilter(chain().deployment.foedus.filters.TaskOpened(2));
    expect([opened.block, opened.blockHash]).to.deep.equal([event?.blockNumber, event?.blockHash]);
    expect(first.opened.block).to.be.lessThan(opened.block);
  });

  it("says which tasks there are when the number is too high", async () => {
    const { message } = await rejection(findTask(chain().deployment, "3"), UnknownTask);
    expect(message).to.match(/Task 3 does not exist: there are tasks 1 to 2\. See: foedus task list\.$/);
  });

  for (const garbage of ["0", "-1", "1.5", "1e3", "one", "", " 1", "0x1", "9".repeat(80), "1\u001b[2J"]) {
    it(`refuses ${JSON.stringify(garbage).slice(0, 30)} with the way out`, async () => {
      const { message } = await rejection(findTask(chain().deployment, garbage), UnknownTask);
      expect(message).to.match(/is no task\. Give its number or its address\.$/);
      expect(message).to.match(/^[ -~]{1,150}$/);
    });
  }

  it("trusts no task that this Foedus did not open", async () => {
    const { foedus, stakeToken } = chain().deployment;
    const impostors = [Wallet.createRandom().address, await stakeToken.getAddress(), await foedus.sealedTask()];
    for (const address of impostors) {
      const { message } = await rejection(findTask(chain().deployment, address), UnknownTask);
      expect(message).to.include(`${address} was not opened by Foedus ${chain().deployment.address}`);
    }
  });

  it("knows the rules as the chain has them, there and back", async () => {
    const config = await second.task.config();
    const rules = toTaskRules(config);
    for (const [name, value] of Object.entries(fromTaskRules(rules))) {
      expect(String(value), name).to.equal(String(config[name as keyof typeof config]));
    }
    expect(Object.keys(rules)).to.have.length(config.length);
  });

  it("refuses rules of a later version", async () => {
    const config = await second.task.config();
    const later = Object.assign([...config], {
      ...fromTaskRules(toTaskRules(config)),
      privacy: 9n,
    }) as unknown as typeof config;
    expect(() => toTaskRules(later)).to.throw(/does not know\. Update Foedus\.$/);
  });

  it("counts samples in whole units, up to what one trainer may declare", () => {
    const { rules } = second.opened;
    expect([0, 29, 30, 59, 60, 150, 10_000].map((samples) => weightOfSamples(rules, samples))).to.deep.equal([
      0, 0, 1, 1, 2, 5, 5,
    ]);
  });
});
