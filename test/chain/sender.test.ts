import { expect } from "chai";
import { Transaction, Wallet, parseEther } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { InsufficientGas, Refused, RpcUnreachable, TransactionStuck } from "../../trainer/chain/chainErrors.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";
import { DEFAULT_MAX_FEE_PER_GAS, createSender, wasOvertaken } from "../../trainer/chain/sender.ts";
import type { SenderOptions } from "../../trainer/chain/sender.ts";
import { aProxyOf, noFault } from "../support/faultyProxy.ts";
import type { Fault, FaultyProxy } from "../support/faultyProxy.ts";
import { useLocalChain } from "../support/localChain.ts";
import { rejection } from "../support/rejection.ts";
import { aTaskOnChain } from "./aTaskOnChain.ts";
import type { TaskOnChain } from "./aTaskOnChain.ts";

const GWEI = 10n ** 9n;
/** Ample, so that a busy machine does not make a transaction look stuck. */
const PATIENT_MS = 20_000;

describe("Sending transactions", () => {
  const chain = useLocalChain();
  let proxy: FaultyProxy;
  let provider: JsonRpcProvider;
  let wallet: Wallet;
  let recipient: string;
  let troubles: string[];
  let snapshot: string;
  let there: TaskOnChain;

  before(async () => {
    there = await aTaskOnChain(chain(), { staked: 2, rules: { enterSeconds: 86_400 } });
  });

  beforeEach(async () => {
    snapshot = await chain().snapshot();
    proxy = await aProxyOf(chain().url);
    provider = await connectRpc({ url: proxy.url, retries: 2 });
    wallet = new Wallet(Wallet.createRandom().privateKey);
    recipient = Wallet.createRandom().address;
    troubles = [];
    await fund(parseEther("10"));
  });

  afterEach(async () => {
    provider.destroy();
    await proxy.close();
    await chain().rpc("evm_setAutomine", true);
    await chain().revert(snapshot);
  });

  const fund = (wei: bigint) => chain().rpc("hardhat_setBalance", wallet.address, `0x${wei.toString(16)}`);
  const received = () => chain().provider.getBalance(recipient);
  const nonce = () => chain().provider.getTransactionCount(wallet.address);
  const broadcasts = () => proxy.methods.filter((method) => method === "eth_sendRawTransaction").length;
  const gift = () => ({ to: recipient, value: 1n });

  function aSender(options: Partial<SenderOptions> = {}) {
    return createSender({
      wallet,
      provider,
      pollMs: 10,
      stuckAfterMs: PATIENT_MS,
      maxFeePerGas: DEFAULT_MAX_FEE_PER_GAS,
      onTrouble: (message) => troubles.push(message),
      ...options,
    });
  }

  /** Sends from the same account by another way, with this nonce. */
  async function sendElsewhere(nonce: number, to = wallet.address) {
    const fees = { maxFeePerGas: 300n * GWEI, maxPriorityFeePerGas: 100n * GWEI };
    await wallet.connect(chain().provider).sendTransaction({ to, nonce, gasLimit: 21_000n, ...fees });
  }

  /** Does something with the broadcast with this number, from 1; the others pass. */
  function atBroadcast(number: number, fault: Fault): Fault {
    return (exchange) => {
      const isOne = exchange.requests.some(({ method }) => method === "eth_sendRawTransaction");
      return isOne && broadcasts() === number ? fault(exchange) : false;
    };
  }

  it("takes the nonce from the chain", async () => {
    await sendElsewhere(0);
    await sendElsewhere(1);
    const receipt = await aSender().send("give", gift());
    expect(receipt.status).to.equal(1);
    expect((await receipt.getTransaction()).nonce).to.equal(2);
    expect(await received()).to.equal(1n);
  });

  it("sends one after another what is asked for at once", async () => {
    const sender = aSender();
    const receipts = await Promise.all([
      sender.send("give", gift()),
      sender.send("give", gift()),
      sender.send("give", gift()),
    ]);
    const sent = await Promise.all(receipts.map((receipt) => receipt.getTransaction()));
    expect(sent.map((one) => one.nonce)).to.deep.equal([0, 1, 2]);
    const acts = proxy.methods.filter((method) => /estimateGas|sendRaw/.test(method));
    expect(acts.join()).to.equal(Array(3).fill("eth_estimateGas,eth_sendRawTransaction").join());
    expect(await received()).to.equal(3n);
  });

  it("goes on after one that failed", async () => {
    const sender = aSender();
    const failing = rejection(sender.send("settle", await there.task.settle.populateTransaction(9, 0)), Refused);
    const following = sender.send("give", gift());
    await failing;
    expect((await following).status).to.equal(1);
  });

  it("replaces a stuck transaction by one that pays more, and only one is mined", async () => {
    await chain().rpc("evm_setAutomine", false);
    const fees: bigint[] = [];
    proxy.fault = async ({ requests, forward, answer }) => {
      const [request] = requests;
      if (request?.method !== "eth_sendRawTransaction") return false;
      fees.push(Transaction.from(String(request.params[0])).maxFeePerGas ?? 0n);
      const [result] = await forward();
      // The network has become busier than the first one paid for.
      if (fees.length === 1)
        await chain().rpc("hardhat_setNextBlockBaseFeePerGas", `0x${(fees[0]! + 1n).toString(16)}`);
      await chain().mine();
      answer(result);
    };
    const receipt = await aSender({ stuckAfterMs: 60 }).send("give", gift());
    expect(receipt.status).to.equal(1);
    expect(fees).to.have.length(2);
    expect(fees[1]! * 100n >= fees[0]! * 110n).to.equal(true);
    expect(troubles).to.have.length(1);
    expect(troubles[0]).to.match(/to give .*is stuck at \d+ wei per gas: replacing it at \d+\.$/);
    await chain().mine();
    expect(await nonce()).to.equal(1);
    expect(await received()).to.equal(1n);
  });

  it("gives up when more than the highest fee allowed would be needed", async () => {
    await chain().rpc("evm_setAutomine", false);
    const { maxFeePerGas } = await chain().provider.getFeeData();
    const most = (maxFeePerGas! * 120n) / 100n;
    const error = await rejection(
      aSender({ stuckAfterMs: 60, maxFeePerGas: most }).send("give", gift()),
      TransactionStuck,
    );
    expect(error.message).to.match(/to give \(nonce 0\) is not mined at \d+ wei per gas.*--max-fee/);
    expect(broadcasts()).to.be.within(2, 3);
  });

  it("gives up at once when the node takes nothing at the highest fee allowed", async () => {
    await chain().rpc("hardhat_setNextBlockBaseFeePerGas", `0x${(7n * GWEI).toString(16)}`);
    const error = await rejection(aSender({ maxFeePerGas: 5n * GWEI }).send("give", gift()), TransactionStuck);
    expect(error.message).to.match(/not mined at [1-5]\d{9} wei per gas/);
    expect(await nonce()).to.equal(0);
  });

  it("outbids what an earlier run left waiting with the same nonce", async () => {
    await chain().rpc("evm_setAutomine", false);
    await sendElsewhere(0);
    proxy.fault = async ({ requests, forward, answer }) => {
      if (requests[0]?.method !== "eth_sendRawTransaction") return false;
      const [result] = await forward();
      if (result !== undefined && "result" in result) await chain().mine();
      answer(result);
    };
    const receipt = await aSender().send("give", gift());
    expect(receipt.status).to.equal(1);
    expect(broadcasts()).to.be.greaterThan(1);
    expect([await nonce(), await received()]).to.deep.equal([1, 1n]);
  });

  it("sends once when the answer to the broadcast is lost and the transaction mined meanwhile", async () => {
    let refusal: unknown;
    proxy.fault = async (exchange) => {
      if (exchange.requests[0]?.method !== "eth_sendRawTransaction") return false;
      const [result] = await exchange.forward();
      if (broadcasts() === 1) return exchange.drop();
      refusal = (result?.["error"] as { message: string }).message;
      return exchange.answer(result);
    };
    const receipt = await aSender().send("give", gift());
    expect(refusal).to.match(/nonce too low/i);
    expect(receipt.status).to.equal(1);
    expect([await nonce(), await received()]).to.deep.equal([1, 1n]);
  });

  it("sends once when the answer to the broadcast is lost and the transaction still waits", async () => {
    await chain().rpc("evm_setAutomine", false);
    let refusal: unknown;
    proxy.fault = async (exchange) => {
      if (exchange.requests[0]?.method !== "eth_sendRawTransaction") return false;
      const [result] = await exchange.forward();
      if (broadcasts() === 1) return exchange.drop();
      refusal = (result?.["error"] as { message: string }).message;
      await chain().mine();
      return exchange.answer(result);
    };
    const receipt = await aSender().send("give", gift());
    expect(refusal).to.match(/known/i);
    expect(receipt.status).to.equal(1);
    expect(broadcasts()).to.equal(2);
    await chain().mine();
    expect([await nonce(), await received()]).to.deep.equal([1, 1n]);
  });

  it("sends once when the nodes behind an address know of the receipt one after another", async () => {
    let hidden = 3;
    proxy.fault = async (exchange) => {
      const [request] = exchange.requests;
      if (request?.method === "eth_getTransactionReceipt" && hidden-- > 0) {
        return exchange.answer({ id: request.id, result: null });
      }
      if (request?.method !== "eth_sendRawTransaction" || broadcasts() > 1) return false;
      await exchange.forward();
      return exchange.drop();
    };
    expect((await aSender().send("give", gift())).status).to.equal(1);
    expect([await nonce(), await received(), hidden < 0]).to.deep.equal([1, 1n, true]);
  });

  it("takes the next nonce when somebody else has just used this one", async () => {
    proxy.fault = atBroadcast(1, async () => {
      await sendElsewhere(0);
      return false;
    });
    const receipt = await aSender().send("give", gift());
    expect((await receipt.getTransaction()).nonce).to.equal(1);
    expect(await received()).to.equal(1n);
  });

  it("says why the contract would refuse, with its values, before anything is sent", async () => {
    const error = await rejection(
      aSender().send("enter round 1", await there.task.enter.populateTransaction(0, 1)),
      Refused,
    );
    expect(error.reason).to.equal("InsufficientStake");
    expect(error.values).to.deep.equal({ have: 0n, need: there.opened.rules.minStake });
    expect(error.message).to.match(/^Cannot enter round 1: 0 of stake counts .*foedus stake deposit/);
    expect(broadcasts()).to.equal(0);
  });

  it("says why the contract refused what was possible when it was sent", async () => {
    await there.by(there.trainers[0]!).enter(0, 1);
    await chain().rpc("evm_setAutomine", false);
    // Whatever the estimate says, the seat is taken when the block comes.
    proxy.fault = async ({ requests, answer, forward }) => {
      const [request] = requests;
      const estimate = requests.find(({ method }) => method === "eth_estimateGas");
      if (estimate !== undefined) {
        const answers = (await forward()).map((one) =>
          one["id"] === estimate.id ? { id: one["id"], result: "0xf4240" } : one,
        );
        return answer(answers.length === 1 ? answers[0] : answers);
      }
      if (request?.method !== "eth_sendRawTransaction") return false;
      const [result] = await forward();
      await chain().mine();
      return answer(result);
    };
    const error = await rejection(
      aSender().send("enter round 1", await there.task.enter.populateTransaction(0, 1)),
      Refused,
    );
    expect(error.reason).to.equal("SeatTaken");
    expect(wasOvertaken(error)).to.equal(true);
    expect(await nonce()).to.equal(1);
  });

  it("says what coins are for when there are none", async () => {
    await fund(0n);
    const error = await rejection(aSender().send("claim rewards", { to: recipient }), InsufficientGas);
    expect(error.message).to.match(/^The account cannot pay the gas to claim rewards\. Send it some/);
  });

  it("says what coins are for when there are some, but not enough", async () => {
    await fund(10_000n * GWEI);
    await rejection(aSender().send("claim rewards", { to: recipient }), InsufficientGas);
    expect(await nonce()).to.equal(0);
  });

  it("repeats what the node says where it knows no better", async () => {
    proxy.fault = atBroadcast(1, ({ requests: [request], answer }) =>
      answer({ id: request?.id, error: { code: -32_000, message: "tx pool\u001b[31m is full" } }),
    );
    const { message } = await rejection(aSender().send("give", gift()), Error);
    expect(message).to.equal('Cannot give: the node says "tx pool [31m is full".');
  });

  it("ends when the node is gone", async () => {
    proxy.fault = atBroadcast(1, ({ drop }) => drop());
    const sending = aSender().send("give", gift());
    proxy.fault = ({ drop }) => drop();
    await rejection(sending, RpcUnreachable);
    proxy.fault = noFault;
  });

  it("stops waiting when it is aborted, with the reason given, and sends nothing more", async () => {
    await chain().rpc("evm_setAutomine", false);
    const stop = new AbortController();
    const reason = new Error("enough");
    const sender = aSender({ signal: stop.signal });
    proxy.fault = ({ requests }) => {
      if (requests.some(({ method }) => method === "eth_getTransactionReceipt"))
        setTimeout(() => stop.abort(reason), 20);
      return false;
    };
    const [first, second] = [sender.send("give", gift()), sender.send("give", gift())].map((one) =>
      rejection(one, Error),
    );
    expect([await first, await second]).to.deep.equal([reason, reason]);
    expect(broadcasts()).to.equal(1);
  });
});
