import { expect } from "chai";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";
import { serverRuleText } from "../../trainer/roles/serverRule.ts";
import { UnusableTaskFile, parseTaskFile, rulesOf } from "../../trainer/roles/taskFile.ts";
import { account } from "./aTask.ts";

const EXAMPLE = exampleTaskFile(PRESETS.mlp);
const TOKENS = { stakeToken: account(0x57a), stakeDecimals: 18, rewardDecimals: 18 };

function rulesFor(server: unknown, fractionBits = 20) {
  const file = { ...EXAMPLE, fixedPoint: { fractionBits, clip: 1 }, server };
  return rulesOf(parseTaskFile(JSON.parse(JSON.stringify(file))), account(1), TOKENS);
}

function rulesWith(server: unknown, fractionBits?: number) {
  const { serverRule, serverRate, momentum, secondMomentum, adaptivity } = rulesFor(server, fractionBits);
  return [serverRule, serverRate, momentum, secondMomentum, adaptivity];
}

describe("server rule of a task file", () => {
  it("has the numbers of the papers where the file says none", () => {
    expect(rulesWith(undefined)).to.deep.equal(["FedAvg", 0, 0, 0, 0]);
    expect(rulesWith({ rule: "FedAvg" })).to.deep.equal(["FedAvg", 0, 0, 0, 0]);
    expect(rulesWith({ rule: "Uniform" })).to.deep.equal(["Uniform", 0, 0, 0, 0]);
    expect(rulesWith({ rule: "FedAvgM" })).to.deep.equal(["FedAvgM", 65_536, 58_982, 0, 0]);
    expect(rulesWith({ rule: "FedAdam" })).to.deep.equal(["FedAdam", 655, 58_982, 64_881, 1_049]);
  });

  it("takes its own numbers, in the units of the chain, momenta below one", () => {
    const numbers = { rate: 16, momentum: 0, secondMomentum: 0.999999999, adaptivity: 2 ** -10 };
    expect(rulesWith({ rule: "FedAdam", ...numbers }, 10)).to.deep.equal(["FedAdam", 2 ** 20, 0, 65_535, 1]);
    expect(rulesWith({ rule: "FedAvgM", rate: 2 ** -16, momentum: 0.5 })).to.deep.equal(["FedAvgM", 1, 2 ** 15, 0, 0]);
  });

  const refused: readonly [string, Record<string, unknown>, string][] = [
    ["without a rule", { rate: 1 }, "server.rule"],
    ["a rule that nobody knows", { rule: "FedSGD" }, "server.rule"],
    ["a rate for FedAvg", { rule: "FedAvg", rate: 1 }, "server.rate"],
    ["a momentum for Uniform", { rule: "Uniform", momentum: 0.5 }, "server.momentum"],
    ["a second momentum for FedAvgM", { rule: "FedAvgM", secondMomentum: 0.5 }, "server.secondMomentum"],
    ["an adaptivity for FedAvgM", { rule: "FedAvgM", adaptivity: 0.5 }, "server.adaptivity"],
    ["a momentum of one", { rule: "FedAvgM", momentum: 1 }, "server.momentum"],
    ["a rate beyond the largest", { rule: "FedAvgM", rate: 16.1 }, "server.rate"],
    ["a rate of nothing", { rule: "FedAdam", rate: 0 }, "server.rate"],
    ["an adaptivity less than a lane", { rule: "FedAdam", adaptivity: 2 ** -22 }, "server.adaptivity"],
    ["an adaptivity more than a lane holds", { rule: "FedAdam", adaptivity: 2 ** 11 }, "server.adaptivity"],
    ["a number that is none of its", { rule: "FedAvg", beta: 1 }, "beta"],
  ];
  for (const [what, server, field] of refused) {
    it(`refuses ${what}, naming ${field}`, () => {
      expect(() => rulesWith(server))
        .to.throw(UnusableTaskFile)
        .with.property("message")
        .that.includes(field);
    });
  }

  it("is said with its numbers, and with no others", () => {
    const text = (server: unknown) => serverRuleText(rulesFor(server));
    expect(text({ rule: "Uniform" })).to.equal("Uniform");
    expect(text({ rule: "FedAvgM" })).to.equal("FedAvgM, rate 1, momentum 0.9");
    const adam = "FedAdam, rate 0.009995, momentum 0.9, secondMomentum 0.99, adaptivity 0.001";
    expect(text({ rule: "FedAdam" })).to.equal(adam);
  });

  it("says which numbers a rule has", () => {
    expect(() => rulesWith({ rule: "FedAvgM", adaptivity: 1 })).to.throw(
      "FedAvgM, which has rate, momentum: leave it out",
    );
  });
});
