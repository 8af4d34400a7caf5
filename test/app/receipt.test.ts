import { expect } from "chai";
import type { Chain } from "../../app/chain/node.ts";
import { head, trouble } from "../../app/chain/node.ts";
import { receiptOf } from "../../app/chain/receipt.ts";
import { effectOf } from "../../app/chain/effect.ts";
import { useLocalChain } from "../support/localChain.ts";
import { rejection } from "../support/rejection.ts";

describe("A transaction that is sent", () => {
  const chain = useLocalChain();
  const ended = new AbortController();
  let read: Chain;
  let account: string;
  let failing = 0;

  before(() => {
    const { deployment, provider, url } = chain();
    const flaky = new Proxy(provider, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (failing-- > 0) return Promise.reject(new Error("rate limited"));
          return (value as (...given: unknown[]) => unknown).apply(target, args);
        };
      },
    });
    const settings = { rpc: url, foedus: deployment.address };
    read = { ...deployment, provider: flaky, settings, confirmations: 0, pollMs: 5, signal: ended.signal };
  });
  after(() => void (head.value = trouble.value = undefined));

  async function sent(): Promise<string> {
    const signer = await chain().account(0);
    account = signer.address;
    const { vault, stakeToken } = chain().deployment;
    const { hash } = await stakeToken.connect(signer).approve(await vault.getAddress(), 5n);
    const block = await chain().provider.getBlock("latest");
    const { number, hash: own, parentHash, timestamp } = block!;
    head.value = { number, hash: own!, parentHash, timestamp };
    return hash;
  }

  it("is followed through errors of the node, which are noted", async () => {
    const hash = await sent();
    failing = 3;
    const receipt = await receiptOf(read, account, hash, () => undefined);
    expect(receipt.hash).to.equal(hash);
    expect(trouble.value?.message).to.equal("rate limited");
  });

  it("is told of without balances where the node gives none of that block", async () => {
    const receipt = await receiptOf(read, account, await sent(), () => undefined);
    const token = await chain().deployment.stakeToken.getAddress();
    const act = { kind: "approve", to: token, token, spender: "vault", amount: 5n } as const;
    expect((await effectOf(read, act, account, receipt)).balance).to.have.keys("before", "after");
    failing = 99;
    const { balance, block } = await effectOf(read, act, account, receipt);
    failing = 0;
    expect([balance, block]).to.deep.equal([undefined, receipt.blockNumber]);
  });

  it("is followed no more when other settings are chosen", async () => {
    const hash = await sent();
    head.value = undefined;
    await rejection(
      receiptOf(read, account, hash, () => ended.abort()),
      Error,
    );
  });
});
