import { expect } from "chai";
import { AbiCoder, Wallet, id, parseEther } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { allowanceFor } from "../../trainer/chain/allowance.ts";
import { RpcUnreachable } from "../../trainer/chain/chainErrors.ts";
import { tokenAt, vaultAt } from "../../trainer/chain/contracts.ts";
import type { FoedusToken } from "../../trainer/chain/contracts.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";
import { DEFAULT_MAX_FEE_PER_GAS, createSender } from "../../trainer/chain/sender.ts";
import type { Sender } from "../../trainer/chain/sender.ts";
import { FeeToken__factory } from "../../types/ethers-contracts/factories/test-support/HostileTokens.sol/FeeToken__factory.ts";
import { aProxyOf } from "../support/faultyProxy.ts";
import type { Exchange, FaultyProxy } from "../support/faultyProxy.ts";
import { useLocalChain } from "../support/localChain.ts";
import { rejection } from "../support/rejection.ts";
import { TOKEN, aTaskOnChain } from "./aTaskOnChain.ts";
import type { TaskOnChain } from "./aTaskOnChain.ts";

const AMOUNT = 120n * TOKEN;

describe("Allowing a contract to take an amount", () => {
  const chain = useLocalChain();
  let there: TaskOnChain;
  let proxy: FaultyProxy;
  let provider: JsonRpcProvider;
  let sender: Sender;
  let token: FoedusToken;
  let spender: string;

  before(async () => {
    there = await aTaskOnChain(chain(), { staked: 0 });
  });

  beforeEach(async () => {
    proxy = await aProxyOf(chain().url);
    provider = await connectRpc({ url: proxy.url, retries: 0 });
    const wallet = new Wallet(Wallet.createRandom().privateKey);
    sender = createSender({
      wallet,
      provider,
      pollMs: 10,
      stuckAfterMs: 20_000,
      maxFeePerGas: DEFAULT_MAX_FEE_PER_GAS,
    });
    await chain().rpc("hardhat_setBalance", wallet.address, `0x${parseEther("10").toString(16)}`);
    const { stakeToken, vault } = chain().deployment;
    await stakeToken.connect(there.sponsor).transfer(wallet.address, 1_000n * TOKEN);
    token = tokenAt(await stakeToken.getAddress(), provider);
    spender = await vault.getAddress();
  });

  afterEach(async () => {
    provider.destroy();
    await proxy.close();
  });

  const sent = () => proxy.methods.filter((method) => method === "eth_sendRawTransaction").length;

  /** Deposits with what `allowanceFor` gave. */
  async function deposit(amount: bigint): Promise<void> {
    const permit = await allowanceFor(sender, token, spender, amount);
    const { vault } = chain().deployment;
    const { deadline, v, r, s } = permit ?? expect.fail("no permit");
    await sender.send(
      "deposit",
      await vaultAt(await vault.getAddress(), provider).depositWithPermit.populateTransaction(
        there.opened.address,
        amount,
        deadline,
        v,
        r,
        s,
      ),
    );
  }

  it("signs a permit that the contract takes, without a transaction of its own", async () => {
    await deposit(AMOUNT);
    expect(sent()).to.equal(1);
    const { amount } = await chain().deployment.vault.stakeOf(there.opened.address, sender.address);
    expect(amount).to.equal(AMOUNT);
    expect(await token.allowance(sender.address, spender)).to.equal(0n);
    await deposit(1n); // with the next nonce
  });

  it("signs a permit that is good by the chain's clock, also when that runs ahead", async () => {
    const snapshot = await chain().snapshot();
    await chain().mine(Math.floor(Date.now() / 1000) + 30 * 86_400);
    await deposit(AMOUNT);
    await chain().revert(snapshot);
  });

  it("approves exactly the amount of a token that knows no permits, and only once", async () => {
    const fee = await new FeeToken__factory(there.sponsor).deploy(1_000n * TOKEN);
    token = tokenAt(await fee.getAddress(), provider);
    expect(await allowanceFor(sender, token, spender, AMOUNT)).to.equal(undefined);
    expect(await token.allowance(sender.address, spender)).to.equal(AMOUNT);
    expect(await allowanceFor(sender, token, spender, AMOUNT - 1n)).to.equal(undefined);
    expect(sent()).to.equal(1);
    expect(await token.allowance(sender.address, spender)).to.equal(AMOUNT);
  });

  /** The token's answer to one view, replaced. */
  function tokenAnswers(view: string, result: string | undefined) {
    const selector = id(`${view}()`).slice(0, 10);
    return async ({ requests, forward, answer }: Exchange) => {
      const asked = requests.find(
        ({ method, params }) => method === "eth_call" && (params[0] as { data: string }).data === selector,
      );
      if (asked === undefined) return false;
      const error = { code: 3, message: "execution reverted", data: "0x" };
      const answers = (await forward()).map((one) =>
        one["id"] === asked.id ? { id: one["id"], ...(result === undefined ? { error } : { result }) } : one,
      );
      answer(answers.length === 1 ? answers[0] : answers);
    };
  }

  it("approves for a token that has nonces and a domain for other purposes than permits", async () => {
    proxy.fault = tokenAnswers("DOMAIN_SEPARATOR", undefined);
    expect(await allowanceFor(sender, token, spender, AMOUNT)).to.equal(undefined);
    expect(await token.allowance(sender.address, spender)).to.equal(AMOUNT);
  });

  it("never signs a permit for another token, whatever domain this one claims", async () => {
    const victim = Wallet.createRandom().address;
    const domain = AbiCoder.defaultAbiCoder().encode(
      ["bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]"],
      ["0x0f", "USD Coin", "2", 31_337n, victim, id(""), []],
    );
    proxy.fault = tokenAnswers("eip712Domain", domain);
    const signed: unknown[] = [];
    const watched: Sender = {
      ...sender,
      signTypedData: (...args) => (signed.push(args), sender.signTypedData(...args)),
    };
    expect(await allowanceFor(watched, token, spender, AMOUNT)).to.equal(undefined);
    expect(signed).to.deep.equal([]);
  });

  it("does not take a lost connection for a token without permits", async () => {
    proxy.fault = ({ drop }) => drop();
    await rejection(allowanceFor(sender, token, spender, AMOUNT), RpcUnreachable);
  });
});
