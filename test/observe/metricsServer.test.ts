import { once } from "node:events";
import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { expect } from "chai";
import { MetricsUnavailable, serveMetrics } from "../../trainer/observe/metricsServer.ts";
import type { MetricsServer } from "../../trainer/observe/metricsServer.ts";
import { rejection } from "../support/rejection.ts";

describe("The metrics server", () => {
  const metrics = { text: async () => "foedus_round_number 1\n", contentType: "text/plain; version=0.0.4" };
  const servers: MetricsServer[] = [];
  const serve = async (host = "127.0.0.1", port = 0, what = metrics) => {
    const server = await serveMetrics(what, { host, port });
    servers.push(server);
    return server.url;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  it("answers a scrape, and nothing else", async () => {
    const url = await serve();
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const scraped = await fetch(url);
    expect([scraped.status, await scraped.text()]).to.deep.equal([200, "foedus_round_number 1\n"]);
    expect(scraped.headers.get("content-type")).to.equal(metrics.contentType);
    expect((await fetch(`${url}?name[]=x`)).status).to.equal(200);
    expect((await fetch(new URL("/", url))).status).to.equal(404);
    expect((await fetch(new URL("/metrics/../etc", url))).status).to.equal(404);
    expect((await fetch(url, { method: "POST", body: "x".repeat(100_000) })).status).to.equal(405);
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, await head.text()]).to.deep.equal([200, ""]);
  });

  it("is not read under a name that somebody else has given this machine", async () => {
    const url = await serve();
    const asked = async (host: string) => {
      const [answer] = (await once(get(url, { headers: { host } }), "response")) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    };
    expect(await asked("rebound.example:9464")).to.equal(403);
    expect(await asked("localhost:9464")).to.equal(200);
    expect(await asked("[::1]")).to.equal(200);
  });

  it("says no more than that it failed where the metrics cannot be read", async () => {
    const url = await serve("127.0.0.1", 0, { ...metrics, text: () => Promise.reject(new Error("a secret path")) });
    const answer = await fetch(url);
    expect(answer.status).to.equal(500);
    expect(await answer.text()).not.to.include("secret");
  });

  it("says what to do when the port is taken or the host is not here", async () => {
    const { port } = new URL(await serve());
    const taken = await rejection(serve("127.0.0.1", Number(port)), MetricsUnavailable);
    expect(taken.message).to.equal(`Port ${port} is taken at 127.0.0.1. Give another one with --metrics.`);
    const elsewhere = await rejection(serve("192.0.2.1", 9_464), MetricsUnavailable);
    expect(elsewhere.message).to.include("192.0.2.1 is no address of this machine").and.include("0.0.0.0:9464");
  });

  it("is gone when it is closed", async () => {
    const url = await serve();
    await fetch(url);
    await servers.splice(0)[0]?.close();
    expect(await fetch(url).catch(() => "gone")).to.equal("gone");
  });
});
