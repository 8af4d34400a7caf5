import { expect } from "chai";
import { MaxUint256, Wallet, ZeroHash } from "ethers";
import { Unexplained, actOf, actOfSignature } from "../../app/chain/act.ts";
import type { Chain } from "../../app/chain/node.ts";
import { TOKEN, aTaskOnChain } from "../chain/aTaskOnChain.ts";
import type { TaskOnChain } from "../chain/aTaskOnChain.ts";
import { useLocalChain } from "../support/localChain.ts";
import { rejection } from "../support/rejection.ts";

describe("What the page has signed", () => {
  const chain = useLocalChain();
  const account = Wallet.createRandom().address;
  let read: Chain;
  let there: TaskOnChain;
  let token: string;
  let vault: string;

  before(async () => {
    there = await aTaskOnChain(chain(), { staked: 0 });
    const { deployment, url } = chain();
    const settings = { rpc: url, foedus: deployment.address };
    read = { ...deployment, settings, confirmations: 0, pollMs: 10, signal: new AbortController().signal };
    token = await deployment.stakeToken.getAddress();
    vault = await deployment.vault.getAddress();
  });

  const act = (request: Parameters<typeof actOf>[2]) => actOf(read, account, request);
  const sign = (primaryType: string, verifyingContract: string, message: Record<string, unknown>, chainId = 31_337n) =>
    actOfSignature(read, account, { domain: { chainId, verifyingContract }, primaryType, message });

  it("is read from the bytes: a deposit names its task and amount whichever way it is allowed", async () => {
    const { vault: contract } = chain().deployment;
    const { address, id } = there.opened;
    const plain = await act(await contract.deposit.populateTransaction(address, 7n * TOKEN));
    const permit = contract.depositWithPermit.populateTransaction(address, 7n * TOKEN, 1, 27, ZeroHash, ZeroHash);
    for (const one of [plain, await act(await permit)]) {
      expect(one).to.include({ kind: "deposit", to: vault, token, amount: 7n * TOKEN });
      expect(one.kind === "deposit" && one.opened.id).to.equal(id);
    }
  });

  it("may let exact amounts be taken, and only by the contracts of this Foedus", async () => {
    const { stakeToken } = chain().deployment;
    const approve = (spender: string, amount: bigint) => stakeToken.approve.populateTransaction(spender, amount);
    expect(await act(await approve(vault, 5n))).to.include({ kind: "approve", spender: "vault", amount: 5n });
    await rejection(act(await approve(account, 5n)), Unexplained);
    await rejection(act(await approve(vault, MaxUint256)), Unexplained);
    const permit = { owner: account, spender: vault, value: 5n, nonce: 0n, deadline: 9 };
    expect(await sign("Permit", token, permit)).to.include({
      kind: "permit",
      spender: "vault",
      amount: 5n,
      deadline: 9,
    });
    await rejection(sign("Permit", token, { ...permit, spender: account }), Unexplained);
    await rejection(sign("Permit", token, { ...permit, value: MaxUint256 }), Unexplained);
    await rejection(sign("Permit", token, permit, 1n), Unexplained);
  });

  it("never is a claim for somebody else, nor anything that has no words", async () => {
    const { stakeToken, vault: contract } = chain().deployment;
    const claim = { trainer: account, recipient: vault, fee: 1n, nonce: 0n, deadline: 9 };
    const said = await sign("Claim", there.opened.address, claim);
    expect(said).to.include({ kind: "signClaim", recipient: vault, fee: 1n, amount: 0n });
    await rejection(sign("Claim", there.opened.address, { ...claim, trainer: vault }), Unexplained);
    await rejection(sign("Order", there.opened.address, claim), Unexplained);
    await rejection(act(await stakeToken.transfer.populateTransaction(vault, 1n)), Unexplained);
    await rejection(act(await there.task.advance.populateTransaction()), Unexplained);
    const withdraw = await contract.withdraw.populateTransaction(there.opened.address);
    await rejection(act({ ...withdraw, value: 1n }), Unexplained);
    await rejection(act({ to: vault, data: "0x" }), Error);
  });
});
