import { expect } from "chai";
import type { ServerPlan } from "../../trainer/learning/strategies/strategy.ts";
import { serverNumbers, serverRuleText, unfitNumber } from "../../trainer/roles/serverRule.ts";
import { RULES } from "./aTask.ts";

function numbersOf(server: ServerPlan, fractionBits = 20) {
  const { serverRule, serverRate, momentum, secondMomentum, adaptivity } = serverNumbers(server, fractionBits);
  return [serverRule, serverRate, momentum, secondMomentum, adaptivity];
}

const ADAM: ServerPlan = { rule: "FedAdam", rate: 0.01, momentum: 0.9, secondMomentum: 0.99, adaptivity: 0.001 };

describe("server rule on chain", () => {
  it("has 0 for what it does not use", () => {
    expect(numbersOf({ rule: "FedAvg" })).to.deep.equal(["FedAvg", 0, 0, 0, 0]);
    expect(numbersOf({ rule: "Uniform" })).to.deep.equal(["Uniform", 0, 0, 0, 0]);
    expect(numbersOf({ rule: "FedAvgM", rate: 1, momentum: 0.9 })).to.deep.equal(["FedAvgM", 65_536, 58_982, 0, 0]);
    expect(numbersOf(ADAM)).to.deep.equal(["FedAdam", 655, 58_982, 64_881, 1_049]);
  });

  it("takes its numbers in the units of the chain, momenta below one", () => {
    const numbers = { rate: 16, momentum: 0, secondMomentum: 0.999999999, adaptivity: 2 ** -10 };
    expect(numbersOf({ rule: "FedYogi", ...numbers }, 10)).to.deep.equal(["FedYogi", 2 ** 20, 0, 65_535, 1]);
    expect(numbersOf({ rule: "FedAvgM", rate: 2 ** -16, momentum: 0.5 })).to.deep.equal(["FedAvgM", 1, 2 ** 15, 0, 0]);
  });

  it("says which number the contract would not take", () => {
    expect(unfitNumber(ADAM, 20)).to.equal(undefined);
    expect(unfitNumber({ rule: "FedAvg" }, 20)).to.equal(undefined);
    expect(unfitNumber({ ...ADAM, adaptivity: 2 ** -22 }, 20)).to.include({ name: "adaptivity" });
    expect(unfitNumber({ ...ADAM, adaptivity: 2 ** 11 }, 20)).to.include({ name: "adaptivity" });
    expect(unfitNumber({ rule: "FedAvgM", rate: 17, momentum: 0 }, 20)?.message).to.contain("to 16");
    expect(unfitNumber({ rule: "FedAvgM", rate: 2 ** -18, momentum: 0 }, 20)).to.include({ name: "rate" });
  });

  it("is said with its numbers, and with no others", () => {
    const text = (server: ServerPlan, trim = 0) => serverRuleText({ ...RULES, ...serverNumbers(server, 20), trim });
    expect(text({ rule: "Uniform" })).to.equal("Uniform");
    expect(text({ rule: "FedAvgM", rate: 1, momentum: 0.9 })).to.equal("FedAvgM, rate 1, momentum 0.9");
    expect(text(ADAM)).to.equal("FedAdam, rate 0.009995, momentum 0.9, secondMomentum 0.99, adaptivity 0.001");
    expect(text({ rule: "FedAdagrad", rate: 0.5, momentum: 0, adaptivity: 0.25 })).to.equal(
      "FedAdagrad, rate 0.5, momentum 0, adaptivity 0.25",
    );
    expect(text({ rule: "Uniform" }, 2)).to.equal(
      "Uniform, of every number the 2 highest and 2 lowest updates left out",
    );
  });
});
