/** foedus top in a terminal, beside a node that falls silent. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { useScene } from "./scene.ts";

const [ENTER, ESCAPE] = ["\r", "\u001b"];
const hasTerminal = spawnSync("script", ["--version"]).status === 0;

describe(`foedus top in a terminal${hasTerminal ? "" : " (skipped: util-linux's `script` is not here)"}`, function () {
  this.timeout(60_000);
  if (!hasTerminal) return;
  const scene = useScene();

  it("goes where its keys say and leaves at once, also while the node owes it an answer", async () => {
    const task = String(await scene().open());
    const node = await nodeThatMayHang(scene().url);
    const running = scene().startInTerminal(["top", "--rpc", node.url]);
    try {
      await running.says("Enter open");
      await running.says("Entering");
      node.hang();
      running.press(ENTER);
      await running.says(`Reading task ${task}`);
      await node.leavesUnanswered();
      running.press(ESCAPE);
      running.press("q");
      expect((await running.ended).code).to.equal(0);
    } finally {
      running.kill("SIGKILL");
      node.close();
    }
  });
});

/** Passes everything on to a node; after `hang` nothing is answered. */
async function nodeThatMayHang(url: string) {
  let hangs = false;
  const unanswered = Promise.withResolvers<undefined>();
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      if (hangs) {
        unanswered.resolve(undefined);
        return;
      }
      const reply = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
      response.writeHead(reply.status, { "content-type": "application/json" }).end(await reply.text());
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hang: () => void (hangs = true),
    /** Resolves once somebody waits for what will not come. */
    leavesUnanswered: () => unanswered.promise,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
