/** What one can ask of the demonstration. */
import { Command, InvalidArgumentError, Option } from "commander";
import { MAX_COHORTS, usualShareThreshold } from "../../trainer/chain/taskRules.ts";
import { wholeNumber } from "../../trainer/cli/options.ts";
import { SCENARIOS } from "../../trainer/learning/scenarios/scenarios.ts";
import type { ScenarioName } from "../../trainer/learning/scenarios/scenarios.ts";
import { CHEATS } from "./cheats.ts";
import type { Cheat } from "./cheats.ts";

export interface DemoOptions {
  /** Instead of MNIST by number of trainers, model and alpha, which then mean nothing. */
  readonly scenario?: ScenarioName;
  readonly rounds?: number;
  readonly trainers: number;
  readonly model: "mlp" | "cnn";
  readonly alpha: number;
  readonly seed: number;
  readonly cheat?: Cheat;
  readonly privacy: "sealed" | "masked";
  readonly cohorts: number;
  readonly cohortRule: "mean" | "median";
  readonly drop: number;
  readonly out: string;
  /** The chain goes on when the federation is over. */
  readonly stay: boolean;
  readonly json: boolean;
}

const MAX_TRAINERS = 32; // processes on one machine
/** One who cheats, and two who train on without it. */
const LEAST_WITH_A_CHEAT = 3;
/** A sum of two shows each of them the other's update. */
const LEAST_MASKED = 3;
/** Of two cohorts' means, none is between the others. */
const LEAST_COMPARED = 3;

export function parseOptions(argv: readonly string[]): DemoOptions {
  const command = new Command("npm run demo --")
    .description("One federated training, whole and real: a local chain, trainers in processes of their own, MNIST.")
    .addOption(
      new Option(
        "--scenario <name>",
        "a federation on data of its own: each alone, federated, all data pooled",
      ).choices(Object.keys(SCENARIOS)),
    )
    .option("--rounds <count>", "final rounds (default: as many as the model or scenario needs)", wholeNumber(1, 1_000))
    .option("--trainers <count>", "trainers, each a process", wholeNumber(2, MAX_TRAINERS), 5)
    .addOption(new Option("--model <name>", "network").choices(["mlp", "cnn"]).default("mlp"))
    .option("--alpha <number>", "Dirichlet concentration of the shards: small is skewed, 100 is even", positive, 0.5)
    .option(
      "--seed <number>",
      "of the shards, the initial model and the order of training",
      wholeNumber(0, 2 ** 31 - 1),
      1,
    )
    .addOption(
      new Option(
        "--cheat <how>",
        "one trainer cheats in round 2: a wrong sum, a wrong step, an update out of range (encoding), a wrong sum that " +
          "nobody can fetch, or silence when it is to aggregate",
      ).choices(CHEATS),
    )
    .addOption(
      new Option("--privacy <mode>", "who can read an update: the cohort (sealed), or nobody (masked)")
        .choices(["sealed", "masked"])
        .default("sealed"),
    )
    .option(
      "--cohorts <count>",
      "with --privacy masked: draw the trainers of each round into so many cohorts",
      wholeNumber(1, MAX_COHORTS),
      1,
    )
    .addOption(
      new Option("--cohort-rule <rule>", "what is made of the cohorts' sums: the mean of all updates, or their median")
        .choices(["mean", "median"])
        .default("mean"),
    )
    .option(
      "--drop <count>",
      "so many trainers vanish in round 2, with --privacy masked after they have shared",
      wholeNumber(0, MAX_TRAINERS),
      0,
    )
    .option("--out <folder>", "where report.json and report.html go", "out/demo")
    .option("--stay", "leave the chain running when it is over, until Ctrl-C, to be looked at: npm run app", false)
    .option("--json", "print the report as JSON instead of the table, and no progress", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ npm run demo -- --scenario medical\n  $ npm run demo -- --trainers 8 --rounds 5 --alpha 0.1\n  $ npm run demo -- --cheat sum\n" +
        "  $ npm run demo -- --privacy masked --drop 1\n" +
        "  $ npm run demo -- --privacy masked --trainers 12 --cohorts 3 --cohort-rule median",
    );
  const given = command.parse(argv, { from: "user" }).opts<DemoOptions>();
  const { scenario } = given;
  const options = scenario === undefined ? given : { ...given, trainers: SCENARIOS[scenario].trainers };
  const isGiven = (name: string) => command.getOptionValueSource(name) === "cli";
  const refusal = (scenario && refusalBeside(scenario, isGiven)) ?? refusalOf(options);
  if (refusal !== undefined) command.error(`error: ${refusal}`);
  return options;
}

