import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { table, useScene } from "./scene.ts";

describe("a session", () => {
  const scene = useScene();

  it("that ends with an error does not wait for another node that it is still connecting to", async () => {
    const { open, account, file, start } = scene();
    const asked = Promise.withResolvers<undefined>();
    await using silent = await nodeThat(() => {
      asked.resolve(undefined);
      return undefined;
    });
    await using foreign = await nodeThat(async () => {
      await asked.promise;
      return "0x1";
    });
    const data = ["--data", await file("session.csv", table(20))];
    const witnesses = ["--witness-rpc", silent.url, "--witness-rpc", foreign.url];
    const running = start(["trainer", "run", String(await open()), ...data, ...witnesses], await account());
    const { code, stderr } = await running.ended;
    expect(code).to.equal(1);
    expect(stderr).to.include("is chain 1, not 31337");
  });
});

/** Answers everything with what `answer` gives, or not at all. */
async function nodeThat(answer: () => unknown) {
  const server = createServer((request, response) => {
    void (async () => {
      const { id } = JSON.parse(await text(request)) as { id: number };
      const result = await answer();
      if (result !== undefined) response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
