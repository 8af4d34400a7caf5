import { expect } from "chai";
import { contentIdToString } from "../../trainer/storage/contentId.ts";
import { storeGenesis } from "../../trainer/roles/sponsor.ts";
import { rulesHere } from "../../trainer/roles/escrow.ts";
import { TABLE_TASK, useScene } from "./scene.ts";
import type { Account } from "./scene.ts";

const LIMIT_MS = 60_000;

describe("foedus serve", function () {
  this.timeout(LIMIT_MS);
  const scene = useScene();
  let sponsor: Account;
  before(async () => {
    sponsor = await scene().account();
  });

  it("holds what a task begins with that is opened elsewhere, and lets browsers read it", async () => {
    const { deployment, sponsor: other } = scene();
    const file = { ...TABLE_TASK, title: "Opened\u001b[31m elsewhere", seed: "serve" };
    const path = await scene().file("elsewhere.json", JSON.stringify(file));
    const serving = scene().start(["serve", path, "--gateway", "0"], sponsor);
    const said = await serving.says("Browsers read it at");
    const gateway = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? "";
    const { modelId, manifestId } = await storeGenesis(
      other.store,
      file,
      await rulesHere(deployment, sponsor.address, file),
    );
    const [model, manifest] = [contentIdToString(modelId), contentIdToString(manifestId)];
    const reply = await fetch(`${gateway}/ipfs/${manifest}`);
    expect(reply.status).to.equal(200);
    expect(await reply.json()).to.include({ version: 1, title: file.title });
    expect((await fetch(`${gateway}/ipfs/${model}`)).status).to.equal(200);
    expect((await deployment.registry.entryOf(sponsor.address)).peers).to.match(/^\/ip4\/127\.0\.0\.1\/tcp\//);
    serving.kill("SIGINT");
    const { stdout } = await serving.ended;
    expect(stdout).to.include(`Holds Opened [31m elsewhere: model ${model}, manifest ${manifest}.`);
  });

  it("refuses a task file that could not open, before it serves anything", async () => {
    const path = await scene().file("wrong.json", JSON.stringify({ ...TABLE_TASK, rounds: 0 }));
    const { code, stderr } = await scene().foedus(["serve", path], sponsor);
    expect(code).not.to.equal(0);
    expect(stderr).to.include("rounds");
  });
});
