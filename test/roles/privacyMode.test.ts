import { expect } from "chai";
import { MAX_PROOF_GAS, challengeGas, longestRound } from "../../trainer/chain/taskRules.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";
import { privacyText } from "../../trainer/roles/privacyMode.ts";
import { UnusableTaskFile, parseTaskFile, rulesOf } from "../../trainer/roles/taskFile.ts";
import { account } from "./aTask.ts";

const SEALED = exampleTaskFile(PRESETS.mlp);
const MASKED = { ...SEALED, privacy: "masked" as const, trainers: { min: 11, max: 16 } };
const FOUR_COHORTS = {
  ...MASKED,
  ...{ cohorts: { count: 4 }, trainers: { min: 6, max: 32 }, weight: { ...MASKED.weight, maxUnits: 60 } },
};
const TOKENS = { stakeToken: account(0x57a), stakeDecimals: 18, rewardDecimals: 18 };

const rulesFor = (file: unknown) => rulesOf(parseTaskFile(JSON.parse(JSON.stringify(file))), account(1), TOKENS);

/** What a file is refused with. */
function refusalOf(file: unknown): string {
  try {
    parseTaskFile(file);
  } catch (error) {
    if (error instanceof UnusableTaskFile) return error.message;
    throw error;
  }
  throw new Error("The file is taken.");
}