/** Why an option cannot be given beside a scenario, which decides it by itself, if one was. */
export function refusalBeside(name: ScenarioName, isGiven: (option: string) => boolean): string | undefined {
  const { trainers } = SCENARIOS[name];
  const tooFew = `has ${trainers} trainers, too few for several cohorts`;
  const own = {
    trainers: `has ${trainers} trainers, each with data of its own`,
    model: "has a network of its own",
    alpha: "deals its data by itself",
    cohorts: tooFew,
    cohortRule: tooFew,
  };
  const [option, why] = Object.entries(own).find(([each]) => isGiven(each)) ?? [];
  if (option === undefined) return undefined;
  return `--scenario ${name} ${why}: leave --${option === "cohortRule" ? "cohort-rule" : option} away`;
}

/** Why options do not go together, if they do not. */
export function refusalOf(options: DemoOptions): string | undefined {
  const { scenario, privacy, trainers, cohorts, cohortRule, drop, cheat } = options;
  if (cheat !== undefined && trainers < LEAST_WITH_A_CHEAT) {
    return `--cheat needs at least ${LEAST_WITH_A_CHEAT} trainers: the others go on without the cheat`;
  }
  if (cohorts > 1 && privacy !== "masked") return "--cohorts needs --privacy masked";
  if (cohortRule === "median" && cohorts < LEAST_COMPARED) {
    return `--cohort-rule median needs --cohorts ${LEAST_COMPARED} or more`;
  }
  const seats = trainers / cohorts;
  const together = cohorts === 1 ? "" : " in a cohort";
  if (privacy === "masked" && seats < LEAST_MASKED) {
    const least = LEAST_MASKED * cohorts;
    return `--privacy masked needs at least ${least} trainers: fewer${together} cannot hide among each other`;
  }
  if (!Number.isInteger(seats)) {
    return `--cohorts ${cohorts} must divide --trainers ${trainers}: all cohorts have the same number of seats`;
  }
  if (drop > 0 && scenario !== undefined) {
    return `--scenario ${scenario} trains too fast for anybody to vanish from a round in time: leave --drop away`;
  }
  if (drop > 0 && cheat !== undefined) return "--drop and --cheat are two stories: tell one at a time";
  const least = leastTrainers(options);
  // All who vanish may sit together.
  if (drop > seats - least) {
    const whose = cohorts === 1 ? "a round" : "a cohort";
    return `--drop ${drop} leaves fewer than the ${least} of ${seats} trainers that ${whose} needs`;
  }
  return undefined;
}

/**
 * How many updates a round needs at least; if they are masked, each of its cohorts: as many as rebuild a vanished one's
 * secrets.
 */
export function leastTrainers({
  privacy,
  trainers,
  cohorts,
}: Pick<DemoOptions, "privacy" | "trainers" | "cohorts">): number {
  if (privacy === "masked") return Math.max(LEAST_MASKED, usualShareThreshold(trainers / cohorts));
  return Math.min(trainers, Math.max(2, Math.ceil(trainers / 2)));
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1_000_000)) throw new InvalidArgumentError("It must be a positive number.");
  return value;
}
