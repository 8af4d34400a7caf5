import { expect } from "chai";
import { Wallet } from "ethers";
import type { Page, Request } from "playwright-core";
import { findTask } from "../../trainer/chain/openedTask.ts";
import { encodeManifest } from "../../trainer/roles/manifest.ts";
import { manifestOf } from "../../trainer/roles/taskFile.ts";
import type { TaskFile } from "../../trainer/roles/taskFile.ts";
import { useLocalChain } from "../support/localChain.ts";
import { DIGITS, PATIENTS, aSponsor } from "./aTaskToTry.ts";
import type { Sponsor } from "./aTaskToTry.ts";
import { barriers, picture, useBrowser } from "./browser.ts";
import { addTestWallet } from "./testWallet.ts";
import type { TestWallet } from "./testWallet.ts";

const LIMIT_MS = 120_000;

describe("Opening a task in the page", function () {
  this.timeout(LIMIT_MS);
  const chain = useLocalChain();
  const browser = useBrowser();
  let sponsor: Sponsor;
  let wallet: TestWallet;
  let page: Page;
  let complaints: readonly string[];

  before(async () => {
    sponsor = await aSponsor(chain());
    const { url, deployment } = chain();
    const opened = await browser().open(
      { rpc: url, foedus: deployment.address, gateway: sponsor.gateway },
      {
        prepare: async (fresh) => {
          const { chainId } = deployment;
          wallet = await addTestWallet(fresh, { url, chainId, accounts: [sponsor.wallet] });
        },
      },
    );
    ({ page, complaints } = opened);
    await page.goto(page.url().replace(/#.*/, "#/open"));
  });
  after(async () => {
    // Where there is no browser they are not there either.
    (wallet as TestWallet | undefined)?.close();
    await (sponsor as Sponsor | undefined)?.close();
  });

  const field = (name: string) => page.locator(`[name="${name}"]`);
  const faultOf = (name: string) => page.locator("label.field", { has: field(name) }).locator(".fault");
  const language = () => page.locator('select:has(option[value="zh"])');
  const paste = async (file: TaskFile) => {
    const area = page.locator("textarea");
    if (!(await area.isVisible())) await page.locator("details:has(textarea) > summary").click();
    await area.fill(JSON.stringify(file));
  };

  it("starts from the example and says what it comes to", async () => {
    await page.locator('[data-fact="budget"]').filter({ hasText: "824 FDS (103 FDS a round)" }).waitFor();
    await page.locator('[data-fact="lanes"]').filter({ hasText: "78.1 %" }).waitFor();
    await picture(page, "open-example");
    expect(await barriers(page)).to.deep.equal([]);
  });

  it("says beside each field what is wrong with it, and lets nothing be opened", async () => {
    await field("trainers.min").fill("20");
    await faultOf("trainers.min").filter({ hasText: "must be at most max, 16" }).waitFor();
    await field("rounds").fill("0");
    await language().selectOption("zh");
    await faultOf("trainers.min").filter({ hasText: "不能超过最多训练者数 16" }).waitFor();
    await faultOf("rounds").filter({ hasText: "至少为 1" }).waitFor();
    await language().selectOption("en");
    await faultOf("rounds").filter({ hasText: "expected number to be >=1" }).waitFor();
    await field("rounds").fill("8");
    await field("stake.fraudFine").fill("many");
    await faultOf("stake.fraudFine").filter({ hasText: "must be an amount of tokens" }).waitFor();
    await page.getByText("It is calculated when everything is right.").waitFor();
    expect(await page.getByText("Before it is opened").count()).to.equal(0);
    await field("stake.fraudFine").fill("80");
    await field("trainers.min").fill("3");
    await page.getByText("Before it is opened").waitFor();
  });

  it("sees that sums would overflow, and says what would fit", async () => {
    await field("weight.maxUnits").fill("1000");
    await page.getByText("A sum could reach").waitFor();
    await page.getByText(/Any one of these would fit: .*maxWeight 127/).waitFor();
    await language().selectOption("zh");
    await page.getByText(/改为以下任意一项即可：.*maxWeight 127/).waitFor();
    await language().selectOption("en");
    await field("weight.maxUnits").fill("100");
    await page.locator('[data-fact="lanes"]').waitFor();
  });

  it("computes a masked task's thresholds and odds", async () => {
    await field("privacy").selectOption("masked");
    await faultOf("trainers.min").filter({ hasText: "must be at least the shareThreshold, 11" }).waitFor();
    await field("trainers.min").fill("11");
    await page.getByText("1 × 16 seats, 11 of a cohort rebuild a secret").waitFor();
    await page.locator('[data-fact="odds"]').filter({ hasText: "is void" }).waitFor();
    await picture(page, "open-masked");
    await field("privacy").selectOption("sealed");
    await field("trainers.min").fill("3");
    await page.locator('[data-fact="lanes"]').waitFor();
  });

  it("takes a file that is dropped, and shows faults where the form has no field", async () => {
    const drop = async (text: string) => {
      const dropped = await page.evaluateHandle(`(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([${JSON.stringify(text)}], "task.json", { type: "application/json" }));
        return transfer;
      })()`);
      await page.dispatchEvent(".open-task", "drop", { dataTransfer: dropped });
    };
    await drop("no task");
    await page.getByText("That is no task file").waitFor();
    await drop(JSON.stringify({ ...PATIENTS, architecture: { ...PATIENTS.architecture, inputs: [12] } }));
    await page.getByText("the network takes 12 features a row, the data have 13").waitFor();
    await drop(JSON.stringify(PATIENTS));
    await page.locator('[data-fact="budget"]').filter({ hasText: "26 FDS (13 FDS a round)" }).waitFor();
  });

  it("says of no file what was wrong with another one", async () => {
    await page.getByRole("button", { name: "Use a wallet" }).click();
    await page.getByRole("button", { name: /Test wallet/ }).click();
    const nobody = Wallet.createRandom().address;
    const { promise: released, resolve: release } = Promise.withResolvers<unknown>();
    const isOfIt = (request: Request) => (request.postData() ?? "").includes(nobody.slice(2).toLowerCase());
    await page.route(`${chain().url}/**`, async (route) => {
      if (isOfIt(route.request())) await released;
      await route.continue();
    });
    const look = page.getByRole("button", { name: "Compute and look whether they are served" });
    await paste({ ...PATIENTS, rewardToken: nobody });
    await page.getByText("Before it is opened").waitFor();
    await Promise.all([page.waitForRequest(isOfIt), look.click()]);
    await paste(PATIENTS);
    await page.locator('[data-fact="budget"]').filter({ hasText: "26 FDS" }).waitFor();
    expect(await look.isEnabled()).to.equal(true);
    await page.evaluate(`new MutationObserver(() => {
      globalThis.saysFault ||= document.body.textContent.includes("This cannot be prepared");
    }).observe(document.body, { childList: true, subtree: true, characterData: true })`);
    const answered = page.waitForResponse((response) => isOfIt(response.request()));
    release(true);
    await answered;
    await look.click();
    await page.getByText("Your account has no node in the registry yet").waitFor();
    expect(await page.evaluate("globalThis.saysFault")).to.not.equal(true);
    await page.unrouteAll({ behavior: "wait" });
  });

  it("opens it only when its model and manifest are served", async () => {
    const { deployment } = chain();
    await page.getByText("You hold 10,000 FDS.").or(page.getByText("You hold 10000 FDS.")).waitFor();
    const look = page.getByRole("button", { name: "Compute and look whether they are served" });
    const pay = page.getByRole("button", { name: "Escrow 26 FDS and open the task" });
    await look.click();
    await page.getByText("Your account has no node in the registry yet").waitFor();
    await page.getByText("The gateway does not give them yet").waitFor();
    expect(await pay.isDisabled()).to.equal(true);

    await sponsor.hold(PATIENTS);
    // What comes late, of a task that is shown no more, cannot be paid for.
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
    await page.route(`${sponsor.gateway}/**`, async (route) => {
      await released;
      await route.continue();
    });
    await Promise.all([page.waitForRequest((request) => request.url().startsWith(sponsor.gateway)), look.click()]);
    await paste({ ...PATIENTS, rounds: 3 });
    await page.locator('[data-fact="budget"]').filter({ hasText: "39 FDS (13 FDS a round)" }).waitFor();
    await page.evaluate(`new MutationObserver(() => {
      globalThis.offersOther ||= document.body.textContent.includes("Escrow 26 FDS");
    }).observe(document.body, { childList: true, subtree: true, characterData: true })`);
    release(undefined);
    await look.click();
    await page.getByRole("button", { name: "Escrow 39 FDS and open the task" }).waitFor();
    expect(await page.evaluate("globalThis.offersOther")).to.not.equal(true);
    await page.unrouteAll({ behavior: "wait" });
    await paste(PATIENTS);
    await look.click();
    await page.getByText("The gateway gives both, whole and sound.").waitFor();
    await picture(page, "open-served");
    const before = await deployment.stakeToken.balanceOf(sponsor.wallet.address);
    await pay.click();
    // A permit, then the transaction.
    for (const kind of ["permit", "openTask"]) {
      await page.locator(`.step[data-kind="${kind}"][data-state="explained"]`).waitFor();
      await page.getByRole("button", { name: "Go on in the wallet" }).click();
    }
    await page.locator('.step[data-kind="openTask"][data-state="final"]').waitFor();
    await picture(page, "open-done");
    await page.getByRole("button", { name: "Close", exact: true }).click();
    await page.getByRole("link", { name: "Task 1 is open" }).waitFor();
    expect(before - (await deployment.stakeToken.balanceOf(sponsor.wallet.address))).to.equal(26n * 10n ** 18n);
    const { rules, genesis } = await findTask(deployment, "1");
    expect(rules.sponsor).to.equal(sponsor.wallet.address);
    expect(await sponsor.store.holds(genesis.modelId)).to.equal(true);
    const manifest = sponsor.store.get(genesis.manifestId, { maxBytes: 10_000, timeoutMs: 1_000 });
    const parts: Uint8Array[] = [];
    for await (const part of manifest) parts.push(part);
    expect(Buffer.concat(parts).equals(encodeManifest(manifestOf(PATIENTS)))).to.equal(true);
    expect(complaints.filter((complaint) => !complaint.includes("404"))).to.deep.equal([]);
  });

  it("is readable on a phone, in Chinese", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await language().selectOption("zh");
    await paste(DIGITS);
    await page.getByText("开启之前").waitFor();
    await picture(page, "open-phone-zh");
    expect(await barriers(page)).to.deep.equal([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).to.be.at.most(390);
  });
});
