import { expect } from "chai";
import { Wallet, parseEther, toQuantity } from "ethers";
import type { BrowserContextOptions, Page } from "playwright-core";
import { readFile } from "node:fs/promises";
import { signedClaimSchema } from "../../trainer/chain/claimSignature.ts";
import { TOKEN, aTaskOnChain } from "../chain/aTaskOnChain.ts";
import type { TaskOnChain } from "../chain/aTaskOnChain.ts";
import { useLocalChain } from "../support/localChain.ts";
import { EARNED, aTaskForOne, anEarnedRound } from "./anEarnedRound.ts";
import { barriers, picture, useBrowser } from "./browser.ts";
import type { OpenPage } from "./browser.ts";
import { addTestWallet } from "./testWallet.ts";
import type { TestWallet } from "./testWallet.ts";

const LIMIT_MS = 120_000;

describe("The page with a wallet", function () {
  this.timeout(LIMIT_MS);
  const chain = useLocalChain();
  const browser = useBrowser();
  let task: TaskOnChain;
  let paying: TaskOnChain;
  let accounts: Wallet[];
  let opened: OpenPage;
  let page: Page;
  let wallet: TestWallet;

  const trainer = () => accounts[0]!;
  const token = () => chain().deployment.stakeToken;
  const stakeOf = (account: string) => chain().deployment.vault.stakeOf(task.opened.address, account);

  before(async () => {
    const { provider } = chain();
    accounts = [1, 2].map(() => new Wallet(Wallet.createRandom().privateKey, provider));
    task = await aTaskOnChain(chain(), { staked: 0 });
    paying = await aTaskForOne(chain());
    for (const { address } of accounts) {
      await chain().rpc("hardhat_setBalance", address, toQuantity(parseEther("10")));
      await (
        await token()
          .connect(task.sponsor)
          .transfer(address, 3_000n * TOKEN)
      ).wait();
    }
    await anEarnedRound(chain(), paying, trainer());
    await open();
  });

  afterEach("keep a picture of what failed", async function () {
    if (this.currentTest?.state === "failed") await picture(page, "failed");
  });

  async function open(options: BrowserContextOptions = {}): Promise<void> {
    const { url, deployment } = chain();
    opened = await browser().open(
      { rpc: url, foedus: deployment.address },
      {
        ...options,
        prepare: async (fresh) => {
          wallet = await addTestWallet(fresh, { url, chainId: deployment.chainId, accounts });
        },
      },
    );
    page = opened.page;
  }

  const step = (kind: string, state?: string) =>
    page.locator(`.step[data-kind="${kind}"]${state === undefined ? "" : `[data-state="${state}"]`}`);
  const goOn = () => page.getByRole("button", { name: "Go on in the wallet" }).click();
  const close = () => page.getByRole("button", { name: "Close", exact: true }).click();
  const card = (of: TaskOnChain) => page.locator(`section[data-task="${of.opened.id}"]`);
  const said = (text: string | RegExp) => page.locator("dialog[open]").getByText(text).first().waitFor();
  const asked = (method: string) => wallet.asked.filter((request) => request.method === method);
  const shows = (fact: string, text: string) =>
    card(task).locator(`[data-fact="${fact}"]`).filter({ hasText: text }).waitFor();

  async function askToThaw(amount: number): Promise<void> {
    await card(task).getByLabel("Amount").fill(String(amount));
    await card(task).getByRole("button", { name: "Thaw" }).click();
  }

  /** Asks for it, and has it explained. */
  async function explainThaw(amount: number): Promise<void> {
    await askToThaw(amount);
    await step("thaw", "explained").waitFor();
  }

  /** What is sent meanwhile waits until the act is over. */
  async function withoutBlocks(act: () => Promise<void>): Promise<void> {
    await chain().rpc("evm_setAutomine", false);
    try {
      await act();
    } finally {
      await chain().rpc("evm_setAutomine", true);
      await chain().mine();
    }
  }

  it("finds the wallet that announces itself, and asks it for an account", async () => {
    await page.goto(page.url().replace(/#.*/, `#/stake/${task.opened.id}`));
    await page.getByText("Use a wallet, at the top").waitFor();
    await page.getByRole("button", { name: "Use a wallet" }).click();
    // Its name is text, whatever is in it.
    await page.getByRole("button", { name: "Test wallet <b>1</b>" }).waitFor();
    await picture(page, "wallet-choice");
    await page.getByRole("button", { name: "Test wallet <b>1</b>" }).click();
    await page.getByLabel(`Account ${trainer().address}`).waitFor();
    await shows("staked", "0 FDS");
  });

  it("says what a deposit does, how much, to whom and what can be lost, before anything is signed", async () => {
    await card(task).getByLabel("Amount").fill("120");
    await card(task).getByRole("button", { name: "Deposit" }).click();
    await step("permit", "explained").waitFor();
    await said("Allow exactly 120 FDS to be taken");
    await said(/Nothing more than this amount/);
    expect(await barriers(page)).to.deep.equal([]);
    await picture(page, "stake-permit");
    expect(asked("eth_signTypedData_v4")).to.have.length(0);
  });

  it("deposits by a permit for exactly the amount, and the chain's balances agree with what it shows", async () => {
    const before = await token().balanceOf(trainer().address);
    await goOn();
    await step("deposit", "explained").waitFor();
    await said("4 FDS for every deadline you miss in a round that you have entered; up to 50 FDS");
    await picture(page, "stake-deposit");
    await goOn();
    await step("deposit", "final").waitFor();
    await said("120 FDS were staked.");
    const after = await token().balanceOf(trainer().address);
    expect(before - after).to.equal(120n * TOKEN);
    await said(`Balance of this account: ${before / TOKEN} FDS before, ${after / TOKEN} FDS now.`);
    await picture(page, "stake-deposited");
    const [, permit] = asked("eth_signTypedData_v4")[0]!.params;
    const { message } = JSON.parse(String(permit)) as { message: { value: string } };
    expect(BigInt(message.value)).to.equal(120n * TOKEN);
    expect((await stakeOf(trainer().address)).amount).to.equal(120n * TOKEN);
    const vault = await chain().deployment.vault.getAddress();
    expect(await token().allowance(trainer().address, vault)).to.equal(0n);
    await close();
    await shows("staked", "120 FDS");
  });

  it("changes nothing when its owner rejects, and says so", async () => {
    const nonce = await chain().provider.getTransactionCount(trainer().address);
    await explainThaw(20);
    wallet.rejectNext();
    await goOn();
    await said("You have rejected it in the wallet. Nothing was sent.");
    await picture(page, "rejected");
    await close();
    expect(await chain().provider.getTransactionCount(trainer().address)).to.equal(nonce);
    expect((await stakeOf(trainer().address)).thawing).to.equal(0n);
  });

  it("says in words why a contract would refuse, and has nothing signed", async () => {
    const sent = asked("eth_sendTransaction").length;
    await askToThaw(500);
    await said("The contract refused. Nothing was changed: only 120 FDS can be thawed, not 500 FDS.");
    await picture(page, "refused");
    await close();
    expect(asked("eth_sendTransaction")).to.have.length(sent);
  });

  it("says in words why a transaction failed that was possible when it was explained", async () => {
    const { vault } = chain().deployment;
    await explainThaw(100);
    wallet.beforeNext(async () => (await vault.connect(trainer()).thaw(task.opened.address, 60n * TOKEN)).wait());
    await goOn();
    await said("only 60 FDS can be thawed, not 100 FDS.");
    await close();
    await shows("thawing", "60 FDS");
    await shows("counts", "60 FDS");
  });

  it("has the wallet switched, and the chain added, before anything is signed on another one", async () => {
    await wallet.switchChain(10n);
    await page.getByText("The wallet is on another chain.").waitFor();
    await explainThaw(10);
    await said("The wallet is on chain 10; this is for chain 31337. Switch it first.");
    expect(await page.getByRole("button", { name: "Go on in the wallet" }).count()).to.equal(0);
    await picture(page, "wrong-chain");
    await page.getByRole("button", { name: "Switch the wallet to chain 31337" }).click();
    await page.getByRole("button", { name: "Go on in the wallet" }).waitFor();
    const [added] = asked("wallet_addEthereumChain")[0]!.params;
    expect(added).to.deep.include({ chainId: "0x7a69", rpcUrls: [chain().url] });
    await goOn();
    await step("thaw", "final").waitFor();
    await said("70 FDS are thawing");
    await picture(page, "stake-thawing");
    await close();
    await shows("thawing", "70 FDS");
  });

  it("notes what is stuck, says how to speed it up, and takes the faster one for it", async () => {
    await withoutBlocks(async () => {
      await explainThaw(5);
      await goOn();
      await step("thaw", "sent").waitFor();
      await step("thaw", "stuck").waitFor();
      await said(/Speed it up or cancel it in the wallet/);
      await page.getByRole("button", { name: "Stop following" }).waitFor();
      expect(await barriers(page)).to.deep.equal([]);
      await picture(page, "stuck");
      // A reload in the middle: it is followed again from its hash alone.
      await page.reload();
      await step("thaw").waitFor();
      const { to, data } = asked("eth_sendTransaction").at(-1)!.params[0] as { to: string; data: string };
      const nonce = await chain().provider.getTransactionCount(trainer().address);
      const fee = parseEther("0.0000001");
      await trainer().sendTransaction({ ...{ to, data, nonce }, maxFeePerGas: fee, maxPriorityFeePerGas: fee });
    });
    await step("thaw", "final").waitFor();
    await said("75 FDS are thawing");
    await close();
    await shows("thawing", "75 FDS");
  });

  it("says that it was replaced when something else took its place, also after a reload", async () => {
    await withoutBlocks(async () => {
      await explainThaw(1);
      await goOn();
      await step("thaw", "stuck").waitFor();
      const nonce = await chain().provider.getTransactionCount(trainer().address);
      const fee = parseEther("0.0000001");
      const fees = { maxFeePerGas: fee, maxPriorityFeePerGas: fee };
      await trainer().sendTransaction({ to: trainer().address, nonce, ...fees });
      await page.reload();
      await step("thaw", "stuck").waitFor();
    });
    await said(/It was replaced by another transaction of this account, 0x/);
    await picture(page, "replaced");
    await close();
    await shows("thawing", "75 FDS");
  });

  it("stops following on request, says that this cancels nothing, and does not begin again after a reload", async () => {
    await withoutBlocks(async () => {
      await explainThaw(1);
      await goOn();
      await step("thaw", "sent").waitFor();
      await said("This cancels nothing: only the wallet can.");
      await page.getByRole("button", { name: "Stop following" }).click();
      await said(/It is followed no more/);
      await close();
      await page.reload();
      await shows("thawing", "75 FDS");
      expect(await step("thaw").count()).to.equal(0);
    });
    await shows("thawing", "76 FDS");
  });

  it("drops what was explained when other settings are chosen, and sends nothing", async () => {
    const sent = asked("eth_sendTransaction").length;
    const { url, deployment } = chain();
    await explainThaw(5);
    const other = new URLSearchParams({ rpc: url.replace("127.0.0.1", "localhost"), foedus: deployment.address });
    await page.evaluate(`location.hash = "#/stake/${task.opened.id}?${other.toString()}"`);
    // The dialog lies over it, as when another window of the page chooses.
    await page.locator("button", { hasText: /^Use these$/ }).dispatchEvent("click");
    await step("thaw").waitFor({ state: "detached" });
    await shows("thawing", "76 FDS");
    expect(asked("eth_sendTransaction")).to.have.length(sent);
  });

  it("lets thawed stake be withdrawn from its date on, and not before", async () => {
    const withdraw = card(task).getByRole("button", { name: "Withdraw" });
    expect(await withdraw.isDisabled()).to.equal(true);
    const { thawedAt } = await stakeOf(trainer().address);
    await chain().mine(Number(thawedAt) + 1);
    await card(task).getByText("thawed: can be withdrawn").waitFor();
    const before = await token().balanceOf(trainer().address);
    await withdraw.click();
    // It is mined while the page is closed: what it says then is what was agreed to, not what is left.
    const address = page.url();
    await withoutBlocks(async () => {
      await goOn();
      await step("withdraw", "sent").waitFor();
      await page.goto("about:blank");
    });
    await page.goto(address);
    await step("withdraw", "final").waitFor();
    await said(`Withdraw 76 FDS from task ${task.opened.id}`);
    await said("76 FDS were paid back to this account.");
    expect((await token().balanceOf(trainer().address)) - before).to.equal(76n * TOKEN);
    await close();
    await shows("staked", "44 FDS");
    await picture(page, "stake");
  });

  it("shows the other account's stake when its owner changes to it, and drops what was explained to the first", async () => {
    await explainThaw(5);
    await wallet.switchAccount(1);
    await said("The wallet is with another account now.");
    await close();
    await page.getByLabel(`Account ${accounts[1]!.address}`).waitFor();
    await shows("staked", "0 FDS");
    await wallet.switchAccount(0);
    await shows("staked", "44 FDS");
    expect((await stakeOf(trainer().address)).thawing).to.equal(0n);
  });

  it("shows rewards by task and round", async () => {
    await page.getByRole("link", { name: "My rewards" }).click();
    await card(paying)
      .locator('[data-fact="claimable"]')
      .filter({ hasText: `${EARNED} FDS` })
      .waitFor();
    await card(paying).getByText("Round by round").click();
    await card(paying).getByRole("cell", { name: "100 FDS" }).waitFor();
    expect(await barriers(page)).to.deep.equal([]);
    await picture(page, "rewards");
  });

  it("lets nothing be agreed to before it is known how the token counts", async () => {
    const { promise: told, resolve: tell } = Promise.withResolvers<unknown>();
    const { port } = new URL(chain().url);
    const ofNode = (url: URL) => url.port === port;
    await page.route(ofNode, async (route) => {
      // decimals()
      if ((route.request().postData() ?? "").includes("0x313ce567")) await told;
      await route.continue();
    });
    await page.reload();
    await card(paying).getByRole("button", { name: "Claim", exact: true }).click();
    await step("claim", "explained").waitFor();
    const proceed = page.getByRole("button", { name: "Go on in the wallet" });
    expect(await proceed.isDisabled()).to.equal(true);
    await picture(page, "claim-unit-unknown");
    tell(true);
    await said(`Claim ${EARNED} FDS from task ${paying.opened.id}`);
    expect(await proceed.isEnabled()).to.equal(true);
    await page.getByRole("button", { name: "Do not" }).click();
    await page.unrouteAll({ behavior: "wait" });
  });

  it("gives a claim, signed for a relayer, as a file, which another account relays for its fee", async () => {
    await card(paying).getByText("Without gas: sign for a relayer").click();
    await card(paying).getByLabel("Fee for the relayer").fill("2");
    await card(paying).getByRole("button", { name: "Sign a claim" }).click();
    await step("signClaim", "explained").waitFor();
    await said(/They keep 2 FDS; the rest goes to the recipient/);
    await picture(page, "claim-to-sign");
    await goOn();
    await step("signClaim", "signed").waitFor();
    await close();
    const coming = page.waitForEvent("download");
    await card(paying)
      .getByRole("button", { name: /^Download/ })
      .click();
    const file = await (await coming).path();
    const signed = signedClaimSchema.parse(JSON.parse(await readFile(file, "utf8")));
    expect(signed).to.include({ trainer: trainer().address, recipient: trainer().address, fee: String(2n * TOKEN) });

    const relayer = accounts[1]!.address;
    const before = await balances();
    await wallet.switchAccount(1);
    await page.getByLabel("Signed claim").setInputFiles(file);
    await page.getByRole("button", { name: "Send it" }).click();
    await step("relayClaim", "explained").waitFor();
    await picture(page, "claim-to-relay");
    await goOn();
    await step("relayClaim", "final").waitFor();
    await said(`Of it 2 FDS went to the relayer.`);
    await picture(page, "claim-relayed");
    const after = await balances();
    expect(after.trainer - before.trainer).to.equal((EARNED - 2n) * TOKEN);
    expect(after.relayer - before.relayer).to.equal(2n * TOKEN);
    await close();
    await wallet.switchAccount(0);

    async function balances() {
      const { address } = trainer();
      return { trainer: await token().balanceOf(address), relayer: await token().balanceOf(relayer) };
    }
  });

  it("does not take another file for a signed claim", async () => {
    const file = { name: "claim.json", mimeType: "application/json", buffer: Buffer.from('{"task":"<img src=x>"}') };
    await page.getByLabel("Signed claim").setInputFiles(file);
    await page.getByText("This file is no signed claim.").waitFor();
    expect(await page.getByRole("button", { name: "Send it" }).isDisabled()).to.equal(true);
  });

  it("claims from all tasks, one after another, and the balance agrees with the chain", async () => {
    for (let more = 0; more < 2; more++) await anEarnedRound(chain(), await aTaskForOne(chain()), trainer());
    const before = await token().balanceOf(trainer().address);
    await page.getByText(/^At most about 0\.\d+ ETH of gas for all of these\.$/).waitFor();
    await picture(page, "claim-all");
    expect(await barriers(page)).to.deep.equal([]);
    await page.getByRole("button", { name: "Claim from all (2 tasks)" }).click();
    for (const nth of [0, 1]) {
      await step("claim", "explained").nth(0).waitFor();
      await goOn();
      await step("claim", "final").nth(nth).waitFor();
    }
    await picture(page, "claimed-all");
    await close();
    await page.getByText("There is nothing to claim.").waitFor();
    const after = await token().balanceOf(trainer().address);
    expect(after - before).to.equal(2n * EARNED * TOKEN);
  });

  it("claims from ten tasks at a time, and says what each costs", async () => {
    for (let more = 0; more < 11; more++) await anEarnedRound(chain(), await aTaskForOne(chain()), trainer());
    await page.getByRole("button", { name: "Claim from these 10 of 11 tasks" }).waitFor();
    const together = page.locator("section", { has: page.getByRole("heading", { name: "All tasks together" }) });
    expect(await together.locator("tbody tr").count()).to.equal(10);
    await together.getByText(/ETH of gas for all of these/).waitFor();
    for (const row of await together.locator("tbody tr").allInnerTexts())
      expect(row).to.match(/^Task \d+\s+102 FDS\s+0\.\d+ ETH$/);
    await picture(page, "claim-batch");
  });

  it("shows the newest rounds, and older ones when they are asked for", async () => {
    const long = await aTaskForOne(chain(), 30);
    for (let round = 1; round <= 23; round++) await anEarnedRound(chain(), long, trainer(), round);
    await page.goto(page.url().replace(/#.*/, `#/rewards/${long.opened.id}`));
    await card(long).getByText("Round by round").click();
    await card(long).getByText("The newest 20 of 23 rounds.").waitFor();
    const numbers = () => card(long).locator("tbody tr td:first-child").allInnerTexts();
    expect(await numbers()).to.deep.equal(Array.from({ length: 20 }, (_, index) => String(23 - index)));
    await card(long).getByRole("button", { name: "Show more" }).click();
    await card(long).getByRole("cell", { name: "1", exact: true }).waitFor();
    expect(await numbers()).to.have.length(23);
    await picture(page, "rewards-rounds");
  });

  it("has complained of nothing, and its policy had nothing to stop", () => {
    expect(opened.complaints).to.deep.equal([]);
  });

  it("says all of it in Chinese, dark, on a phone", async () => {
    wallet.close();
    await open({ locale: "zh-CN", colorScheme: "dark", viewport: { width: 390, height: 844 } });
    await page.goto(page.url().replace(/#.*/, `#/stake/${task.opened.id}`));
    await page.getByRole("button", { name: "使用钱包" }).click();
    await page.getByRole("button", { name: "Test wallet" }).click();
    await shows("staked", "44 FDS");
    await fits();
    await picture(page, "phone-stake-zh");
    await card(task).getByLabel("数量").fill("30");
    await card(task).getByRole("button", { name: "存入" }).click();
    await step("permit", "explained").waitFor();
    expect(await barriers(page)).to.deep.equal([]);
    await picture(page, "phone-permit-zh");
    await page.getByRole("button", { name: "不执行" }).click();
    expect(asked("eth_signTypedData_v4")).to.have.length(0);
    await page.getByRole("link", { name: "我的奖励" }).click();
    await page.getByLabel("已签名的领取文件").waitFor();
    await fits();
    // Its sentences are longer.
    await page.locator("footer select").last().selectOption("en");
    await page.getByLabel("Signed claim").waitFor();
    await fits();
    await page.goto(page.url().replace(/#.*/, "#/stake"));
    await page.getByText(/^This account holds/).waitFor();
    await fits();
    expect(opened.complaints).to.deep.equal([]);
    wallet.close();

    async function fits(): Promise<void> {
      expect(await page.evaluate("document.documentElement.scrollWidth")).to.equal(390);
    }
  });
});
