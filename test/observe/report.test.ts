import { expect } from "chai";
import { budgetRemainder, MalformedReport, parseReport } from "../../trainer/observe/report.ts";
import { aDispute, aPrivacy, aReport, aScenario } from "./aReport.ts";

describe("report", () => {
  it("accepts a sound report, through JSON and back", () => {
    const report = aReport();
    expect(parseReport(JSON.parse(JSON.stringify(report)))).to.deep.equal(report);
  });

  it("accepts what differential privacy cost, with and without a ceiling", () => {
    for (const ceiling of [{}, { maxEpsilon: 8, maxRounds: 11 }]) {
      const report = aReport((changed) => (changed.differentialPrivacy = aPrivacy(ceiling)));
      expect(parseReport(JSON.parse(JSON.stringify(report)))).to.deep.equal(report);
    }
  });

  it("accepts a report without a story", () => {
    const report = aReport((draft) => delete draft.story);
    expect(parseReport(report)).to.deep.equal(report);
  });

  it("accepts a scenario of numbers: no classes, no Dirichlet split, scores that cannot be said", () => {
    const report = aReport((changed) => {
      changed.scenario = aScenario();
      changed.config.measure = { name: "MAE", better: "lower", unit: "days" };
      changed.rounds[0]!.score = null;
      delete changed.config.alpha;
      for (const shard of changed.config.shards) delete shard.perClass;
    });
    expect(parseReport(JSON.parse(JSON.stringify(report)))).to.deep.equal(report);
  });

  const spoilt: [string, (report: ReturnType<typeof aReport>) => void, RegExp][] = [
    ["an amount with a point", (report) => (report.claims[0]!.amount = "1.5"), /claims\[0\]\.amount/],
    ["a negative amount", (report) => (report.budget.paid = "-1"), /budget\.paid/],
    ["an amount as a number", (report) => Object.assign(report.budget, { escrowed: 5 }), /budget\.escrowed/],
    ["more paid than escrowed", (report) => (report.budget.escrowed = "1"), /more than was escrowed/],
    ["a score that is no number", (report) => (report.rounds[0]!.score = NaN), /rounds\[0\]\.score/],
    ["a loss that is no number", (report) => (report.rounds[1]!.loss = NaN), /rounds\[1\]\.loss/],
    ["a scenario that compares nothing", (report) => (report.scenario = aScenario({ lines: [] })), /scenario\.lines/],
    ["half a gas", (report) => (report.rounds[0]!.gas.commit = 0.5), /gas\.commit/],
    ["negative seconds", (report) => (report.rounds[0]!.seconds.chain = -1), /seconds\.chain/],
    ["a missing field", (report) => Reflect.deleteProperty(report.final, "seconds"), /final\.seconds/],
    ["a field nobody knows", (report) => Object.assign(report.rounds[0]!, { acuracy: 1 }), /acuracy/],
    [
      "a dispute in which a token vanishes",
      (report) => (report.disputes = [aDispute({ burnt: "1" })]),
      /another amount than it rewards and burns/,
    ],
    ["a task that is no address", (report) => (report.config.task = "0x123"), /config\.task/],
    ["an unknown privacy mode", (report) => Object.assign(report.config, { privacy: "secret" }), /config\.privacy/],
  ];
  for (const [what, spoil, where] of spoilt) {
    it(`refuses ${what} and says where`, () => {
      expect(() => parseReport(aReport(spoil))).to.throw(MalformedReport, where);
    });
  }

  it("counts what is left in the escrow beyond 2^53", () => {
    const { budget } = aReport((report) => (report.budget.returned = "999999999999999999998"));
    expect(budgetRemainder(budget)).to.equal(1n);
  });
});
