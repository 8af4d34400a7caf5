import { expect } from "chai";
import type { SmartWallet } from "../../types/ethers-contracts/index.js";
import { relay, signClaim } from "../support/claimSignature.ts";
import { actsOf, anUpdate, aTaskWith, ethers, GENESIS, networkHelpers, TOKEN } from "../support/task.ts";
import type { TaskFixture } from "../support/task.ts";

const FOR_EVER = 2n ** 255n;

async function afterARound() {
  const f = await aTaskWith({ staked: 3 });
  await actsOf(f).wholeRound(1);
  return f;
}
const fixture = () => networkHelpers.loadFixture(afterARound);

async function termsOf(f: TaskFixture, change: { fee?: bigint; deadline?: bigint } = {}) {
  const trainer = f.trainers[0]!.address;
  return {
    trainer,
    recipient: f.trainers[1]!.address,
    fee: TOKEN,
    nonce: await f.task.nonces(trainer),
    deadline: FOR_EVER,
    ...change,
  };
}

describe("TrainingTask: claimBySignature", () => {
  it("pays whom the trainer named, less the relayer's fee", async () => {
    const f = await fixture();
    const due = await f.task.claimable(f.trainers[0]!.address);
    const terms = await termsOf(f);
    const signature = await signClaim(f.taskAddress, f.trainers[0]!, terms);
    const claiming = relay(f, f.outsider, terms, signature);
    await expect(claiming).to.changeTokenBalances(
      ethers,
      f.token,
      [f.trainers[0]!, f.trainers[1]!, f.outsider],
      [0n, due - TOKEN, TOKEN],
    );
    await expect(claiming).to.emit(f.task, "RewardClaimed").withArgs(terms.trainer, terms.recipient, due, TOKEN);
    expect(await f.task.nonces(terms.trainer)).to.equal(1n);
  });

  it("takes a signature once", async () => {
    const f = await fixture();
    const terms = await termsOf(f, { fee: 0n });
    const signature = await signClaim(f.taskAddress, f.trainers[0]!, terms);
    await relay(f, f.outsider, terms, signature);
    await expect(relay(f, f.outsider, terms, signature))
      .to.be.revertedWithCustomError(f.task, "WrongSigner")
      .withArgs(terms.trainer);
  });

  it("takes none after its deadline", async () => {
    const f = await fixture();
    const deadline = BigInt(await networkHelpers.time.latest()) + 100n;
    const terms = await termsOf(f, { deadline });
    const signature = await signClaim(f.taskAddress, f.trainers[0]!, terms);
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1n);
    await expect(relay(f, f.outsider, terms, signature))
      .to.be.revertedWithCustomError(f.task, "SignatureExpired")
      .withArgs(deadline);
  });

  it("takes none of another key, none with other terms, none for another task", async () => {
    const f = await fixture();
    const terms = await termsOf(f);
    const others = await signClaim(f.taskAddress, f.trainers[1]!, terms);
    await expect(relay(f, f.outsider, terms, others)).to.be.revertedWithCustomError(f.task, "WrongSigner");
    const signature = await signClaim(f.taskAddress, f.trainers[0]!, terms);
    for (const change of [{ fee: TOKEN + 1n }, { recipient: f.outsider.address }, { deadline: FOR_EVER - 1n }]) {
      await expect(relay(f, f.outsider, { ...terms, ...change }, signature)).to.be.revertedWithCustomError(
        f.task,
        "WrongSigner",
      );
    }
    await f.token.approve(await f.foedus.getAddress(), f.budget);
    await f.foedus.openTask(f.config, GENESIS);
    const elsewhere = await signClaim(await f.foedus.taskAt(2), f.trainers[0]!, terms);
    await expect(relay(f, f.outsider, terms, elsewhere)).to.be.revertedWithCustomError(f.task, "WrongSigner");
    await expect(relay(f, f.outsider, terms, "0x")).to.be.revertedWithCustomError(f.task, "WrongSigner");
    await relay(f, f.outsider, terms, signature);
  });

  it("takes no fee above the reward, and the signature stays good", async () => {
    const f = await fixture();
    const due = await f.task.claimable(f.trainers[0]!.address);
    const terms = await termsOf(f, { fee: due + 1n });
    const signature = await signClaim(f.taskAddress, f.trainers[0]!, terms);
    await expect(relay(f, f.outsider, terms, signature))
      .to.be.revertedWithCustomError(f.task, "FeeAboveReward")
      .withArgs(due + 1n, due);
    await actsOf(f).wholeRound(2);
    await relay(f, f.outsider, terms, signature);
  });

  it("pays the relayer all, if the trainer signed that", async () => {
    const f = await fixture();
    const due = await f.task.claimable(f.trainers[0]!.address);
    const terms = await termsOf(f, { fee: due });
    const signature = await signClaim(f.taskAddress, f.trainers[0]!, terms);
    await expect(relay(f, f.outsider, terms, signature)).to.changeTokenBalance(ethers, f.token, f.outsider, due);
  });

  it("takes the signature of a wallet that is a contract (ERC-1271)", async () => {
    const f = await networkHelpers.loadFixture(aWalletThatTrains);
    const due = await f.task.claimable(f.walletAddress);
    expect(due).to.be.greaterThan(0n);
    const terms = {
      trainer: f.walletAddress,
      recipient: f.walletAddress,
      fee: TOKEN,
      nonce: 0n,
      deadline: FOR_EVER,
    };
    const strangers = await signClaim(f.taskAddress, f.trainers[1]!, terms);
    await expect(relay(f, f.outsider, terms, strangers)).to.be.revertedWithCustomError(f.task, "WrongSigner");
    const owners = await signClaim(f.taskAddress, f.trainers[0]!, terms);
    await expect(relay(f, f.outsider, terms, owners)).to.changeTokenBalances(
      ethers,
      f.token,
      [f.walletAddress, f.outsider],
      [due - TOKEN, TOKEN],
    );
  });
});

