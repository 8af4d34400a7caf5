import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { effect } from "@preact/signals";
import { expect } from "chai";
import { manifestOf } from "../../app/chain/manifests.ts";
import type { KnownManifest } from "../../app/chain/manifests.ts";

const opened = { genesis: { manifestId: `0x${"12".repeat(32)}` }, rules: { parameters: 10 } } as unknown as Parameters<
  typeof manifestOf
>[1];

describe("A manifest that the gateway does not have", () => {
  const { now } = Date;
  let asked = 0;
  const gateway = createServer((_request, response) => {
    asked++;
    response.writeHead(404).end();
  });
  before((done) => void gateway.listen(0, "127.0.0.1", done));
  after((done) => {
    Date.now = now;
    gateway.close(done);
  });

  it("is asked for once however often it is shown, and again after a minute", async () => {
    const { port } = gateway.address() as AddressInfo;
    const chain = {
      settings: { gateway: `http://127.0.0.1:${port}` },
      signal: new AbortController().signal,
    } as unknown as Parameters<typeof manifestOf>[0];
    const shown: (KnownManifest | undefined)[] = [];
    const stop = effect(() => void shown.push(manifestOf(chain, opened)));
    // A view that is drawn asks again; the first answer wakes it.
    const drawnUntil = (isSo: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => (isSo() ? resolve() : void setTimeout(look, 10));
        look();
      });
    await drawnUntil(() => shown.at(-1) === "unavailable");
    const first = asked;
    expect(first).to.be.above(0);
    for (let drawn = 0; drawn < 20; drawn++) {
      expect(manifestOf(chain, opened)).to.equal("unavailable");
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(asked).to.equal(first);
    Date.now = () => now() + 61_000;
    expect(manifestOf(chain, opened)).to.equal("unavailable");
    await drawnUntil(() => asked > first);
    stop();
  });
});
