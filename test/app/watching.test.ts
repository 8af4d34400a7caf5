import { expect } from "chai";
import type { JsonRpcSigner } from "ethers";
import { GENESIS, anUpdate, aTaskOnChain } from "../chain/aTaskOnChain.ts";
import type { TaskOnChain } from "../chain/aTaskOnChain.ts";
import { fromTaskRules } from "../../trainer/chain/taskRules.ts";
import { useLocalChain } from "../support/localChain.ts";
import { barriers, picture, useBrowser } from "./browser.ts";

const LIMIT_MS = 120_000;
const MARKUP = `<img src="x" onerror="document.title='taken over'">`;

describe("The page that watches", function () {
  this.timeout(LIMIT_MS);
  const chain = useLocalChain();
  const browser = useBrowser();
  let there: TaskOnChain;

  before("open a task that two have entered", async () => {
    there = await aTaskOnChain(chain());
    for (const seat of [0, 1]) await (await by(seat).enter(seat, 5 + seat)).wait();
  });

  const trainer = (seat: number): JsonRpcSigner => there.trainers[seat]!;
  const by = (seat: number) => there.by(trainer(seat));
  const settings = () => ({ rpc: chain().url, foedus: chain().deployment.address });
  const open = (options: Parameters<ReturnType<typeof browser>["open"]>[1] = {}) => browser().open(settings(), options);

  it("lists tasks with what they train, who can read updates and what they pay, without complaint", async () => {
    const { page, complaints } = await open();
    const row = page.getByRole("row").nth(1);
    await row.getByText("1,000 parameters").waitFor();
    await row.getByText("309 FDS").waitFor();
    expect(await row.innerText()).to.match(/Task 1\s+entering\s+0 of 3 rounds final/);
    expect(await row.innerText()).to.match(/sealed\s+309 FDS/);
    await picture(page, "tasks");
    expect(await barriers(page)).to.deep.equal([]);
    expect(complaints).to.deep.equal([]);
  });

  it("shows a round as it goes on, and the same after a reload", async () => {
    const { page, complaints } = await open();
    await page.getByRole("link", { name: "Task 1" }).click();
    await page.getByText("2 seats free").waitFor();
    await (await by(2).enter(2, 7)).wait();
    await page.getByText("1 seat free").waitFor();
    await chain().mine(Number((await there.task.clock())[2]));
    for (const seat of [0, 1]) {
      const { commitment } = anUpdate(there.opened, 1, trainer(seat).address);
      await (await by(seat).commit(1, seat, commitment)).wait();
    }
    await page.getByText("2 of 3 have acted").waitFor();
    const cohort = page.getByRole("table", { name: "Cohort of this round" });
    expect(await cohort.getByRole("row").count()).to.equal(4);
    await cohort.getByText("150 FDS").first().waitFor();
    expect(await cohort.innerText()).to.match(/38\.9 % of the data/);
    await page.reload();
    await page.getByText("2 of 3 have acted").waitFor();
    const gas = page.locator(".wide", { hasText: "Bytes moved" });
    await gas.getByRole("cell").first().waitFor();
    const [table, room] = await gas.evaluate((box: { scrollWidth: number; clientWidth: number }) => [
      box.scrollWidth,
      box.clientWidth,
    ]);
    expect(table).to.equal(room);
    await picture(page, "task");
    expect(await barriers(page)).to.deep.equal([]);
    expect(complaints).to.deep.equal([]);
  });

  it("is read on a phone, in the dark and in Chinese, without scrolling sideways", async () => {
    const phone = { viewport: { width: 360, height: 740 }, colorScheme: "dark", locale: "zh-CN" } as const;
    const { page } = await open(phone);
    await page.getByRole("link", { name: "任务 1" }).click();
    await page.getByRole("heading", { name: "本轮成员" }).waitFor();
    await picture(page, "task-phone");
    expect(await page.evaluate("document.documentElement.scrollWidth")).to.equal(360);
    expect(await barriers(page)).to.deep.equal([]);
  });

  it("says that the node is silent, keeps what it knew, and goes on when the node is back", async () => {
    const { page } = await open();
    await page.getByText("1,000 parameters").first().waitFor();
    await page.route(`${chain().url}/**`, (route) => route.abort());
    await page.getByText(/No answer from 127\.0\.0\.1/).waitFor();
    expect(await page.getByText("1,000 parameters").isVisible()).to.equal(true);
    await picture(page, "node-silent");
    await page.unroute(`${chain().url}/**`);
    await aTaskOnChain(chain(), { staked: 0 });
    await page.getByRole("link", { name: "Task 2" }).waitFor();
    await page.getByText(/No answer from/).waitFor({ state: "detached" });
  });

  it("says that there is no manifest where a part of the page does not come", async () => {
    const own = { ...settings(), gateway: "http://127.0.0.1:9" };
    const { page } = await browser().open(own, {
      prepare: (fresh) => fresh.route(/\/assets\/(manifest|gateway)-/, (route) => route.abort()),
    });
    await page.getByRole("link", { name: "Task 1", exact: true }).click();
    await page.getByText("The gateway does not have the task's manifest now.").waitFor();
  });

  it("lists a thousand tasks and holds no more rows than one sees", async () => {
    const { foedus, address, stakeToken } = { ...chain().deployment };
    const { sponsor, opened } = there;
    await (await stakeToken.connect(sponsor).approve(address, 10n ** 27n)).wait();
    const request = await foedus.openTask.populateTransaction(fromTaskRules(opened.rules), GENESIS);
    const sent = { from: sponsor.address, to: address, data: request.data, gas: "0xf42400" };
    const had = Number(await foedus.taskCount());
    for (let count = had; count < 1_000; count += 20) {
      await Promise.all(Array.from({ length: 20 }, () => chain().rpc("eth_sendTransaction", sent)));
    }
    const { page } = await open();
    await page.getByText(/^1,0\d\d tasks, newest first$/).waitFor();
    expect(await page.getByRole("row").count()).to.be.below(60);
    await page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)");
    const oldest = page.getByRole("row").filter({ has: page.getByRole("link", { name: "Task 1", exact: true }) });
    await oldest.getByText("1,000 parameters").waitFor();
    expect(await page.getByRole("row").count()).to.be.below(60);
    await picture(page, "tasks-thousand");
  });

  it("shows markup from links, wallets and reports as the text that it is", async () => {
    const { page } = await open({
      prepare: (fresh) =>
        fresh.addInitScript(`{
          const info = { uuid: "1", name: ${JSON.stringify(MARKUP)}, rdns: "evil.example", icon: "javascript:alert(1)" };
          const detail = { info, provider: { request: () => Promise.resolve([]) } };
          const announce = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
          window.addEventListener("eip6963:requestProvider", announce);
        }`),
    });
    await page.getByRole("button", { name: "Use a wallet" }).click();
    await page.getByText(MARKUP).waitFor();
    expect(await page.locator("dialog img").count()).to.equal(0);
    await page.keyboard.press("Escape");
    await page.goto(`${page.url().split("#")[0]!}#/task/${encodeURIComponent(MARKUP)}`);
    await page.getByText("This task cannot be read").waitFor();
    await page.goto(`${page.url().split("#")[0]!}#/task/1`);
    const report = {
      config: { chainId: 31_337, task: there.opened.address, measure: { name: MARKUP, better: "higher" }, loss: "x" },
      rounds: [{ round: 1, score: 0.5, loss: 1 }],
    };
    const buffer = Buffer.from(JSON.stringify(report));
    await page.locator("input[type=file]").setInputFiles({ name: `${MARKUP}.json`, mimeType: "text/plain", buffer });
    await page.locator("figcaption").first().waitFor();
    expect(await page.locator("figcaption").first().innerText()).to.include(MARKUP);
    expect(await page.locator("main img").count()).to.equal(0);
    expect(await page.title()).to.equal("Foedus");
  });

  it("asks before a link changes where it reads", async () => {
    const { page } = await open();
    await page.getByText("1,000 parameters").first().waitFor();
    const other = new URLSearchParams({ rpc: "https://example.org", foedus: chain().deployment.address });
    await page.goto(`${page.url().split("#")[0]!}#/tasks?${other.toString()}`);
    await page.getByText("Use these settings only if you trust the node").waitFor();
    await page.getByRole("button", { name: "Do not use these" }).click();
    await page.getByText("1,000 parameters").first().waitFor();
  });

  it("asks a first visitor before it reads from a link's node, and shows the newest link's", async () => {
    const [one, two] = ["https://one.example.org/", "https://two.example.org/"];
    const asked: string[] = [];
    const { page } = await browser().open(
      { rpc: one, foedus: chain().deployment.address },
      { prepare: async (fresh) => void fresh.on("request", (request) => asked.push(request.url())) },
    );
    await page.getByText("Use these settings only if you trust the node").waitFor();
    expect(await page.locator("input[name=rpc]").inputValue()).to.equal(one);
    const other = new URLSearchParams({ rpc: two, foedus: chain().deployment.address });
    await page.goto(`${page.url().split("#")[0]!}#/tasks?${other.toString()}`);
    await page.waitForFunction(`document.querySelector("input[name=rpc]")?.value === ${JSON.stringify(two)}`);
    await page.getByRole("button", { name: "Do not use these" }).click();
    await page.getByText("to no server of its own").waitFor();
    expect(asked.filter((url) => url.includes("example.org"))).to.deep.equal([]);
  });

  it("says which token pays, and counts in smallest units until the token has said how it counts", async () => {
    let isSilent = true;
    const decimals = "0x313ce567";
    const { page } = await open({
      prepare: (fresh) =>
        fresh.route(`${chain().url}/**`, async (route) => {
          const asked = route.request().postData() ?? "";
          if (!isSilent || !asked.includes(decimals)) return route.continue();
          const response = await route.fetch();
          const calls = [JSON.parse(asked)].flat() as { id: number }[];
          const silenced = new Set(calls.filter((call) => JSON.stringify(call).includes(decimals)).map(({ id }) => id));
          const answers = [await response.json()].flat() as { id: number }[];
          const told = answers.map((answer) => (silenced.has(answer.id) ? { ...answer, result: "0x" } : answer));
          await route.fulfill({ response, json: asked.startsWith("[") ? told : told[0] });
        }),
    });
    await page.getByText("309,000,000,000,000,000,000 smallest units").first().waitFor();
    isSilent = false;
    await page.getByText("309 FDS").first().waitFor();
    await page.goto(`${page.url().split("#")[0]!}#/task/1`);
    const pays = page.locator("dt", { hasText: "Token that pays" }).locator("xpath=following-sibling::dd[1]");
    expect(await pays.locator("code").getAttribute("title")).to.equal(there.opened.rules.rewardToken);
  });
});
