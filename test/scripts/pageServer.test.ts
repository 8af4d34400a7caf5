import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { servePage } from "../../scripts/app/pageServer.ts";
import type { PageServer } from "../../scripts/app/pageServer.ts";

describe("The server of the page", () => {
  let folder: string;
  let server: PageServer;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "foedus-page-"));
    await mkdir(join(folder, "page"));
    await writeFile(join(folder, "secret"), "secret");
    await writeFile(join(folder, "page", "index.html"), "the page");
    server = await servePage(0, join(folder, "page"));
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  /** As it is written, which fetch would tidy. */
  async function statusOf(path: string): Promise<number | undefined> {
    const [answer] = (await once(get({ port: Number(new URL(server.url).port), path }), "response")) as [
      IncomingMessage,
    ];
    answer.resume();
    return answer.statusCode;
  }

  it("gives the files of its folder and no others", async () => {
    expect(await (await fetch(server.url)).text()).to.equal("the page");
    for (const path of ["/nothing", "/../secret", "/%2e%2e/secret", "/..%2fsecret"]) {
      expect(await statusOf(path), path).to.equal(404);
    }
  });

  it("refuses what is no address, and goes on", async () => {
    expect(await statusOf("/%ff")).to.equal(400);
    expect(await statusOf("/%00")).to.equal(404);
    expect(await statusOf("//")).to.be.oneOf([200, 400, 404]);
    expect(await statusOf("/")).to.equal(200);
  });
});
