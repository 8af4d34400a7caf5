/**
 * The page in a browser against one federation, whole and real: a chain, a sponsor that opens a task from the page and
 * serves it, three trainers that are processes of their own, one of whom stakes, watches and claims in the page, and one
 * wallet that signs for both. What the page shows is compared with the chain and with arithmetic of its own.
 */
import { expect } from "chai";
import { join } from "node:path";
import { Wallet, formatUnits } from "ethers";
import type { Page } from "playwright-core";
import { picture, useBrowser } from "../app/browser.ts";
import { addTestWallet } from "../app/testWallet.ts";
import type { TestWallet } from "../app/testWallet.ts";
import { PASSWORD, TABLE_TASK, table, useScene } from "../cli/scene.ts";
import type { Account, Running } from "../cli/scene.ts";
import { readTask } from "../../trainer/chain/followTask.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { roundOf } from "../../trainer/chain/taskState.ts";
import type { TaskState } from "../../trainer/chain/taskState.ts";
import { openWallet } from "../../trainer/chain/wallets.ts";
import type { TaskFile } from "../../trainer/roles/taskFile.ts";

const LIMIT_MS = 150_000;
/** Longer than a round takes on a busy machine. */
const ROUND_LIMIT_MS = 90_000;
const ROUNDS = 3;
/** Rows of each trainer, ten to a unit of data: all pots divide evenly. */
const ROWS = [50, 57, 120];
const WEIGHTS = [5n, 5n, 10n];
const TASK: TaskFile = {
  ...TABLE_TASK,
  title: "From the page",
  rounds: ROUNDS,
  trainers: { min: ROWS.length, max: ROWS.length },
  seconds: { ...TABLE_TASK.seconds, reveal: 60, grace: 20, propose: 60, retention: 600 },
  rewards: { data: "6", compute: "3", aggregator: "2", advance: "1" },
};
const FDS = 10n ** 18n;
const BUDGET = BigInt(ROUNDS) * 12n * FDS;
/** What the page proposes to stake: what the task asks for, and two fines. */
const STAKE = 110n * FDS;
const ANOTHER_CHAIN = 10n;

