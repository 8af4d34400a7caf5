import { expect } from "chai";
import type { Page } from "playwright-core";
import { TOKEN } from "../support/madeUpTask.ts";
import { barriers, picture, useBrowser } from "./browser.ts";
import { aMadeUpChain } from "../support/madeUpChain.ts";
import type { MadeUpChain, MadeUpOptions } from "../support/madeUpChain.ts";

const LIMIT_MS = 120_000;
const MARKUP = `<img src="x" onerror="document.title='taken over'">`;
const MANY = { tasks: 1_000, trainers: 10_000 };

describe("The page that lists trainers", function () {
  this.timeout(LIMIT_MS);
  const browser = useBrowser();
  let chain: MadeUpChain | undefined;

  afterEach(async () => {
    await chain?.close();
    chain = undefined;
  });

  async function open(
    options: MadeUpOptions,
    { path = "trainers", ...window }: Parameters<ReturnType<typeof browser>["open"]>[1] & { path?: string } = {},
  ) {
    const there = (chain = await aMadeUpChain(options));
    const { page, complaints } = await browser().open({ rpc: there.url, foedus: there.foedus }, window);
    await page.goto(`${page.url().split("#")[0]!}#/${path}`);
    return { page, complaints, there };
  }
  const rows = (page: Page) => page.getByRole("table", { name: "Trainers" }).getByRole("row");
  const rowOf = (page: Page, address: string) =>
    rows(page).filter({ has: page.locator(`a[href="#/trainers/${address.toLowerCase()}"]`) });

  it("reads ten thousand in pages, newest first, and holds no more rows than one sees", async () => {
    const { page, complaints, there } = await open(MANY);
    await page.getByText(/^10,000 trainers$/).waitFor();
    expect(await rows(page).count()).to.be.below(60);
    expect(there.asked.get("eth_getLogs")).to.be.within(10, 60);
    const newest = rows(page).nth(1);
    await newest.getByText("2023").waitFor();
    expect(await newest.innerText()).to.match(
      /registered\s+145 FDS\s+1 task\s+4 FDS\s+1 fine\s+.*2023.*\s+block 20,239/,
    );
    await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)");
    await rowOf(page, there.trainer(0)).getByText("2023").waitFor();
    expect(await rows(page).count()).to.be.below(60);
    // Times are asked of rows that rest, not of those that rush by; on a slow machine a screenful rests after each of ten pages.
    expect(there.asked.get("eth_getBlockByNumber")).to.be.below(1_000);
    await picture(page, "trainers", false);
    expect(await barriers(page)).to.deep.equal([]);
    expect(complaints).to.deep.equal([]);
  });

  it("goes on where it stopped when one comes back to it", async () => {
    const { page, there } = await open({ tasks: 5, trainers: 200 });
    await page.getByText(/^200 trainers$/).waitFor();
    await page.getByRole("link", { name: "Settings", exact: true }).click();
    await page.getByText("to no server of its own").waitFor();
    there.asked.clear();
    await page.getByRole("link", { name: "Trainers", exact: true }).click();
    await page.getByText(/^200 trainers$/).waitFor();
    there.add({ by: "vault", name: "StakeDeposited", values: [there.task(2), there.trainer(500), 7n * TOKEN] });
    await page.getByText(/^201 trainers$/).waitFor();
    expect(there.asked.get("eth_getLogs")).to.equal(1);
    expect(await rows(page).nth(1).innerText()).to.match(/not registered\s+7 FDS/);
  });

  it("leaves rows where they are when others come before them", async () => {
    const { page, there } = await open({ tasks: 5, trainers: 500 });
    await page.getByText(/^500 trainers$/).waitFor();
    await page.evaluate("window.scrollTo(0, 9000)");
    const looked = rowOf(page, there.trainer(340));
    await looked.waitFor();
    const before = (await looked.boundingBox())!.y;
    for (const index of [600, 601, 602]) {
      there.add({ by: "registry", name: "Registered", values: [there.trainer(index), `0x${"1".repeat(64)}`, ""] });
    }
    await page.locator(`.rows[aria-rowcount="504"]`).waitFor();
    expect(Math.abs((await looked.boundingBox())!.y - before)).to.be.below(2);
  });

  it("finds a trainer by a part of its address and shows its stake by task, by keyboard alone", async () => {
    const { page, there } = await open({ tasks: 5, trainers: 200 });
    await page.getByText(/^200 trainers$/).waitFor();
    await page.getByRole("searchbox").focus();
    await page.keyboard.type(there.trainer(77).slice(-12).toUpperCase());
    await page.getByText("1 of 200 trainers").waitFor();
    await page.getByRole("heading", { name: "Stake and rounds by task" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "All trainers" }).waitFor();
    expect(page.url()).to.include(`#/trainers/${there.trainer(77).toLowerCase()}`);
    const byTask = page.getByRole("table").filter({ has: page.getByRole("columnheader", { name: "Thawing" }) });
    await byTask.getByRole("cell", { name: "0", exact: true }).waitFor();
    expect(await byTask.innerText()).to.match(/Task 3\s+123 FDS\s+10 FDS until .*\s+4 FDS\s+0/);
    await picture(page, "trainer");
    expect(await barriers(page)).to.deep.equal([]);
  });

  it("orders by stake and by fines", async () => {
    const { page } = await open({ tasks: 5, trainers: 60 });
    await page.getByText(/^60 trainers$/).waitFor();
    await page.getByLabel("Order").selectOption("stake");
    await rows(page).nth(1).getByText("149 FDS").waitFor();
    await page.getByLabel("Order").selectOption("fines");
    await rows(page).nth(1).getByText("1 fine").waitFor();
    await page.getByLabel("Order").selectOption("oldest");
    await rows(page).nth(1).getByText("block 42", { exact: true }).waitFor();
  });

  it("is read on a phone, in the dark and in Chinese, without scrolling sideways", async () => {
    const phone = { viewport: { width: 390, height: 800 }, colorScheme: "dark", locale: "zh-CN" } as const;
    const { page } = await open({ tasks: 5, trainers: 60 }, phone);
    await page.getByText("共 60 名训练者").waitFor();
    await page.getByText("2023").first().waitFor();
    await picture(page, "trainers-phone");
    expect(await page.evaluate("document.documentElement.scrollWidth")).to.equal(390);
    expect(await barriers(page)).to.deep.equal([]);
  });

  it("shows whatever a chain says as text, however absurd", async () => {
    const { page, there } = await open(
      { tasks: 2, trainers: 3, symbol: MARKUP },
      { path: `trainers/${encodeURIComponent(MARKUP)}` },
    );
    await page.getByText("No trainer has such an address.").waitFor();
    expect(await page.getByRole("searchbox").inputValue()).to.equal(MARKUP);
    await page.getByRole("searchbox").fill("");
    const [task, rich, most] = [there.task(1), there.trainer(90), 2n ** 256n - 1n];
    there.add(
      { by: "registry", name: "Registered", values: [rich, `0x${"1".repeat(64)}`, MARKUP.repeat(20)] },
      { by: "vault", name: "StakeDeposited", values: [task, rich, most] },
      { by: "vault", name: "StakeDeposited", values: [there.trainer(80), rich, most] },
      { by: "vault", name: "StakeThawing", values: [task, rich, most, most] },
      { by: "vault", name: "StakeWithdrawn", values: [task, there.trainer(91), most] },
      { by: "foedus", name: "TaskOpened", values: there.opening(most, there.trainer(92)) },
    );
    await page.getByText("5 trainers").waitFor();
    await rowOf(page, rich).getByText("thawing").waitFor();
    await rowOf(page, rich).getByRole("link").click();
    await page.getByRole("heading", { name: "Stake and rounds by task" }).waitFor();
    expect(await page.locator("main img").count()).to.equal(0);
    expect(await page.title()).to.equal("Foedus");
    expect(await page.evaluate("document.documentElement.scrollWidth")).to.equal(1280);
  });

  it("asks again by itself after events that are not what was asked for", async () => {
    let lies = 2;
    const { page } = await open(
      { tasks: 2, trainers: 20 },
      {
        prepare: async (fresh) => {
          await fresh.route(/127\.0\.0\.1/, async (route) => {
            const asked = route.request().postData() ?? "";
            if (!asked.includes(`"topics":[[`) || lies-- <= 0) return route.continue();
            const response = await route.fetch();
            const text = await response.text();
            await route.fulfill({
              response,
              body: text.replace(/"address":"0x\w{40}/, `"address":"0x${"ab".repeat(20)}`),
            });
          });
        },
      },
    );
    await page.getByText(/^20 trainers$/).waitFor();
    expect(lies).to.be.below(1);
  });
});
