import { expect } from "chai";
import { architectureSchema, featureCount } from "../../../trainer/learning/architecture.ts";
import { readCsvColumn } from "../../../trainer/learning/datasets/csvColumn.ts";
import { dataSchema, dataShape } from "../../../trainer/learning/datasets/dataSchema.ts";
import { loadScenario } from "../../../trainer/learning/scenarios/scenario.ts";
import type { Scenario } from "../../../trainer/learning/scenarios/scenario.ts";
import { SCENARIOS } from "../../../trainer/learning/scenarios/scenarios.ts";
import { trainingSchema } from "../../../trainer/learning/trainingSettings.ts";

const tables: readonly Scenario[] = [SCENARIOS.medical, SCENARIOS.credit, SCENARIOS.traffic, SCENARIOS.equipment];

describe("scenarios", () => {
  for (const [name, scenario] of Object.entries<Scenario>(SCENARIOS)) {
    it(`${name} is what a task can say: network, data and training, which fit`, () => {
      const { architecture, data, training } = scenario;
      expect(scenario.name).to.equal(name);
      expect(dataSchema.parse(data)).to.deep.equal(data);
      expect(architectureSchema.parse(architecture)).to.deep.equal(architecture);
      expect(trainingSchema.parse(training)).to.deep.equal(training);
      const { shape, classes } = dataShape(data);
      expect(featureCount(architecture)).to.equal(shape.reduce((product, size) => product * size, 1));
      expect(architecture.classes).to.equal(classes?.length);
    });

    it(`${name} says so if its data are simulated`, () => {
      expect(/simulated/i.test(scenario.title)).to.equal(scenario.isSimulated);
      expect(/simulated/i.test(scenario.story)).to.equal(scenario.isSimulated);
    });

    it(`${name} gives every row to one trainer, or to the test that no trainer has, the same from the same seed`, async () => {
      const [deal, again, other] = await Promise.all([scenario.deal(1), scenario.deal(1), scenario.deal(2)]);
      expect(again).to.deep.equal(deal);
      expect(other.test).to.deep.equal(deal.test);
      const isSplit = deal.source.split !== undefined; // MNIST's own test images
      const rows = [
        ...deal.shards.map((shard) => shard.rows),
        ...(isSplit ? [] : [deal.test.rows ?? new Uint32Array(0)]),
      ];
      const total = rows.reduce((sum, { length }) => sum + length, 0);
      expect(new Set(rows.flatMap((own) => [...own])).size).to.equal(total);
      expect(total).to.equal({ medical: 569, credit: 4_454, traffic: 5_698, equipment: 3_120, digits: 60_000 }[name]);
      expect(new Set(deal.shards.map(({ trainer }) => trainer)).size).to.equal(deal.shards.length);
      expect(deal.shards.length).to.equal(scenario.trainers).and.be.within(4, 5);
      for (const shard of deal.shards) expect(shard.rows.length, shard.trainer).to.be.greaterThan(19);
    });
  }

  for (const scenario of tables) {
    it(`${scenario.name} loads what it deals`, async () => {
      const { shards, pooled, test } = await loadScenario(scenario, 1);
      const { shards: dealt, test: held } = await scenario.deal(1);
      expect(shards.map(({ trainer, dataset }) => [trainer, dataset.rows])).to.deep.equal(
        dealt.map(({ trainer, rows }) => [trainer, rows.length]),
      );
      expect(pooled.rows).to.equal(shards.reduce((sum, { dataset }) => sum + dataset.rows, 0));
      expect(test.rows).to.equal(held.rows?.length);
      // The schema's numbers are about those of the rows: standardised features are small.
      const mean = pooled.features.reduce((sum, value) => sum + value, 0) / pooled.features.length;
      expect(Math.abs(mean)).to.be.lessThan(0.3);
    });
  }

  it("traffic is tested on days later than any it is learnt from", async () => {
    const { shards, test } = await SCENARIOS.traffic.deal(1);
    const dates = await readCsvColumn(test.path ?? "", "date");
    const learnt = shards.flatMap(({ rows }) => [...rows].map((row) => dates[row] ?? ""));
    const first = [...(test.rows ?? [])].map((row) => dates[row] ?? "").sort()[0];
    expect(learnt.every((date) => date < (first ?? ""))).to.equal(true);
  });

  it("traffic's baseline is what the table says of the station two weeks before", async () => {
    const { test } = await SCENARIOS.traffic.deal(1);
    const [before, then] = await Promise.all([
      readCsvColumn(test.path ?? "", "Clark_Lake"),
      readCsvColumn(test.path ?? "", "ridership"),
    ]);
    const errors = [...(test.rows ?? [])].map((row) => Math.abs(Number(before[row]) - Number(then[row])));
    const scores = SCENARIOS.traffic.baseline.scores(await loadScenario(SCENARIOS.traffic, 1));
    const [meanAbsoluteError] = SCENARIOS.traffic.measures;
    expect(meanAbsoluteError.of(scores)).to.be.closeTo(
      errors.reduce((sum, error) => sum + error, 0) / errors.length,
      1e-5,
    );
  });

  it("credit's banks each have one kind of customer", async () => {
    const { shards, source } = await SCENARIOS.credit.deal(1);
    const jobs = await readCsvColumn(source.path ?? "", "Job");
    const kinds = shards.map(({ rows }) => [...new Set([...rows].map((row) => jobs[row]))].sort());
    expect(kinds).to.deep.equal([["fixed"], ["freelance"], ["partime"], ["", "others"]]);
  });
});
