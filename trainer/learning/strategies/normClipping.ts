/**
 * Norm clipping: Sun et al. 2019, "Can You Really Backdoor Federated Learning?" (https://arxiv.org/abs/1911.07963), section 4:
 * each delta is divided by max(1, |delta| / M), so that nobody moves the mean of n further than M / n.
 *
 * There the server does it. Here an honest trainer does so itself, and an update that is longer does not count.
 */
import { z } from "zod";
import { lanesProduct, largestLane } from "./lanesProduct.ts";
import { bySeat, positions } from "./seats.ts";
import { defineStrategy } from "./strategy.ts";

export const normClipping = defineStrategy({
  name: "NormClipping",
  paper: { authors: "Sun et al.", year: 2019, url: "https://arxiv.org/abs/1911.07963" },
  needs: "updates",
  settings: z.strictObject({
    /** M: the longest that a delta may be, in units of the model. */
    norm: z.number().positive().max(1e6),
  }),
  plan: ({ norm }, { fractionBits }) => ({
    local: { scale: (delta) => Math.min(1, norm / euclideanNorm(delta)) },
    select: bySeat(async (updates) =>
      positions(updates.length).filter((position) => {
        const { lanes } = updates[position]!;
        return lanesProduct(lanes, lanes, largestLane(lanes) ** 2) <= mostSquared(norm, fractionBits, lanes.length);
      }),
    ),
    server: { rule: "Uniform" },
    refuses: () => ({
      message:
        "NormClipping leaves out updates that are too long, and what compression left out of one would make the next " +
        "longer: leave one of them out",
      fault: { fault: "clipsCompressed" },
    }),
    unfitNoise: {
      message:
        "NormClipping leaves out updates that are too long, and their noise makes them so; clipNorm bounds each of them " +
        "already: leave one of the two out, or choose another strategy",
      fault: { fault: "clipsNoisy" },
    },
  }),
});

function euclideanNorm(delta: Float32Array): number {
  let square = 0;
  for (let i = 0; i < delta.length; i++) square += delta[i]! * delta[i]!;
  return Math.sqrt(square);
}

/** Of an honest delta's lanes: each may be rounded up by a half, and 24 binary digits make each a little longer before. */
function mostSquared(norm: number, fractionBits: number, lanes: number): bigint {
  const longest = norm * 2 ** fractionBits * (1 + 2 ** -20) + Math.sqrt(lanes) / 2;
  return BigInt(Math.ceil(longest * longest));
}
