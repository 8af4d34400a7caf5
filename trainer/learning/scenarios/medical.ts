/** Medical diagnosis: malignant or benign, from what a microscope shows of a breast tumour's cells. */
import type { CsvSchema } from "../datasets/csvSchema.ts";
import { loadCsv } from "../datasets/csv.ts";
import { classesOf, selectRows } from "../datasets/dataset.ts";
import { partitionDirichlet, quantityShares } from "../partition.ts";
import { stratifiedSplit } from "../sampling.ts";
import { ACCURACY, AREA_UNDER_ROC, CALIBRATION_ERROR, F1 } from "./measures.ts";
import { PRIOR } from "./priorBaseline.ts";
import { tablePath } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

const HOSPITALS = 5;
const TABLE = tablePath("wdbc.csv");

/** Mean and standard deviation of the training rows, rounded to two digits. */
const NUMBERS: readonly (readonly [column: string, mean: number, std: number])[] = [
  ["radius_mean", 14, 3.6],
  ["texture_mean", 19, 4.2],
  ["perimeter_mean", 92, 25],
  ["area_mean", 660, 360],
  ["smoothness_mean", 0.097, 0.014],
  ["compactness_mean", 0.1, 0.053],
  ["concavity_mean", 0.089, 0.079],
  ["concave_points_mean", 0.049, 0.039],
  ["symmetry_mean", 0.18, 0.027],
  ["fractal_dimension_mean", 0.063, 0.0071],
  ["radius_error", 0.4, 0.28],
  ["texture_error", 1.2, 0.55],
  ["perimeter_error", 2.9, 2.1],
  ["area_error", 40, 48],
  ["smoothness_error", 0.007, 0.0027],
  ["compactness_error", 0.026, 0.018],
  ["concavity_error", 0.031, 0.026],
  ["concave_points_error", 0.012, 0.0058],
  ["symmetry_error", 0.021, 0.0083],
  ["fractal_dimension_error", 0.0037, 0.0024],
  ["radius_worst", 16, 4.9],
  ["texture_worst", 26, 6.1],
  ["perimeter_worst", 110, 34],
  ["area_worst", 880, 580],
  ["smoothness_worst", 0.13, 0.023],
  ["compactness_worst", 0.26, 0.16],
  ["concavity_worst", 0.27, 0.21],
  ["concave_points_worst", 0.11, 0.067],
  ["symmetry_worst", 0.29, 0.062],
  ["fractal_dimension_worst", 0.084, 0.019],
];

const data: CsvSchema = {
  kind: "csv",
  features: NUMBERS.map(([column, mean, std]) => ({ column, mean, std })),
  label: "diagnosis",
  classes: ["benign", "malignant"],
};

export const medical: Scenario = {
  name: "medical",
  title: "Breast tumours: malignant or benign",
  story:
    "Five hospitals have 456 tumours between them (Breast Cancer Wisconsin), unlike each other in number (log-normal) and " +
    "in how many are malignant (Dirichlet, alpha 0.5), as a screening centre and a clinic for cancer are. Tested on " +
    "113 tumours, a fifth of each diagnosis. The table is real, the hospitals are made up.",
  isSimulated: false,
  trainers: HOSPITALS,
  data,
  architecture: { kind: "mlp", inputs: [NUMBERS.length], hidden: [16], classes: 2 },
  training: { epochs: 3, batchSize: 16, learningRate: 0.01, optimizer: "momentum", momentum: 0.9 },
  rounds: 10,
  clip: 1,
  measures: [AREA_UNDER_ROC, ACCURACY, F1, CALIBRATION_ERROR],
  baseline: PRIOR,
  async deal(seed, signal) {
    const all = await loadCsv(TABLE, data, { signal });
    const { train, holdout } = stratifiedSplit(classesOf(all), 0.2, "medical");
    const parts = partitionDirichlet(classesOf(selectRows(all, train)), {
      ...{ parts: HOSPITALS, alpha: 0.5, seed, minRows: 20 },
      shares: quantityShares(HOSPITALS, { kind: "logNormal", deviation: 0.5 }, seed),
    });
    return {
      shards: parts.map((part, i) => ({ trainer: `hospital ${i + 1}`, rows: part.map((place) => train[place] ?? 0) })),
      source: { path: TABLE },
      test: { path: TABLE, rows: holdout },
    };
  },
};