describe("the page with a whole federation", function () {
  this.timeout(LIMIT_MS);
  const browser = useBrowser();
  const scene = useScene();
  let sponsor: Account;
  let trainers: Account[];
  let wallet: TestWallet;
  let page: Page;
  let complaints: readonly string[];
  let hadBefore: bigint[];
  let serving: Running;
  let running: Running[];
  let opened: OpenedTask;
  let state: TaskState;
  let rowsOfCohort: string[];

  before(async () => {
    const { url, deployment, provider, account } = scene();
    [sponsor, ...trainers] = (await Promise.all([account(), ...ROWS.map(() => account())])) as [Account, ...Account[]];
    const accounts = await Promise.all(
      [sponsor, trainers[0]!].map(async ({ home }) => {
        const { privateKey } = await openWallet(join(home, "keys", "default.json"), PASSWORD);
        return new Wallet(privateKey, provider);
      }),
    );
    hadBefore = await balances();
    const { chainId } = deployment;
    ({ page, complaints } = await browser().open(
      { rpc: url, foedus: deployment.address },
      { prepare: async (fresh) => (wallet = await addTestWallet(fresh, { url, chainId, accounts })) },
    ));
  });
  // Where there is no browser it is not there either.
  after(() => (wallet as TestWallet | undefined)?.close());

  afterEach("keep a picture of what failed", async function () {
    if (this.currentTest?.state === "failed") await picture(page, "federation-failed");
  });

  const step = (kind: string, at: string) => page.locator(`.step[data-kind="${kind}"][data-state="${at}"]`).waitFor();
  const goOn = () => page.getByRole("button", { name: "Go on in the wallet" }).click();
  const close = () => page.getByRole("button", { name: "Close", exact: true }).click();
  const said = (text: string | RegExp) => page.locator("dialog[open]").getByText(text).first().waitFor();
  const look = () => page.getByRole("button", { name: "Compute and look whether they are served" }).click();
  const card = () => page.locator(`section[data-task="${opened.id}"]`);
  const shows = (fact: string, text: string) =>
    card()
      .locator(`[data-fact="${fact}"]`)
      .filter({ hasText: new RegExp(`^${text}$`) })
      .waitFor();
  const model = (round: number) => page.locator(".lineage li").filter({ hasText: `Model of round ${round}` });

  /** FDS of the sponsor, the trainers, the vault, and the task where there is one. */
  async function balances(): Promise<bigint[]> {
    const { stakeToken, vault } = scene().deployment;
    const of = [sponsor, ...trainers].map(({ address }) => address);
    const all = [...of, await vault.getAddress(), ...((opened as OpenedTask | undefined) ? [opened.address] : [])];
    return Promise.all(all.map((each) => stakeToken.balanceOf(each)));
  }

  it("gives the sponsor a task file to serve, and says what is missing", async () => {
    await page.getByRole("link", { name: "Open a task" }).click();
    await page.getByRole("button", { name: "Use a wallet" }).click();
    await page.getByRole("button", { name: /Test wallet/ }).click();
    await page.getByLabel(`Account ${sponsor.address}`).waitFor();
    const buffer = Buffer.from(JSON.stringify(TASK));
    await page.getByLabel("A task file").setInputFiles({ name: "draft.json", mimeType: "application/json", buffer });
    await page.locator('[data-fact="budget"]').filter({ hasText: "36 FDS (12 FDS a round)" }).waitFor();
    await look();
    await page.getByText("Your account has no node in the registry yet").waitFor();
    await page.getByText("Name a gateway in the settings, so that").waitFor();
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save the task file" }).click();
    await (await coming).saveAs(join(scene().folder, "task.json"));
  });

  it("opens the task that `foedus serve` holds, and only with the sponsor's yes", async () => {
    const file = join(scene().folder, "task.json");
    serving = scene().start(["serve", file, "--gateway", "0"], sponsor);
    const gateway = /http:\/\/127\.0\.0\.1:\d+/.exec(await serving.says("Browsers read it at"))?.[0] ?? "";
    await page.getByRole("link", { name: "Name one in the settings" }).click();
    await page.locator('input[name="gateway"]').fill(gateway);
    await page.getByRole("button", { name: "Use these" }).click();
    await page.getByRole("link", { name: "Open a task" }).click();
    // What was filled in is still there.
    await look();
    await page.getByText("The gateway gives both, whole and sound.").waitFor();
    await page.getByText("Your account has a node in the registry.").waitFor();

    const pay = page.getByRole("button", { name: "Escrow 36 FDS and open the task" });
    await pay.click();
    await step("permit", "explained");
    wallet.rejectNext();
    await goOn();
    await said("You have rejected it in the wallet. Nothing was sent.");
    await close();
    expect(await balances()).to.deep.equal(hadBefore);

    const tasks = Number(await scene().deployment.foedus.taskCount());
    await pay.click();
    for (const kind of ["permit", "openTask"]) {
      await step(kind, "explained");
      await goOn();
    }
    await step("openTask", "final");
    await close();
    await page.getByRole("link", { name: `Task ${tasks + 1} is open` }).waitFor();
    opened = await findTask(scene().deployment, String(tasks + 1));
    hadBefore.push(0n);
    const [sponsorHas, ...others] = await balances();
    expect(sponsorHas).to.equal((hadBefore[0] ?? 0n) - BUDGET);
    expect(others.at(-1)).to.equal(BUDGET);
  });

  it("stakes for a trainer, once the wallet's owner has changed to its account", async () => {
    await page.goto(page.url().replace(/#.*/, `#/stake/${opened.id}`));
    await wallet.switchAccount(1);
    await page.getByLabel(`Account ${trainers[0]!.address}`).waitFor();
    await shows("staked", "0 FDS");
    await card().getByRole("button", { name: "Deposit" }).click();
    for (const kind of ["permit", "deposit"]) {
      await step(kind, "explained");
      await goOn();
    }
    await step("deposit", "final");
    await close();
    await shows("staked", "110 FDS");
    const { vault } = scene().deployment;
    expect(await vault.eligible(opened.address, trainers[0]!.address)).to.equal(STAKE);
  });

  it("watches rounds become final by themselves, also after the node was gone, and after a reload", async () => {
    const { start, file } = scene();
    const tables = await Promise.all(ROWS.map((rows, i) => file(`page-${i}.csv`, table(rows, 1_000 * i))));
    await card()
      .getByRole("link", { name: `Task ${opened.id}` })
      .click();
    await page.getByRole("heading", { name: `Task ${opened.id}: From the page` }).waitFor();
    await page.getByText("0 of 3 rounds final").waitFor();
    const own = [["--leave"], ["--deposit", "--claim", "--leave"]] as const;
    running = trainers.map((trainer, i) => {
      const args = ["--data", tables[i]!, "--json", ...own[i === 0 ? 0 : 1]];
      return start(["trainer", "run", String(opened.id), ...args], trainer);
    });
    await model(1).waitFor({ timeout: ROUND_LIMIT_MS });
    await picture(page, "federation-round-1");

    const { url } = scene();
    await page.route(`${url}/**`, (route) => route.abort());
    await page.getByText(/No answer from 127\.0\.0\.1/).waitFor();
    await Promise.all(running.map((each) => each.says('"round":2,"act":"commit"')));
    await picture(page, "federation-node-gone");
    await page.unroute(`${url}/**`);
    await page.getByText(/No answer from/).waitFor({ state: "detached" });
    await model(2).waitFor({ timeout: ROUND_LIMIT_MS });

    await page.reload();
    await model(1).waitFor();
    await model(2).waitFor();
    const cohort = page.getByRole("table", { name: "Cohort of this round" });
    await model(3).waitFor({ timeout: ROUND_LIMIT_MS });
    await page.getByText("3 of 3 rounds final").waitFor();
    await page.getByText("All rounds are over.").waitFor();
    await cohort.getByText("you").waitFor();
    await picture(page, "federation-over");
    rowsOfCohort = await cohort.getByRole("row").allInnerTexts();
  });

  it("shows the models that are on the chain, and what each trainer has earned", async () => {
    for (const { code, stderr } of await Promise.all(running.map(({ ended }) => ended)))
      expect(code, stderr).to.equal(0);
    state = await readTask(scene().provider, opened, { confirmations: 0 });
    expect(state.completed).to.equal(ROUNDS);
    for (let number = 1; number <= ROUNDS; number++) {
      const { phase, proposal, seats } = roundOf(state, number);
      expect(phase).to.equal("Final");
      expect(seats.size).to.equal(ROWS.length);
      expect(await model(number).innerText()).to.include(proposal!.modelRoot);
    }
    trainers.forEach(({ address }, i) => {
      const row = rowsOfCohort.find((text) => text.includes(address.slice(0, 6)));
      expect(row, `trainer ${i}`).to.match(new RegExp(`\\b${fds(earnedBy(address, WEIGHTS[i]!))}\\s+in 3 rounds`));
    });
  });

  it("claims for the trainer what the rules say, on the right chain only, and all balances agree", async () => {
    const earned = trainers.map(({ address }, i) => earnedBy(address, WEIGHTS[i]!));
    const [own = 0n] = earned;
    const written = fds(own);
    await page.getByRole("link", { name: "My rewards" }).click();
    await shows("claimable", written);
    await card().getByText("Round by round").click();
    const [data, compute] = [(6n * 5n * FDS) / 20n, FDS];
    await card()
      .getByRole("cell", { name: fds(data + compute) })
      .nth(ROUNDS - 1)
      .waitFor();
    await picture(page, "federation-rewards");

    await wallet.switchChain(ANOTHER_CHAIN);
    await page.getByText("The wallet is on another chain.").waitFor();
    await card().getByRole("button", { name: "Claim", exact: true }).click();
    await step("claim", "explained");
    await said("The wallet is on chain 10; this is for chain 31337. Switch it first.");
    expect(await page.getByRole("button", { name: "Go on in the wallet" }).count()).to.equal(0);
    await page.getByRole("button", { name: "Switch the wallet to chain 31337" }).click();
    await goOn();
    await step("claim", "final");
    const held = hadBefore[1]! - STAKE;
    await said(`Balance of this account: ${fds(held)} before, ${fds(held + own)} now.`);
    await picture(page, "federation-claimed");
    await close();
    await shows("claimable", "0 FDS");
    await card().getByText(`Claimed before: ${written}.`).waitFor();

    const had = hadBefore;
    expect(await balances()).to.deep.equal([
      had[0]! - BUDGET,
      ...earned.map((amount, i) => had[i + 1]! - STAKE + amount),
      had[ROWS.length + 1]! + BigInt(ROWS.length) * STAKE,
      0n,
    ]);
    await page.goto(page.url().replace(/#.*/, `#/task/${opened.id}`));
    const budget = page.locator("section", { has: page.getByRole("heading", { name: "Budget" }) });
    await budget.locator("dt", { hasText: /^Claimed$/ }).waitFor();
    expect(await budget.locator("dd").allInnerTexts()).to.deep.equal([
      ...["36 FDS", "36 FDS", "0 FDS", "0 FDS", "0 FDS", "0 FDS"],
    ]);
  });

  it("has complained of nothing but the node that was gone", async () => {
    expect(complaints.filter((complaint) => !complaint.includes("net::ERR_FAILED"))).to.deep.equal([]);
    serving.kill("SIGINT");
    expect((await serving.ended).code).to.equal(0);
  });

  /** Wei that a trainer of this weight is due, for its data, its work, and its turns to aggregate and to end a round. */
  function earnedBy(address: string, weight: bigint): bigint {
    const total = WEIGHTS.reduce((sum, each) => sum + each, 0n);
    return Array.from({ length: ROUNDS }, (_, i) => roundOf(state, i + 1)).reduce(
      (sum, { seats, proposal, result }) => {
        const aggregated = seats.get(proposal?.seat ?? -1)?.trainer === address ? 2n * FDS : 0n;
        const tip = result?.advancer === address ? FDS : 0n;
        return sum + (6n * FDS * weight) / total + FDS + aggregated + tip;
      },
      0n,
    );
  }
});

/** As the page writes it in English. */
function fds(wei: bigint): string {
  return `${formatUnits(wei, 18).replace(/\.0$/, "")} FDS`;
}
