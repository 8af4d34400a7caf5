import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { useBrowser } from "./browser.ts";
import { aMadeUpChain } from "../support/madeUpChain.ts";

/** What a first visit may load, compressed. */
const MOST_BYTES = 200_000;
/** From asking for the page to its first tasks. */
const MOST_ROUND_TRIPS = 9;

describe("The page's first view", function () {
  this.timeout(120_000);
  const browser = useBrowser();

  it("is at most 200 kB compressed, and no other view's code is loaded for it", async () => {
    const chain = await aMadeUpChain({ tasks: 30, trainers: 1 });
    const files = new Set<string>();
    const prepare = async (page: { on(event: "request", listener: (asked: { url(): string }) => void): unknown }) =>
      void page.on("request", (asked) => files.add(asked.url()));
    const { page } = await browser().open({ rpc: chain.url, foedus: chain.foedus }, { prepare });
    await page.getByText("1,000 parameters").first().waitFor();
    const posts = chain.posts();
    await chain.close();
    const own = [...files].map((url) => new URL(url).pathname).filter((path) => /\.(js|css|svg)$/.test(path));
    const bytes = await Promise.all(
      ["/index.html", ...own].map(async (path) => gzipSync(await readFile(join(browser().folder, path))).length),
    );
    const total = bytes.reduce((sum, each) => sum + each, 0);
    console.log(`      ${(total / 1_000).toFixed(1)} kB in ${bytes.length} files, ${posts} requests of the node`);
    expect(total).to.be.within(50_000, MOST_BYTES);
    expect(own.filter((path) => /trainers|stake|rewards|open|model|tryModel|schemas/i.test(path))).to.deep.equal([]);
    expect(posts).to.be.at.most(MOST_ROUND_TRIPS * 2);
  });
});
