// A real browser with the built page in it, for tests. Where no browser is installed the tests say so and are left out.
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { buildPage } from "../../scripts/app/pageBuild.ts";
import { pageLink, servePage } from "../../scripts/app/pageServer.ts";
import type { PageServer } from "../../scripts/app/pageServer.ts";
import { BROWSER, BROWSERS } from "./browserPath.ts";

export interface OpenPage {
  readonly page: Page;
  /** What the page has complained of: errors, and what its policy has stopped. */
  readonly complaints: readonly string[];
}

export type WindowOptions = BrowserContextOptions & {
  /** Before the page is loaded. */
  readonly prepare?: (page: Page) => Promise<unknown>;
  /** Where somebody else serves the page, with a slash at its end. */
  readonly url?: string;
};

export interface InBrowser {
  /** Where the built page lies. */
  readonly folder: string;
  /** A window of its own, with nothing remembered. */
  open(settings: Readonly<Record<string, string>>, options?: WindowOptions): Promise<OpenPage>;
}

const START_LIMIT_MS = 120_000;
/** Where screenshots are kept. */
const PICTURES = resolve(import.meta.dirname, "../../out/app");

/** To be called inside a `describe`. */
export function useBrowser(): () => InBrowser {
  let browser: Browser | undefined;
  let server: PageServer | undefined;
  let folder = "";
  before("start the browser", async function () {
    this.timeout(START_LIMIT_MS);
    if (BROWSER === undefined) {
      console.log(
        `      No browser is at ${BROWSERS.join(" or ")}: install Chromium, or name one with FOEDUS_CHROMIUM=…`,
      );
      this.skip();
    }
    folder = await mkdtemp(join(tmpdir(), "foedus-page-"));
    await buildPage(folder);
    server = await servePage(0, folder);
    browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  });
  after("close the browser", async () => {
    await browser?.close();
    await server?.close();
    if (folder !== "") await rm(folder, { recursive: true, force: true });
  });
  return () => ({
    folder,
    async open(settings, { prepare, url, ...options } = {}) {
      if (browser === undefined || server === undefined) throw new Error("The browser is there only while tests run");
      const context = await browser.newContext({ locale: "en-GB", ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      await prepare?.(page);
      await page.goto(pageLink(url ?? server.url, settings));
      return { page, complaints };
    },
  });
}

/** Keeps a picture among the artefacts: of the whole page, or of what its window shows of a very long one. */
export async function picture(page: Page, name: string, fullPage = true): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage });
}

interface Axe {
  run(): Promise<{ readonly violations: readonly { id: string; impact: string; nodes: { html: string }[] }[] }>;
}

/** What stands in the way of those who read with their ears or act by keyboard: axe's serious and critical findings. */
export async function barriers(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: Axe }).axe.run());
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}
