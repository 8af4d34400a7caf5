import { expect } from "chai";
import { checkDraft, readDraft, valueAt, withValue, writeDraft } from "../../app/open/draft.ts";
import type { Draft } from "../../app/open/draft.ts";
import { ALL_PATHS, GROUPS, valueOf } from "../../app/open/fields.ts";
import type { FormField } from "../../app/open/fields.ts";
import { planOf } from "../../app/open/plan.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { SumCouldOverflowError } from "../../trainer/protocol/overflow.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";

const EXAMPLE: Draft = { ...exampleTaskFile(PRESETS.mlp) };
const SPONSOR = `0x${"11".repeat(20)}`;
const TOKENS = { stakeToken: `0x${"22".repeat(20)}`, stakeDecimals: 18, rewardDecimals: 6 };
const EXPECTED = { dropout: 0.05, corruption: 0.1 };
const fields: readonly FormField[] = Object.values(GROUPS).flat();

describe("A draft of a task file", () => {
  it("comes back from its text, and hostile text is none", () => {
    expect(readDraft(writeDraft(EXAMPLE))).to.deep.equal(EXAMPLE);
    for (const text of ["", "null", "[]", "3", '"x"', "{", `{"a":"${"x".repeat(1_000_000)}"}`]) {
      expect(readDraft(text), text.slice(0, 20)).to.equal(undefined);
    }
    const sly = readDraft('{"__proto__": {"title": "inherited"}, "constructor": 1}')!;
    expect(valueAt(sly, "title")).to.equal(undefined);
    expect(valueAt({}, "constructor.name")).to.equal(undefined);
  });

  it("of the example is right, and every value of the form's fields that it has is found", () => {
    expect(checkDraft(EXAMPLE).file?.title).to.equal("Handwritten digits");
    const needed = fields.filter(({ isOptional, usual }) => isOptional === undefined && usual === undefined);
    for (const { path } of needed) expect(valueAt(EXAMPLE, path), path).not.to.equal(undefined);
  });

  it("gets single values without losing others, and loses what is empty", () => {
    const masked = withValue(withValue(EXAMPLE, "privacy", "masked"), "cohorts.count", 2);
    expect(valueAt(masked, "cohorts.count")).to.equal(2);
    expect(withValue(withValue(masked, "cohorts.count", undefined), "privacy", undefined)).to.deep.equal(EXAMPLE);
    expect(valueAt(withValue(EXAMPLE, "trainers.min", 4), "trainers.max")).to.equal(16);
    expect(valueAt(EXAMPLE, "trainers.min")).to.equal(3);
  });

  it("has what was typed as the file has it", () => {
    expect(valueOf("whole", "rounds", "12")).to.equal(12);
    expect(valueOf("number", "training.learningRate", "0.05")).to.equal(0.05);
    expect(valueOf("tokens", "stake.min", "12.5")).to.equal("12.5");
    expect(valueOf("whole", "rounds", "")).to.equal(undefined);
    expect(valueOf("whole", "rounds", "twelve")).to.equal("twelve");
    expect([
      valueOf("text", "seed", "7"),
      valueOf("text", "seed", "a word"),
      valueOf("text", "title", "7"),
    ]).to.deep.equal([7, "a word", "7"]);
  });

  it("is refused at the paths where it is wrong", () => {
    const wrong = withValue(withValue(EXAMPLE, "trainers.min", 20), "stake.fraudFine", "many");
    const { file, faults } = checkDraft(withValue(wrong, "architecture.inputs", [783]));
    expect(file).to.equal(undefined);
    expect(faults.get("stake.fraudFine")?.[0]).to.include("amount of tokens");
    expect([...faults.keys()].every((path) => path.startsWith("architecture") || ALL_PATHS.has(path))).to.equal(true);
    expect(checkDraft({}).faults.size).to.be.greaterThan(5);
  });
});

describe("What a task file comes to", () => {
  const plan = (changes: Readonly<Record<string, unknown>> = {}) => {
    const draft = Object.entries(changes).reduce((so, [path, value]) => withValue(so, path, value), EXAMPLE);
    const { file, faults } = checkDraft(draft);
    if (file === undefined) throw new Error(JSON.stringify([...faults]));
    return planOf(file, SPONSOR, TOKENS, EXPECTED);
  };

  it("is its budget in the reward token's units, and the time of its longest round", () => {
    const { budget, perRound, rules, longestRound, masked } = plan();
    expect([budget, perRound]).to.deep.equal([824_000_000n, 103_000_000n]);
    expect(rules.sponsor).to.equal(SPONSOR);
    expect(rules.minStake).to.equal(100n * 10n ** 18n);
    expect(longestRound).to.equal(3_600 + 7_200 + 1_800 + 900 + 3_600 + 1_800 + 32 * 600);
    expect(masked).to.equal(undefined);
  });

  it("is how full a lane can be: 16 trainers x 100 units x 2^20 of 2^31", () => {
    expect(plan().laneUse).to.equal(0.78125);
    expect(() => plan({ "weight.maxUnits": 128 })).to.throw(SumCouldOverflowError, "maxWeight 127");
    expect(plan({ "weight.maxUnits": 127 }).laneUse).to.be.below(1);
  });

  it("has a masked task's seats, threshold and odds", () => {
    const { masked } = plan({ privacy: "masked", "trainers.min": 6, "trainers.max": 16, "cohorts.count": 2 });
    expect(masked).to.include({ cohorts: 2, seats: 8, threshold: 6 });
    expect(masked?.odds.voidRound).to.be.within(1e-4, 0.1);
    expect(masked?.odds.exposure).to.be.within(1e-6, 1e-2);
  });
});
