// The page in a browser, on a node that makes up 1,000 tasks and 10,000 trainers: how soon it shows something, what it asks,
// and whether it scrolls. Give another build to compare with, by turns: FOEDUS_OTHER_PAGE=FOLDER.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";
import { buildPage } from "../scripts/app/pageBuild.ts";
import { pageLink, servePage } from "../scripts/app/pageServer.ts";
import { BROWSER } from "../test/app/browserPath.ts";
import { aMadeUpChain } from "../test/support/madeUpChain.ts";
import { median } from "./median.ts";
import type { Row } from "./row.ts";

const RUNS = 5;
const SIZE = { tasks: 1_000, trainers: 10_000 };
/** A hard throw of the wheel: 7,200 pixels a second. */
const SCROLL = { step: 120, frames: 400 };
const LONG_FRAME_MS = 50;

const VIEWS = { tasks: /^1,000 tasks/, trainers: /^10,000 trainers$/ } as const;

interface Visit {
  readonly navigation: number;
  readonly firstRow: number;
  readonly read: number;
  readonly posts: number;
  readonly longFrames: number;
}

export default async function measurePage(): Promise<Row[]> {
  if (BROWSER === undefined) throw new Error("No browser is installed. Install Chromium, or set FOEDUS_CHROMIUM.");
  const folder = await mkdtemp(join(tmpdir(), "foedus-bench-page-"));
  await buildPage(folder);
  const other = process.env["FOEDUS_OTHER_PAGE"];
  if (other !== undefined && !existsSync(join(other, "index.html"))) throw new Error(`${other} holds no built page.`);
  const builds = { "this page": folder, ...(other === undefined ? {} : { "other page": other }) };
  const browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  const visits = new Map<string, Visit[]>();
  for (let run = 0; run < RUNS; run++) {
    for (const [name, build] of Object.entries(builds)) {
      for (const view of name === "this page" ? (["tasks", "trainers"] as const) : (["tasks"] as const)) {
        const key = `${name}, ${view}`;
        visits.set(key, [...(visits.get(key) ?? []), await visit(browser, build, view)]);
        console.log(`${key}: ${JSON.stringify(visits.get(key)?.at(-1))}`);
      }
    }
  }
  await browser.close();
  await rm(folder, { recursive: true });
  return [...visits].flatMap(([name, all]) => rowsOf(name, all));
}

function rowsOf(name: string, all: readonly Visit[]): Row[] {
  const usual = (of: (visit: Visit) => number) => median(all.map(of));
  const figures = [
    ["navigation is there", usual(({ navigation }) => navigation), "ms"],
    ["first row is read", usual(({ firstRow }) => firstRow), "ms"],
    ["all is counted", usual(({ read }) => read), "ms"],
    ["HTTP requests of the node until then", usual(({ posts }) => posts), ""],
    [`frames over ${LONG_FRAME_MS} ms of ${SCROLL.frames}`, usual(({ longFrames }) => longFrames), ""],
  ] as const;
  return figures.map(([metric, value, unit]) => ({ bench: "page", case: name, metric, value, unit }));
}

async function visit(browser: Browser, build: string, view: keyof typeof VIEWS): Promise<Visit> {
  const [chain, server] = await Promise.all([aMadeUpChain(SIZE), servePage(0, build)]);
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1_280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(watchFirstSights);
  await page.goto(pageLink(server.url, { rpc: chain.url, foedus: chain.foedus }).replace("#/tasks", `#/${view}`));
  await page.getByText(VIEWS[view]).waitFor();
  await page.locator(".body .row .amount").first().waitFor();
  const sights = await page.evaluate(() => (globalThis as unknown as Watched).sights);
  const [read, posts] = [await page.evaluate(() => performance.now()), chain.posts()];
  // What the last page of events has set going ends first.
  await page.waitForTimeout(500);
  const gaps = await page.evaluate(scroll, SCROLL);
  await context.close();
  await server.close();
  await chain.close();
  return {
    navigation: Math.round(sights["nav a"] ?? NaN),
    firstRow: Math.round(sights[".body .row .amount"] ?? NaN),
    read: Math.round(read),
    posts,
    longFrames: gaps.filter((gap) => gap > LONG_FRAME_MS).length,
  };
}

interface Watched {
  sights: Record<string, number>;
}

/** Runs in the page: notes when what is looked for is there for the first time. */
function watchFirstSights(): void {
  const sights: Record<string, number> = {};
  (globalThis as unknown as Watched).sights = sights;
  const frames = globalThis as unknown as { requestAnimationFrame(act: () => void): void };
  const { document } = globalThis as unknown as { document: { querySelector(selector: string): unknown } };
  const look = () => {
    for (const selector of ["nav a", ".body .row .amount"]) {
      if (sights[selector] === undefined && document.querySelector(selector) !== null) {
        sights[selector] = performance.now();
      }
    }
    frames.requestAnimationFrame(look);
  };
  frames.requestAnimationFrame(look);
}

/** Runs in the page: milliseconds between frames while it scrolls. */
async function scroll({ step, frames }: typeof SCROLL): Promise<number[]> {
  const view = globalThis as unknown as {
    scrollTo(x: number, y: number): void;
    requestAnimationFrame(act: () => void): void;
  };
  const gaps: number[] = [];
  for (let frame = 1, last = performance.now(); frame <= frames; frame++) {
    view.scrollTo(0, frame * step);
    await new Promise<void>((resolve) => view.requestAnimationFrame(resolve));
    gaps.push(performance.now() - last);
    last = performance.now();
  }
  return gaps;
}
