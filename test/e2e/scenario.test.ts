/** The demonstration of a scenario, whole: a chain, five hospitals in processes of their own, and what it says in the end. */
import { expect } from "chai";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseReport } from "../../trainer/observe/report.ts";
import type { Report } from "../../trainer/observe/report.ts";

const DEMO = fileURLToPath(new URL("../../scripts/demo.ts", import.meta.url));

describe("a demonstration of hospitals", function () {
  this.timeout(120_000);
  let folder: string;
  let report: Report;

  before("it runs two rounds to their end", async () => {
    folder = await mkdtemp(join(tmpdir(), "foedus-scenario-"));
    const args = [DEMO, "--scenario", "medical", "--rounds", "2", "--json", "--out", folder];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    const late = setTimeout(() => child.kill("SIGTERM"), 110_000);
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    clearTimeout(late);
    if (stdout === "") throw new Error(`The demonstration has told nothing:\n${stderr}`);
    report = parseReport(JSON.parse(stdout));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it("trains on every row that is not tested on, each at one hospital", () => {
    const { shards, classes } = report.config;
    expect(shards.map(({ trainer }) => trainer)).to.deep.equal([1, 2, 3, 4, 5].map((i) => `hospital ${i}`));
    expect(classes).to.deep.equal(["benign", "malignant"]);
    const perClass = [0, 1].map((each) => shards.reduce((sum, shard) => sum + (shard.perClass?.[each] ?? 0), 0));
    expect(perClass).to.deep.equal([286, 170]);
    expect(shards.reduce((sum, { samples }) => sum + samples, 0)).to.equal(456);
  });

  it("says what each is worth alone, what the last model on chain is, and all rows together", () => {
    const [area, ...others] = report.scenario?.lines ?? [];
    expect([area, ...others].map((line) => line?.measure.name)).to.deep.equal([
      ...["AUC", "accuracy", "F1", "calibration error"],
    ]);
    expect(report.rounds.map(({ round, trainers }) => [round, trainers])).to.deep.equal([
      [1, 5],
      [2, 5],
    ]);
    expect(area?.federated).to.equal(report.final.score).and.equal(report.rounds.at(-1)?.score);
    expect(area?.federated).to.be.above(0.9);
    expect(area?.pooled).to.be.above(0.9);
    expect(area?.baseline).to.equal(0.5);
    expect(area?.alone.each).to.have.length(5);
  });

  it("leaves a page that shows it", async () => {
    const page = await readFile(join(folder, "report.html"), "utf8");
    expect(page).to.include("Breast tumours").and.include("All data pooled").and.include("The table is real");
    expect(page).to.not.match(/[Ss]imulated|NaN|undefined/);
    expect(JSON.parse(await readFile(join(folder, "report.json"), "utf8"))).to.deep.equal(report);
  });
});
