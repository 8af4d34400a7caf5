/** Traffic flow: how many passengers will enter a station of Chicago's elevated railway, two weeks ahead. */
import type { CsvSchema } from "../datasets/csvSchema.ts";
import { tableWidth } from "../datasets/csvSchema.ts";
import { readCsvColumn } from "../datasets/csvColumn.ts";
import { estimateScores } from "../metrics/estimateScores.ts";
import { meanAbsoluteErrorIn, R_SQUARED, rootMeanSquaredErrorIn } from "./measures.ts";
import { tablePath } from "./scenario.ts";
import type { Baseline, Scenario } from "./scenario.ts";

const TABLE = tablePath("traffic-flow.csv");

/** Mean and standard deviation of 2001 to 2013, rounded to two digits. */
const NUMBERS: readonly (readonly [column: string, mean: number, std: number])[] = [
  ["Austin", 1.5, 0.55],
  ["Quincy_Wells", 5.5, 2.9],
  ["Belmont", 3.9, 1.2],
  ["Archer_35th", 2.1, 0.84],
  ["Oak_Park", 1.3, 0.54],
  ["Western", 2.7, 1.1],
  ["Clark_Lake", 13, 6.4],
  ["Clinton", 2.3, 0.94],
  ["Merchandise_Mart", 4.4, 2.4],
  ["Irving_Park", 3.3, 1.1],
  ["Washington_Wells", 5.1, 2.9],
  ["Harlem", 2.3, 0.87],
  ["Monroe", 4.6, 2.2],
  ["Polk", 2.3, 1.3],
  ["Ashland", 1.2, 0.42],
  ["Kedzie", 2.5, 0.92],
  ["Addison", 2.1, 0.81],
  ["Jefferson_Park", 5.3, 1.8],
  ["Montrose", 1.6, 0.63],
  ["California", 0.83, 0.29],
];

/** Who kept the records of which years. What was tested on is later than all of them. */
const YEARS = [
  ["2001", "2002", "2003"],
  ["2004", "2005", "2006"],
  ["2007", "2008", "2009"],
  ["2010", "2011"],
  ["2012", "2013"],
] as const;
const TEST_YEARS = ["2014", "2015", "2016"];

const data: CsvSchema = {
  kind: "csv",
  features: [
    ...NUMBERS.map(([column, mean, std]) => ({ column, mean, std })),
    { column: "date", calendar: ["weekday", "month"] },
  ],
  target: { column: "ridership", mean: 13, std: 6.4 },
};

/** The station's own column says what was two weeks earlier. */
const PERSISTENCE: Baseline = {
  name: "the same weekday two weeks before",
  scores({ test }) {
    const [place, scale] = [NUMBERS.findIndex(([column]) => column === "Clark_Lake"), test.target];
    const [, mean, std] = NUMBERS[place] ?? [];
    if (mean === undefined || std === undefined || scale === undefined) throw new Error("The station has no column.");
    const width = tableWidth(data.features);
    const before = Float64Array.from({ length: test.rows }, (_, row) => {
      return (test.features[row * width + place] ?? NaN) * std + mean;
    });
    return estimateScores(
      before,
      Float64Array.from(test.labels, (label) => label * scale.std + scale.mean),
    );
  },
};

const UNIT = "thousand passengers";

export const traffic: Scenario = {
  name: "traffic",
  title: "Passengers at Clark and Lake, two weeks ahead",
  story:
    "Five offices kept the records of the station of Clark and Lake, one after the other from 2001 to 2013. They learn to " +
    "tell how many passengers will come from what is known two weeks before: how many entered 20 stations on the same " +
    "weekday, and the calendar. The weather of the day is in the table but left out, because nobody knows it then. " +
    "Tested on 2014 to 2016, later than anything learnt from. The table is real, the offices are made up.",
  isSimulated: false,
  trainers: YEARS.length,
  data,
  architecture: {
    kind: "mlp",
    inputs: [tableWidth(data.features)],
    hidden: [32],
    // Holidays are far off and few: they must not pull the common days.
    regression: { loss: "huber", delta: 0.2 },
  },
  training: { epochs: 2, batchSize: 32, learningRate: 0.003, optimizer: "adam" },
  rounds: 15,
  clip: 1,
  measures: [meanAbsoluteErrorIn(UNIT), rootMeanSquaredErrorIn(UNIT), R_SQUARED],
  baseline: PERSISTENCE,
  async deal(_seed, signal) {
    const years = (await readCsvColumn(TABLE, "date", signal)).map((date) => date.slice(0, 4));
    const rowsOf = (wanted: readonly string[]) =>
      Uint32Array.from([...years.keys()].filter((row) => wanted.includes(years[row] ?? "")));
    return {
      shards: YEARS.map((own) => ({ trainer: `${own[0]} to ${own.at(-1)}`, rows: rowsOf(own) })),
      source: { path: TABLE },
      test: { path: TABLE, rows: rowsOf(TEST_YEARS) },
    };
  },
};