/** Trainer 0's wallet, a contract, sits in seat 2 and has trained a round with the others. */
async function aWalletThatTrains() {
  const f = await aTaskWith({ staked: 2 });
  const owner = f.trainers[0]!;
  const wallet = (await ethers.deployContract("SmartWallet", [owner.address])) as unknown as SmartWallet;
  const walletAddress = await wallet.getAddress();
  const act = (target: string, callData: string) => wallet.connect(owner).act(target, callData);
  await f.token.transfer(walletAddress, f.rules.minStake);
  const vaultAddress = await f.vault.getAddress();
  await act(
    await f.token.getAddress(),
    f.token.interface.encodeFunctionData("approve", [vaultAddress, f.rules.minStake]),
  );
  await act(vaultAddress, f.vault.interface.encodeFunctionData("deposit", [f.taskAddress, f.rules.minStake]));

  await actsOf(f).enter();
  await act(f.taskAddress, f.task.interface.encodeFunctionData("enter", [2, 5]));
  await networkHelpers.time.increase(f.rules.enterSeconds);
  const { root, contentKeyHash, contentId, commitment } = anUpdate(f, 1, { address: walletAddress });
  await act(f.taskAddress, f.task.interface.encodeFunctionData("commit", [1, 2, commitment]));
  await actsOf(f).commit(1);
  await act(f.taskAddress, f.task.interface.encodeFunctionData("reveal", [1, 2, root, contentKeyHash, contentId]));
  await actsOf(f).reveal(1);
  await networkHelpers.time.increase(f.rules.attestSeconds + f.rules.graceSeconds);
  await f.task.connect(f.trainers[1]!).propose(1, 1, root, root, root, root);
  await actsOf(f).finalise();
  await f.task.settle(1, 2); // it may have been drawn to aggregate: its fine is not what the test is about
  return { ...f, wallet, walletAddress };
}
