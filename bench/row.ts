/** One figure of a benchmark. */
export interface Row {
  bench: string;
  /** What was varied, e.g. the number of trainers. */
  case: string | number;
  metric: string;
  value: number;
  unit: string;
}
