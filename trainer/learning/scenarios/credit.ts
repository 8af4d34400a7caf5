/** Credit risk: will a loan be paid back, from what its applicant says. */
import type { CsvSchema } from "../datasets/csvSchema.ts";
import { tableWidth } from "../datasets/csvSchema.ts";
import { readCsvColumn } from "../datasets/csvColumn.ts";
import { stratifiedSplit } from "../sampling.ts";
import { AREA_UNDER_ROC, BRIER_SCORE, CALIBRATION_ERROR, F1 } from "./measures.ts";
import { PRIOR } from "./priorBaseline.ts";
import { tablePath } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

const TABLE = tablePath("credit-risk.csv");

const data: CsvSchema = {
  kind: "csv",
  // Means and standard deviations of the training rows, rounded to two digits.
  features: [
    { column: "Seniority", mean: 8, std: 8.2 },
    { column: "Time", mean: 47, std: 15 },
    { column: "Age", mean: 37, std: 11 },
    { column: "Expenses", mean: 56, std: 19 },
    { column: "Income", mean: 140, std: 81, missing: "mean" },
    { column: "Assets", mean: 5100, std: 9400, missing: "mean" },
    { column: "Debt", mean: 330, std: 1100, missing: "mean" },
    { column: "Amount", mean: 1000, std: 480 },
    { column: "Price", mean: 1500, std: 640 },
    { column: "Home", values: ["owner", "rent", "parents", "priv", "other", "ignore"], missing: "value" },
    { column: "Marital", values: ["married", "single", "separated", "widow", "divorced"], missing: "value" },
    { column: "Job", values: ["fixed", "freelance", "partime", "others"], missing: "value" },
    { column: "Records", values: ["no", "yes"] },
  ],
  label: "Status",
  classes: ["good", "bad"],
};

/** Each bank's customers, by what the table says of their job; the last bank has who says nothing. */
const BANKS: Record<string, readonly string[]> = {
  "bank of employees": ["fixed"],
  "bank of the self-employed": ["freelance"],
  "bank of part-timers": ["partime"],
  "bank of all others": ["others", ""],
};

export const credit: Scenario = {
  name: "credit",
  title: "Loans: good or bad",
  story:
    "Four banks have 3,563 loans between them (consumer credit, after Baesens et al.), each those of customers with one " +
    "kind of job: employees, of whom a fifth do not pay back, the self-employed, part-timers, of whom three in five do " +
    "not, and others. Tested on 891 loans, a fifth of each outcome, to customers of all kinds. The table is real, and so " +
    "is what is missing in it; that each bank has one kind of customer is made up.",
  isSimulated: false,
  trainers: Object.keys(BANKS).length,
  data,
  architecture: { kind: "mlp", inputs: [tableWidth(data.features)], hidden: [16], classes: 2 },
  training: { epochs: 1, batchSize: 32, learningRate: 0.01, optimizer: "momentum", momentum: 0.9 },
  rounds: 15,
  clip: 1,
  measures: [AREA_UNDER_ROC, F1, BRIER_SCORE, CALIBRATION_ERROR],
  baseline: PRIOR,
  async deal(_seed, signal) {
    const [status, jobs] = [await readCsvColumn(TABLE, "Status", signal), await readCsvColumn(TABLE, "Job", signal)];
    const labels = Int32Array.from(status, (each) => data.classes?.indexOf(each) ?? -1);
    const { train, holdout } = stratifiedSplit(labels, 0.2, "credit");
    return {
      shards: Object.entries(BANKS).map(([trainer, own]) => ({
        trainer,
        rows: train.filter((row) => own.includes(jobs[row] ?? "")),
      })),
      source: { path: TABLE },
      test: { path: TABLE, rows: holdout },
    };
  },
};
