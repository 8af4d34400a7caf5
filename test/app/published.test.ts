import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { expect } from "chai";
import { pageLink } from "../../scripts/app/pageServer.ts";
import { publishPage } from "../../scripts/app/publishPage.ts";
import { Scene } from "../storage/fixtures.ts";
import { hasKubo, startKubo } from "../storage/realKubo.ts";
import { picture, useBrowser } from "./browser.ts";
import { aMadeUpChain } from "../support/madeUpChain.ts";
import type { MadeUpChain } from "../support/madeUpChain.ts";

const LIMIT_MS = 120_000;
const CID = "bafybeiazofbk7qtwrgvkkftwjy5gz4v54vor5aihxfhmq5tw5cfrbmr5e4";
/** Another page of the gateway, which shows the one at the CID in a frame. */
const FRAMING = "framing";
const SHARED = "shares its origin with all others";

describe("The page on IPFS", function () {
  this.timeout(LIMIT_MS);
  const browser = useBrowser();
  let chain: MadeUpChain;
  let scene: Scene;

  before("make up a chain", async () => {
    chain = await aMadeUpChain({ tasks: 3, trainers: 5 });
  });
  after(() => chain.close());
  beforeEach(() => (scene = new Scene()));
  afterEach(() => scene.end());

  const settings = () => ({ rpc: chain.url, foedus: chain.foedus });

  /** Serves a folder as a gateway does: at a path, and at a host of its own. Returns its port. */
  async function aGateway(folder: string): Promise<number> {
    const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
    const server: Server = createServer((request, response) => {
      if (request.url === `/${FRAMING}`) {
        const own = `http://${request.headers.host!.replace("127.0.0.1", `${CID}.ipfs.localhost`)}/`;
        const frame = `<iframe src="${pageLink(own, settings())}" width="600" height="300"></iframe>`;
        response.writeHead(200, { "content-type": "text/html" }).end(frame);
        return;
      }
      const isOwn = request.headers.host?.startsWith(`${CID}.ipfs.localhost`) === true;
      const path = new URL(`http://gateway${request.url}`).pathname;
      const file = isOwn ? path : path.startsWith(`/ipfs/${CID}/`) ? path.slice(`/ipfs/${CID}`.length) : undefined;
      const name = file?.endsWith("/") === true ? `${file}index.html` : file;
      const bytes = name === undefined ? Promise.reject(new Error("none")) : readFile(join(folder, name));
      bytes.then(
        (found) =>
          response.writeHead(200, { "content-type": types[extname(name!)] ?? "application/octet-stream" }).end(found),
        () => response.writeHead(404).end(),
      );
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    scene.atEnd(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    });
    return (server.address() as AddressInfo).port;
  }

  async function runsAt(shared: string, own: string): Promise<void> {
    const { page, complaints } = await browser().open(settings(), { url: shared });
    await page.getByText("3 tasks, newest first").waitFor();
    await page.getByText("1,000 parameters").first().waitFor();
    await page.getByText(SHARED).waitFor();
    await picture(page, "gateway-path");
    expect(await page.getByRole("link", { name: "Open it at an origin of its own" }).getAttribute("href")).to.equal(
      `${own}#/tasks`,
    );
    const apart = await browser().open(settings(), { url: own });
    await apart.page.getByRole("link", { name: "Trainers", exact: true }).click();
    await apart.page.getByText("5 trainers").waitFor();
    expect(await apart.page.getByText(SHARED).count()).to.equal(0);
    expect([...complaints, ...apart.complaints]).to.deep.equal([]);
  }

  it("runs at a gateway's path, says whom it shares its origin with, and runs at an origin of its own", async () => {
    const port = await aGateway(browser().folder);
    await runsAt(`http://127.0.0.1:${port}/ipfs/${CID}/`, `http://${CID}.ipfs.localhost:${port}/`);
  });

  it("is published to a Kubo node and runs from its gateway", async function () {
    if (!hasKubo()) {
      console.log("      No Kubo is installed (ipfs): the page was published to no real node.");
      this.skip();
    }
    const { rpc, gateway } = await startKubo(scene);
    const { cid, own } = await publishPage(rpc, browser().folder);
    const { port } = new URL(gateway);
    expect(own).to.match(new RegExp(`^http://${cid}\\.ipfs\\.localhost:\\d+/$`));
    await runsAt(`${gateway}/ipfs/${cid}/`, `http://${cid}.ipfs.localhost:${port}/`);
  });

  it("shows nothing but a way out in another page's frame", async () => {
    const port = await aGateway(browser().folder);
    const { page } = await browser().open(settings());
    const asked: string[] = [];
    await page.goto("about:blank");
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`http://127.0.0.1:${port}/${FRAMING}`);
    const inside = page.frameLocator("iframe");
    await inside.getByText("Another page shows this one in a frame").waitFor();
    expect(await inside.locator("button, input, nav").count()).to.equal(0);
    expect(await inside.getByRole("link").getAttribute("href")).to.include(pageLink("", settings()));
    expect(asked.filter((url) => url.startsWith(chain.url))).to.deep.equal([]);
  });
});
