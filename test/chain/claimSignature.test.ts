import { expect } from "chai";
import { Wallet, id, parseEther } from "ethers";
import { signClaim, signedClaimSchema } from "../../trainer/chain/claimSignature.ts";
import type { Refused } from "../../trainer/chain/chainErrors.ts";
import { explain } from "../../trainer/chain/chainErrors.ts";
import { DEFAULT_MAX_FEE_PER_GAS, createSender } from "../../trainer/chain/sender.ts";
import type { Sender } from "../../trainer/chain/sender.ts";
import { useLocalChain } from "../support/localChain.ts";
import { rejection } from "../support/rejection.ts";
import { STAKE, TOKEN, aTaskOnChain, anUpdate } from "./aTaskOnChain.ts";
import type { TaskOnChain } from "./aTaskOnChain.ts";

const FOREVER = 2 ** 40;

describe("Signing a claim", () => {
  const chain = useLocalChain();
  let there: TaskOnChain;
  let sender: Sender;
  let earned: bigint;

  before(async () => {
    there = await aTaskOnChain(chain(), { staked: 0, rules: { minTrainers: 1, maxTrainers: 1 } });
    const { opened, task, sponsor } = there;
    const { provider, deployment } = chain();
    const wallet = new Wallet(Wallet.createRandom().privateKey);
    sender = createSender({
      wallet,
      provider,
      pollMs: 10,
      stuckAfterMs: 20_000,
      maxFeePerGas: DEFAULT_MAX_FEE_PER_GAS,
    });
    await chain().rpc("hardhat_setBalance", wallet.address, `0x${parseEther("10").toString(16)}`);
    const { stakeToken, vault } = deployment;
    await stakeToken.connect(sponsor).transfer(wallet.address, STAKE);
    await sender.send("approve", await stakeToken.approve.populateTransaction(await vault.getAddress(), STAKE));
    await sender.send("deposit", await vault.deposit.populateTransaction(opened.address, STAKE));
    const { commitment, root, contentKeyHash, contentId } = anUpdate(opened, 1, wallet.address);
    const deadline = async () => chain().mine(Number((await task.clock())[2]));
    await sender.send("enter", await task.enter.populateTransaction(0, 5));
    await sender.send("commit", await task.commit.populateTransaction(1, 0, commitment));
    await sender.send("reveal", await task.reveal.populateTransaction(1, 0, root, contentKeyHash, contentId));
    await deadline();
    await sender.send(
      "propose",
      await task.propose.populateTransaction(1, 0, id("sum"), id("model"), id("a"), id("b")),
    );
    await deadline();
    await there.by(sponsor).advance();
    earned = await task.claimable(wallet.address);
    expect(earned).to.equal(102n * TOKEN);
  });

  it("lets a relayer claim, to the recipient and for the fee that were signed, and once", async () => {
    const { deployment } = chain();
    const { task } = there;
    const recipient = Wallet.createRandom().address;
    const claim = await signClaim(deployment, there.opened, sender, { recipient, fee: 3n * TOKEN, deadline: FOREVER });
    expect(signedClaimSchema.parse(JSON.parse(JSON.stringify(claim)))).to.deep.equal(claim);
    const relayer = there.by(await chain().account(7));
    const relay = (fee: string) =>
      relayer.claimBySignature(claim.trainer, claim.recipient, fee, claim.deadline, claim.signature);

    const dearer = await rejection(relay(String(4n * TOKEN)), Error);
    expect((explain(dearer, "relay the claim") as Refused).reason).to.equal("WrongSigner");
    await relay(claim.fee);
    const { stakeToken } = deployment;
    expect(await stakeToken.balanceOf(recipient)).to.equal(earned - 3n * TOKEN);
    expect(await stakeToken.balanceOf((await chain().account(7)).address)).to.equal(3n * TOKEN);
    expect(await task.claimable(sender.address)).to.equal(0n);
    const again = explain(await rejection(relay(claim.fee), Error), "relay the claim");
    expect((again as Refused).reason).to.equal("WrongSigner");
  });

  it("has a form in which nothing else passes", async () => {
    const terms = { recipient: sender.address, fee: 0n, deadline: FOREVER };
    const claim = await signClaim(chain().deployment, there.opened, sender, terms);
    const wrong = [
      { ...claim, fee: "-1" },
      { ...claim, fee: "1e3" },
      { ...claim, fee: 1 },
      { ...claim, trainer: "0x12" },
      { ...claim, deadline: 1.5 },
      { ...claim, signature: "0x" },
      { ...claim, signature: `0x${"00".repeat(5_000)}` },
      { ...claim, more: true },
    ];
    for (const one of wrong)
      expect(signedClaimSchema.safeParse(one).success, JSON.stringify(one).slice(0, 80)).to.equal(false);
  });
});
