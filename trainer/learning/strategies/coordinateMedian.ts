/**
 * Coordinate-wise median: Yin et al. 2018, "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates"
 * (https://arxiv.org/abs/1803.01498), Definition 1: every number of the model moves by the median of what the updates say of
 * it; of an even number of updates, by the mean of the two in the middle. Trimming all others makes it.
 */
import { z } from "zod";
import { defineStrategy } from "./strategy.ts";

export const coordinateMedian = defineStrategy({
  name: "CoordinateMedian",
  paper: { authors: "Yin et al.", year: 2018, url: "https://arxiv.org/abs/1803.01498" },
  needs: "means",
  settings: z.strictObject({}),
  // With fewer updates than the most, too, this trim leaves one or two (protocol/laneRanks.ts).
  plan: (_, { trainers: { max } }) => ({ server: { rule: "Uniform", trim: Math.floor((max - 1) / 2) } }),
});