describe("privacy of a task file", () => {
  it("is sealed unless it says otherwise, with none of the numbers of masked tasks", () => {
    for (const file of [SEALED, { ...SEALED, privacy: "sealed" }]) {
      expect(rulesFor(file)).to.include({
        ...{ privacy: "sealed", shareThreshold: 0, cohorts: 0, trim: 0 },
        ...{ shareSeconds: 0, recoverSeconds: 0, blameSeconds: 0 },
      });
    }
  });

  it("masked takes two thirds of the seats to rebuild a secret, and as long as revealing for each step", () => {
    expect(rulesFor(MASKED)).to.include({
      ...{ privacy: "masked", shareThreshold: 11, minTrainers: 11, cohorts: 1, trim: 0 },
      ...{ shareSeconds: 1_800, recoverSeconds: 1_800, blameSeconds: 5_400 },
    });
    expect(rulesFor({ ...MASKED, trainers: { min: 3, max: 4 } }).shareThreshold).to.equal(3);
    const slow = { ...MASKED.seconds, reveal: 30 * 24 * 3_600, retention: 40_000_000 };
    expect(rulesFor({ ...MASKED, seconds: slow }).blameSeconds).to.equal(30 * 24 * 3_600);
  });

  it("masked may say all of it", () => {
    const seconds = { ...MASKED.seconds, share: 1, recover: 2, blame: 3 };
    const own = { shareThreshold: 9, trainers: { min: 9, max: 16 }, seconds };
    expect(rulesFor({ ...MASKED, ...own })).to.include({
      ...{ shareThreshold: 9, shareSeconds: 1, recoverSeconds: 2, blameSeconds: 3 },
    });
  });

  it("masked in several cohorts counts the fewest trainers and the threshold in each, and the seats of all", () => {
    expect(rulesFor(FOUR_COHORTS)).to.include({
      ...{ cohorts: 4, trim: 0, shareThreshold: 6, minTrainers: 6, maxTrainers: 32 },
    });
    expect(rulesFor({ ...FOUR_COHORTS, cohorts: { count: 4, rule: "median" } })).to.include({ cohorts: 4, trim: 1 });
    const least = { ...FOUR_COHORTS, cohorts: { count: 8 }, trainers: { min: 3, max: 24 } };
    expect(rulesFor(least)).to.include({ cohorts: 8, shareThreshold: 2, minTrainers: 3 });
  });

  it("masked in several cohorts may have more data where their means are compared", () => {
    const heavy = { ...FOUR_COHORTS, weight: { ...FOUR_COHORTS.weight, maxUnits: 200 } };
    expect(() => rulesFor(heavy)).to.throw("Any one of these would fit");
    rulesFor({ ...heavy, cohorts: { count: 4, rule: "median" } });
  });

  const MOST = 30 * 24 * 3_600;
  const refused: readonly [string, Record<string, unknown>, string, string][] = [
    ["a mode that nobody knows", { privacy: "open" }, "privacy", "masked"],
    ["a sealed task with a threshold", { privacy: "sealed", shareThreshold: 9 }, "shareThreshold", "leave it out"],
    ["a sealed task with time to share", { privacy: "sealed", seconds: { share: 9 } }, "seconds.share", "leave it out"],
    ["a sealed task that recovers", { privacy: "sealed", seconds: { recover: 9 } }, "seconds.recover", "leave it out"],
    ["a sealed task that blames", { privacy: "sealed", seconds: { blame: 9 } }, "seconds.blame", "leave it out"],
    ["a sealed task with cohorts", { privacy: "sealed", cohorts: {} }, "cohorts", "leave it out"],
    ["33 seats", { trainers: { min: 22, max: 33 } }, "trainers.max", "from 3 to 32"],
    ["cohorts of two", { cohorts: { count: 4 }, trainers: { min: 3, max: 8 } }, "trainers.max", "from 12 to 128"],
    ["cohorts of 33", { cohorts: { count: 4 }, trainers: { min: 22, max: 132 } }, "trainers.max", "cohorts.count"],
    ["uneven cohorts", { cohorts: { count: 4 }, trainers: { min: 3, max: 18 } }, "trainers.max", "16 or 20 would do"],
    [
      "all seats for each cohort",
      { cohorts: { count: 4 }, trainers: { min: 5, max: 16 } },
      "trainers.min",
      "at most 4",
    ],
    ["a threshold of two cohorts", { ...FOUR_COHORTS, shareThreshold: 9 }, "shareThreshold", "from 5 to 8"],
    ["half of a cohort as threshold", { ...FOUR_COHORTS, shareThreshold: 4 }, "shareThreshold", "from 5 to 8"],
    ["cohorts below the threshold", { ...FOUR_COHORTS, trainers: { min: 5, max: 32 } }, "trainers.min", "to 5"],
    ["nine cohorts", { cohorts: { count: 9 } }, "cohorts.count", "<=8"],
    ["the median of two", { cohorts: { count: 2, rule: "median" } }, "cohorts.rule", "set count to 3"],
    ["two seats", { trainers: { min: 2, max: 2 } }, "trainers.max", "from 3 to 32"],
    ["half of the seats as threshold", { shareThreshold: 8 }, "shareThreshold", "from 9 to 16"],
    ["a threshold above the seats", { shareThreshold: 17 }, "shareThreshold", "from 9 to 16"],
    ["a threshold that is no number", { shareThreshold: "11" }, "shareThreshold", "number"],
    ["two trainers at least", { trainers: { min: 2, max: 3 } }, "trainers.min", "at least 3"],
    ["fewer than the threshold", { trainers: { min: 10, max: 16 } }, "trainers.min", "set shareThreshold to 10"],
    ["fewer than any threshold", { trainers: { min: 8, max: 16 } }, "trainers.min", "Raise it"],
    ["no time to share", { seconds: { share: 0 } }, "seconds.share", ">=1"],
    ["no time to recover", { seconds: { recover: 0 } }, "seconds.recover", ">=1"],
    ["less than a second for each step of blame", { seconds: { blame: 2 } }, "seconds.blame", ">=3"],
    ["more than a month to blame", { seconds: { blame: MOST + 1 } }, "seconds.blame", `${MOST}`],
  ];
  for (const [what, change, field, fix] of refused) {
    it(`refuses ${what}, naming ${field} and what would do`, () => {
      const seconds = { ...MASKED.seconds, ...(change["seconds"] as object | undefined) };
      expect(refusalOf({ ...MASKED, ...change, seconds }))
        .to.include(field)
        .and.include(fix);
    });
  }

  it("is said with the numbers of masked tasks, and no others", () => {
    expect(privacyText(rulesFor(SEALED))).to.equal("sealed");
    expect(privacyText(rulesFor(MASKED))).to.equal(
      "masked, 11 rebuild a secret; seconds: share 1800, recover 1800, blame 5400",
    );
  });

  it("is said with the cohorts, if there are several", () => {
    expect(privacyText(rulesFor({ ...FOUR_COHORTS, cohorts: { count: 4, rule: "median" } }))).to.equal(
      "masked in up to 4 cohorts of 8, median of the cohorts' means, 6 of a cohort rebuild a secret; " +
        "seconds: share 1800, recover 1800, blame 5400",
    );
  });

  it("is refused when a proof would not fit into a transaction, with what would", () => {
    const many = { count: 8 };
    const [light, stake] = [
      { ...MASKED.weight, maxUnits: 7 },
      { ...MASKED.stake, gasPrice: "0.0000000001" },
    ];
    const dear = { ...MASKED, weight: light, stake, cohorts: many, trainers: { min: 22, max: 256 } };
    const said = refusalOf(dear);
    const [, min, cohorts, gas] =
      /at least (\d+), or .* fewer cohorts, (\d+) of 32 seats.* take (\d+) gas/.exec(said) ?? [];
    if (min === undefined || cohorts === undefined) throw new Error(`no numbers in: ${said}`);
    expect(said).to.include("trainers.min");
    expect(Number(gas)).to.be.above(MAX_PROOF_GAS);
    const raised = (least: number) => ({ ...dear, trainers: { min: least, max: 256 } });
    expect(challengeGas(rulesFor(raised(Number(min))))).to.be.at.most(MAX_PROOF_GAS);
    expect(refusalOf(raised(Number(min) - 1))).to.include("trainers.min");
    const fewer = (count: number) => ({ ...dear, cohorts: { count }, trainers: { min: 22, max: count * 32 } });
    expect(challengeGas(rulesFor(fewer(Number(cohorts))))).to.be.at.most(MAX_PROOF_GAS);
    expect(refusalOf(fewer(Number(cohorts) + 1))).to.include("trainers.min");
  });

  it("offers no lower threshold where none would do", () => {
    expect(refusalOf({ ...MASKED, trainers: { min: 8, max: 16 } })).not.to.include("set shareThreshold");
  });

  it("counts the steps of masked rounds to how long content is kept, and their masks to what a proof costs", () => {
    const rules = rulesFor(MASKED);
    const longest = longestRound(rules);
    expect(longest).to.equal(longestRound(rulesFor(SEALED)) + 1_800 + 1_800 + 5_400);
    const short = { ...MASKED, seconds: { ...MASKED.seconds, retention: longest - 1 } };
    expect(refusalOf(short)).to.include("seconds.retention").and.include(`${longest}`).and.include("recover");
    expect(challengeGas(rules)).to.be.above(challengeGas({ ...rules, privacy: "sealed" }));
    const dear = { ...MASKED, stake: { ...MASKED.stake, gasPrice: "0.00002" } };
    parseTaskFile({ ...dear, privacy: undefined });
    expect(refusalOf(dear)).to.include("stake.fraudFine");
  });
});
