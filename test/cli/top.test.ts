/** foedus top, metrics and the log for machines, as processes on a real chain. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { json, useScene } from "./scene.ts";
import type { Account } from "./scene.ts";

/** A port that nobody listens at. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function scraped(url: string, wanted: RegExp, signal: AbortSignal): Promise<string> {
  for (;;) {
    signal.throwIfAborted();
    const text = await (await fetch(url, { signal })).text();
    if (wanted.test(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("foedus top", function () {
  this.timeout(60_000);
  const scene = useScene();
  let task: string;
  before(async () => {
    task = String(await scene().open());
  });

  it("is one snapshot where there is no terminal: of all tasks, of one, and for machines", async () => {
    const [list, one, machines, listed] = await Promise.all([
      scene().foedus(["top"]),
      scene().foedus(["top", "--task", task]),
      scene().foedus(["top", "--task", task, "--json"]),
      scene().foedus(["top", "--json", "--limit", "1"]),
    ]);
    for (const { code, stdout } of [list, one, machines, listed]) {
      expect(code).to.equal(0);

      expect(stdout, "nothing that a terminal obeys").not.to.match(/[\u0000-\u0009\u000b-\u001f]/);
    }
    expect(list.stdout).to.match(new RegExp(`^${task} +Entering +\\S`, "m"));
    expect(one.stdout)
      .to.match(/round 1: Entering, \d+ s left/)
      .and.include("0 seats taken");
    const { round, budget, ...told } = json<{ round: object; budget: object }>(machines);
    expect(told).to.deep.include({ task: Number(task), stage: "running", stakes: {}, disputes: [], history: [] });
    expect(round).to.include({ number: 1, phase: "Entering", acted: 0 });
    expect(budget).to.include({ earned: "0", refunded: "0" });
    expect(json<{ tasks: unknown[] }>(listed).tasks).to.have.length(1);
  });

  it("says which task there is not, and does not wait for a node that is not there", async () => {
    const [unknown, nowhere] = await Promise.all([
      scene().foedus(["top", "--task", "9999"]),
      freePort().then((port) => scene().foedus(["top", "--rpc", `http://127.0.0.1:${port}`])),
    ]);
    expect(unknown).to.deep.include({ code: 1, stdout: "" });
    expect(unknown.stderr).to.include("Task 9999 does not exist");
    expect(nowhere.code).to.equal(1);
    expect(nowhere.stderr).to.include("give another one with --rpc");
  });
});

describe("--metrics and --log json", function () {
  this.timeout(60_000);
  const scene = useScene();
  let account: Account;
  before(async () => {
    account = await scene().account();
  });
  const urlIn = (line: string) => (JSON.parse(line) as { url: string }).url;

  it("watch: serves the task it follows, and logs events as JSON lines only", async () => {
    const task = String(await scene().open());
    const running = scene().start(["watch", task, "--metrics", "0", "--log", "json"], account);
    const url = urlIn(await running.says("serving metrics"));
    const text = await scraped(url, /foedus_round_phase\{.*entering"\} 1\n/, AbortSignal.timeout(30_000));
    expect(text).to.include(`foedus_task_open{task="${task}"} 1\n`);
    expect(text).to.match(/foedus_own_stake_needed_tokens\{task="\d+"\} 100\n/);
    expect(text)
      .to.include(`account="${account.address}"`)
      .and.match(/foedus_content_store_bytes \d+\n/);
    await running.says('"msg":"entering"');
    running.kill("SIGINT");
    const { code, stdout, stderr } = await running.ended;
    expect(code).to.equal(130);
    expect(stdout).to.equal("");
    for (const line of stderr.trim().split("\n")) {
      expect(JSON.parse(line)).to.include.keys("level", "time", "name", "msg");
    }
  });

  it("serve: counts the trouble with a node that does not answer", async () => {
    const rpc = `http://user:s3cret@127.0.0.1:${await freePort()}`;
    const args = ["serve", "--rpc", rpc, "--metrics", "127.0.0.1:0", "--log", "json"];
    const running = scene().start(args, account);
    const url = urlIn(await running.says("serving metrics"));
    await running.says("Trying again");
    const text = await scraped(url, /foedus_rpc_errors_total [1-9]/, AbortSignal.timeout(30_000));
    expect(text).not.to.include("s3cret");
    running.kill("SIGINT");
    const { stdout, stderr } = await running.ended;
    expect(`${stdout}${stderr}`).not.to.include("s3cret");
  });

  it("ends with one line of level fatal", async () => {
    const { code, stdout, stderr } = await scene().foedus(["status", "9999", "--log", "json"], account);
    expect([code, stdout]).to.deep.equal([1, ""]);
    expect(JSON.parse(stderr)).to.deep.include({ level: "fatal", name: "default" });
    expect((JSON.parse(stderr) as { msg: string }).msg).to.include("Task 9999 does not exist");
  });
});
