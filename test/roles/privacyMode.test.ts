import { expect } from "chai";
import { challengeGas, longestRound } from "../../trainer/chain/taskRules.ts";
import { PRESETS } from "../../trainer/learning/presets.ts";
import { exampleTaskFile } from "../../trainer/roles/exampleTask.ts";
import { privacyText } from "../../trainer/roles/privacyMode.ts";
import { UnusableTaskFile, parseTaskFile, rulesOf } from "../../trainer/roles/taskFile.ts";
import { account } from "./aTask.ts";

const SEALED = exampleTaskFile(PRESETS.mlp);
const MASKED = { ...SEALED, privacy: "masked" as const, trainers: { min: 11, max: 16 } };
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
      const { privacy, shareThreshold, shareSeconds, recoverSeconds, blameSeconds } = rulesFor(file);
      expect([privacy, shareThreshold, shareSeconds, recoverSeconds, blameSeconds]).to.deep.equal([
        "sealed",
        0,
        0,
        0,
        0,
      ]);
    }
  });

  it("masked takes two thirds of the seats to rebuild a secret, and as long as revealing for each step", () => {
    expect(rulesFor(MASKED)).to.include({
      ...{ privacy: "masked", shareThreshold: 11, minTrainers: 11 },
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

  const MOST = 30 * 24 * 3_600;
  const refused: readonly [string, Record<string, unknown>, string, string][] = [
    ["a mode that nobody knows", { privacy: "open" }, "privacy", "masked"],
    ["a sealed task with a threshold", { privacy: "sealed", shareThreshold: 9 }, "shareThreshold", "leave it out"],
    ["a sealed task with time to share", { privacy: "sealed", seconds: { share: 9 } }, "seconds.share", "leave it out"],
    ["a sealed task that recovers", { privacy: "sealed", seconds: { recover: 9 } }, "seconds.recover", "leave it out"],
    ["a sealed task that blames", { privacy: "sealed", seconds: { blame: 9 } }, "seconds.blame", "leave it out"],
    ["33 seats", { trainers: { min: 22, max: 33 } }, "trainers.max", "from 3 to 32"],
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
