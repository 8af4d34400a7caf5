import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Wallet, parseEther, toQuantity } from "ethers";
import type { Page } from "playwright-core";
import { sealedTaskAt } from "../../trainer/chain/contracts.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import { STAKE } from "../chain/aTaskOnChain.ts";
import { useLocalChain } from "../support/localChain.ts";
import { anEarnedRound } from "./anEarnedRound.ts";
import { DIGITS, PATIENTS, aSponsor, ageDecides, digitWeights } from "./aTaskToTry.ts";
import type { Sponsor } from "./aTaskToTry.ts";
import { barriers, picture, useBrowser } from "./browser.ts";
import type { OpenPage } from "./browser.ts";

const LIMIT_MS = 120_000;

describe("The page with a model", function () {
  this.timeout(LIMIT_MS);
  const chain = useLocalChain();
  const browser = useBrowser();
  let sponsor: Sponsor;
  let weights: Float32Array;
  let [digits, patients, wrong] = [0, 0, 0];

  before(async () => {
    sponsor = await aSponsor(chain());
    weights = await digitWeights();
    digits = await sponsor.open(DIGITS, weights);
    patients = await sponsor.open(PATIENTS, ageDecides());
    wrong = await sponsor.openFalse(PATIENTS);
  });
  after(() => (sponsor as Sponsor | undefined)?.close());

  async function openModel(task: number, gateway: string = sponsor.gateway, locale = "en-GB"): Promise<OpenPage> {
    const { url, deployment } = chain();
    const opened = await browser().open({ rpc: url, foedus: deployment.address, gateway }, { locale });
    await opened.page.goto(opened.page.url().replace(/#.*/, `#/model/${task}`));
    return opened;
  }
  const fetchIt = (page: Page) => page.getByRole("button", { name: /Fetch and check it/ }).click();
  const tryIt = (page: Page) => page.getByRole("button", { name: "Try it" }).click();

  it("fetches the model, checks it, and saves the very weights", async () => {
    const { page, complaints } = await openModel(digits);
    await fetchIt(page);
    await page.getByText("The model has the root that the chain holds").waitFor();
    await page.getByText("Digits <script>alert(1)</script>").waitFor();
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: /Save the weights/ }).click();
    const bytes = await readFile(await (await saving).path());
    const saved = new Float32Array(Uint8Array.from(bytes).buffer);
    expect(saved.length).to.equal(weights.length);
    // Half a lane is what fixed point leaves open.
    expect(Math.max(...saved.map((value, at) => Math.abs(value - weights[at]!)))).to.be.below(2 ** -20);
    expect(complaints).to.deep.equal([]);
    await page.context().close();
  });

  it("tells a drawn digit", async () => {
    const { page, complaints } = await openModel(digits);
    await fetchIt(page);
    await tryIt(page);
    const canvas = page.getByRole("img", { name: "Place to draw" });
    const draw = async (...points: (readonly [number, number])[]) => {
      await canvas.scrollIntoViewIfNeeded();
      const { x, y, width, height } = (await canvas.boundingBox())!;
      const [first, ...more] = points.map(([right, down]) => [x + right * width, y + down * height] as const);
      await page.mouse.move(...first!);
      await page.mouse.down();
      for (const point of more) await page.mouse.move(...point, { steps: 8 });
      await page.mouse.up();
    };
    const says = (digit: string) => page.locator("output strong").filter({ hasText: digit }).waitFor();
    await draw([0.55, 0.15], [0.45, 0.85]);
    await says("1");
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByText("The model has not been asked yet.").waitFor();
    await draw([0.25, 0.2], [0.75, 0.2], [0.45, 0.85]);
    await says("7");
    await picture(page, "model-digit");
    expect(await barriers(page)).to.deep.equal([]);
    expect(complaints).to.deep.equal([]);
    await page.context().close();
  });

  it("takes a patient's row, and says beside a field what is wrong with it", async () => {
    const { page, complaints } = await openModel(patients);
    await page.setViewportSize({ width: 390, height: 844 });
    await fetchIt(page);
    await tryIt(page);
    await page.locator("input[name=age]").fill("80");
    await page.locator("output strong").filter({ hasText: "ill" }).waitFor();
    await page.locator("input[name=age]").fill("21");
    await page.locator("output strong").filter({ hasText: "healthy" }).waitFor();
    await page.getByLabel("smoker").selectOption("not known");
    await page.locator("input[name=age]").fill("old");
    await page.getByText('"old" is not a number').waitFor();
    await page.getByText("The model has not been asked yet.").waitFor();
    await page.locator("input[name=age]").fill("80");
    await picture(page, "model-patient-phone");
    expect(await barriers(page)).to.deep.equal([]);
    expect(complaints).to.deep.equal([]);
    await page.context().close();
  });

  it("uses nothing of a model that is not the one on the chain", async () => {
    const { page } = await openModel(wrong);
    await fetchIt(page);
    await page.getByText("What came is not what the chain says. Nothing of it was used.").waitFor();
    expect(await page.getByRole("button", { name: "Try it" }).count()).to.equal(0);
    await page.context().close();
  });

  it("notices a gateway that lies, has nothing, or is not there", async () => {
    const liar = createServer((request, response) => {
      void fetch(`${sponsor.gateway}${request.url}`).then(async (true_) => {
        const bytes = Buffer.from(await true_.arrayBuffer());
        bytes[bytes.length - 1]! ^= 1;
        response.writeHead(200, { "access-control-allow-origin": "*" }).end(bytes);
      });
    }).listen(0, "127.0.0.1");
    await once(liar, "listening");
    const empty = createServer((_, response) => {
      response.writeHead(404, { "access-control-allow-origin": "*" }).end();
    }).listen(0, "127.0.0.1");
    await once(empty, "listening");
    const at = (server: typeof liar) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const places = [
      [at(liar), "The gateway gave something else than it was asked for."],
      [at(empty), "The gateway does not have it."],
      ["http://127.0.0.1:9", "The gateway cannot be reached."],
    ] as const;
    for (const [gateway, complaint] of places) {
      const { page } = await openModel(digits, gateway);
      await fetchIt(page);
      await page.getByText(complaint).waitFor();
      await page.context().close();
    }
    for (const server of [liar, empty]) {
      server.closeAllConnections();
      server.close();
    }
  });

  it("keeps a model that comes while a round becomes final, and says that there is a newer one", async () => {
    const { deployment, provider } = chain();
    const task = await sponsor.open({ ...DIGITS, trainers: { min: 1, max: 1 } }, weights);
    const opened = await findTask(deployment, String(task));
    const trainer = new Wallet(Wallet.createRandom().privateKey, provider);
    await chain().rpc("hardhat_setBalance", trainer.address, toQuantity(parseEther("10")));
    const rich = await chain().account(0);
    await (await deployment.stakeToken.connect(rich).transfer(trainer.address, STAKE)).wait();

    const { page } = await openModel(task);
    const { promise: gate, resolve: letCome } = Promise.withResolvers<unknown>();
    let asked = 0;
    await page.route(`${sponsor.gateway}/**`, async (route) => {
      // After the manifest.
      if (asked++ > 0) await gate;
      await route.continue();
    });
    await fetchIt(page);
    await page.getByRole("button", { name: "Stop" }).waitFor();
    await anEarnedRound(chain(), { opened, task: sealedTaskAt(opened.address, provider), sponsor: rich }, trainer);
    await page.getByText("A newer one is there: that of round 1.").waitFor();
    await picture(page, "model-newer");
    letCome(true);
    await page.getByText("The model has the root that the chain holds").waitFor();
    await page.getByRole("heading", { name: "The model that the task began with" }).waitFor();
    await page.getByRole("button", { name: "To the newest" }).click();
    await page.getByRole("heading", { name: "The model of round 1" }).waitFor();
    expect(await page.getByRole("button", { name: /Fetch and check it/ }).count()).to.equal(1);
    await page.context().close();
  });

  it("speaks Chinese, in the dark", async () => {
    const { url, deployment } = chain();
    const settings = { rpc: url, foedus: deployment.address, gateway: sponsor.gateway };
    const { page } = await browser().open(settings, { locale: "zh-CN", colorScheme: "dark" });
    await page.goto(page.url().replace(/#.*/, `#/model/${patients}`));
    await page.getByRole("button", { name: /下载并校验/ }).click();
    await page.getByText("模型的根与链上的根一致").waitFor();
    await page.getByRole("button", { name: "试用" }).click();
    await page.getByText("模型的回答").waitFor();
    await picture(page, "model-dark-zh");
    expect(await barriers(page)).to.deep.equal([]);
    await page.context().close();
  });
});
