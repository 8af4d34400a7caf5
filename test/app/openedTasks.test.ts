import { expect } from "chai";
import { chain as chainInUse, head } from "../../app/chain/node.ts";
import type { Chain } from "../../app/chain/node.ts";
import { forgetTasks, openedTask } from "../../app/chain/openedTasks.ts";
import { aTaskOnChain } from "../chain/aTaskOnChain.ts";
import { useLocalChain } from "../support/localChain.ts";

describe("Tasks that the page has read", function () {
  this.timeout(60_000);
  const local = useLocalChain();
  let chain: Chain;
  let block: number;

  before("open a task", async () => {
    ({ block } = (await aTaskOnChain(local(), { staked: 0 })).opened);
    const settings = { rpc: local().url, foedus: local().deployment.address };
    const { signal } = new AbortController();
    chain = { ...local().deployment, settings, confirmations: 0, pollMs: 500, signal };
    chainInUse.value = chain;
  });
  after(() => {
    chainInUse.value = head.value = undefined;
  });

  /** Believes up to a block, of one history or another. */
  function believe(number: number, history: string): void {
    head.value = { number, hash: `${history}${number}`, parentHash: "", timestamp: 0 };
  }
  /** Whether it is asked for once for two who want it one after the other. */
  async function isKept(): Promise<boolean> {
    return (await openedTask(chain, "1")) === (await openedTask(chain, "1"));
  }

  it("are kept from the block on in which they are believed", async () => {
    expect(await isKept()).to.equal(false);
    believe(block - 1, "a");
    expect(await isKept()).to.equal(false);
    believe(block, "a");
    expect(await isKept()).to.equal(true);
  });

  it("are read anew when the chain has taken blocks back, and not when it only grows", async () => {
    believe(block, "a");
    const before = await openedTask(chain, "1");
    believe(block + 5, "a");
    expect(await openedTask(chain, "1")).to.equal(before);
    believe(block + 4, "b");
    const after = await openedTask(chain, "1");
    expect(after).not.to.equal(before);
    believe(block + 4, "c");
    const third = await openedTask(chain, "1");
    expect(third).not.to.equal(after);
    forgetTasks(chain);
    expect(await openedTask(chain, "1")).not.to.equal(third);
  });
});
