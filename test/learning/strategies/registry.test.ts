import { expect } from "chai";
import { STRATEGIES, planOf, strategySchema } from "../../../trainer/learning/strategies/registry.ts";
import { UnsuitableStrategy } from "../../../trainer/learning/strategies/strategy.ts";
import { aTaskWith } from "./aTask.ts";

describe("STRATEGIES", () => {
  it("have the rule and the numbers of their papers, unless a task says otherwise", () => {
    for (const [name, server] of [
      ["FedAvg", { rule: "FedAvg" }],
      ["FedAvgM", { rule: "FedAvgM", rate: 1, momentum: 0.9 }],
      ["FedAdam", { rule: "FedAdam", rate: 0.01, momentum: 0.9, secondMomentum: 0.99, adaptivity: 0.001 }],
      ["FedYogi", { rule: "FedYogi", rate: 0.01, momentum: 0.9, secondMomentum: 0.99, adaptivity: 0.001 }],
      ["FedAdagrad", { rule: "FedAdagrad", rate: 0.1, momentum: 0, adaptivity: 0.001 }],
    ] as const) {
      expect(planOf({ name }, aTaskWith())).to.deep.equal({ server });
    }
    expect(planOf({ name: "FedAvg", weighted: false }, aTaskWith()).server).to.deep.equal({ rule: "Uniform" });
    expect(planOf({ name: "FedAdam", rate: 0.1 }, aTaskWith()).server).to.include({ rate: 0.1, momentum: 0.9 });
  });

  it("say what is wrong with a strategy in a task file, and where", () => {
    const complaint = (value: unknown) =>
      strategySchema.safeParse(value).error?.issues.map((issue) => [issue.path, issue.message]);
    expect(complaint({ name: "FedProx", mu: 0.1 })).to.equal(undefined);
    expect(complaint({ name: "FedPrx" })?.flat(2).join(" ")).to.match(/name must be one of FedAvg, .*FedProx/);
    expect(complaint({ name: "FedProx", mu: -1 })?.[0]?.[0]).to.deep.equal(["mu"]);
    expect(complaint({ name: "FedProx", nu: 1 })?.flat(2).join(" ")).to.contain('"nu"');
    expect(complaint({ name: "Krum" })?.[0]?.[0]).to.deep.equal(["liars"]);
    expect(complaint({ mu: 1 })?.[0]?.[0]).to.deep.equal(["name"]);
  });

  it("refuse settings out of bounds, whoever asks", () => {
    for (const wrong of [
      { name: "FedAvgM", momentum: 1 },
      { name: "FedAdam", adaptivity: 0 },
      { name: "FedYogi", rate: 17 },
      { name: "FedAdagrad", secondMomentum: 0.9 },
      { name: "constructor" },
    ]) {
      expect(() => planOf(wrong, aTaskWith()), JSON.stringify(wrong)).to.throw(UnsuitableStrategy);
    }
  });

  it("only select where they need every single update, and only trim where they can compare", () => {
    const settings: Record<string, object> = {
      SCAFFOLD: { steps: 5, trainers: 10 },
      TrimmedMean: { trim: 1 },
      Krum: { liars: 1 },
      MultiKrum: { liars: 1 },
      Bulyan: { liars: 0 },
      NormClipping: { norm: 1 },
      FLTrust: { root: "0" },
    };
    for (const [name, { needs }] of STRATEGIES) {
      const { select, server } = planOf({ name, ...settings[name] }, aTaskWith());
      expect(select !== undefined, name).to.equal(needs === "updates");
      if (needs === "sum") expect(server.trim, name).to.equal(undefined);
      if (needs === "means") expect(server.trim, name).to.be.greaterThan(0);
    }
  });
});
