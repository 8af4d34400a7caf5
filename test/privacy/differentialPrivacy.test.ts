import { expect } from "chai";
import {
  NoiseDoesNotFit,
  ROOM_SIGMAS,
  clipToNorm,
  differentialPrivacySchema,
  noisePlan,
  withNoise,
} from "../../trainer/privacy/differentialPrivacy.ts";
import type { NoiseSetting } from "../../trainer/privacy/differentialPrivacy.ts";
import { checkNoOverflow } from "../../trainer/protocol/overflow.ts";
import { quantise, weigh } from "../../trainer/protocol/quantise.ts";
import { rejection } from "../support/rejection.ts";
import { seededRandom } from "../support/seededRandom.ts";

const DP = { clipNorm: 0.5, noiseMultiplier: 1, delta: 1e-5 };
/** Every trainer counts the same. */
const SETTING: NoiseSetting = {
  ...{ parameters: 10_000, fractionBits: 16, clip: 8 },
  ...{ minSummed: 4, maxTrainers: 8, mostWeight: 1, maxWeight: 10 },
};
const SEALED = { cohorts: 0, trim: 0 };

describe("differential privacy", () => {
  const random = seededRandom("differential privacy");
  const normOf = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));
  const lanesOf = (length: number, scale: number) =>
    Float32Array.from({ length }, () => random.normal() * scale * Math.exp(3 * random.normal()));
  const never = new AbortController().signal;

  describe("clipping", () => {
    it("leaves a vector within the norm as it is", () => {
      const delta = Float32Array.of(0.3, -0.4, 0);
      expect(clipToNorm(delta, 0.51)).to.deep.equal(delta);
    });

    it("never leaves more than the norm, whatever the float32 rounding, and hardly less", () => {
      for (let trial = 0; trial < 50; trial++) {
        const clipped = clipToNorm(lanesOf(1 + random.below(3_000), 10 ** (random.below(8) - 3)), 1e-3);
        expect(normOf(clipped)).to.be.at.most(1e-3);
      }
      expect(normOf(clipToNorm(lanesOf(1_000, 10), 2))).to.be.closeTo(2, 2e-6);
    });

    it("keeps the direction", () => {
      const clipped = clipToNorm(Float32Array.of(30, -40), 5);
      expect(clipped[0]).to.be.closeTo(3, 1e-5);
      expect(clipped[1]).to.be.closeTo(-4, 1e-5);
    });

    it("leaves what is not finite for the quantisation to refuse", () => {
      for (const bad of [NaN, Infinity, -Infinity]) {
        const clipped = clipToNorm(Float32Array.of(1, bad, 2), 1);
        expect(() => quantise(clipped, SETTING)).to.throw("Training has diverged");
      }
    });
  });

  describe("the plan", () => {
    it("counts rounding and the heaviest weight in what one trainer can change", () => {
      for (let trial = 0; trial < 60; trial++) {
        const parameters = 1 + random.below(2_000);
        const fractionBits = 3 + random.below(12);
        const mostWeight = 1 + random.below(20);
        const setting = { ...SETTING, parameters, fractionBits, clip: 4, mostWeight };
        const { sensitivity } = noisePlanWithRoom(setting);
        const delta = clipToNorm(lanesOf(parameters, 10 ** (random.below(6) - 4)), DP.clipNorm);
        expect(normOf(weigh(quantise(delta, setting), mostWeight))).to.be.at.most(sensitivity);
      }
    });

    it("splits the noise so that the fewest trainers of a round carry all of it", () => {
      const { sensitivity, trainerSigma } = noisePlan(DP, SETTING);
      const ofSum = trainerSigma * Math.sqrt(SETTING.minSummed);
      expect(ofSum / sensitivity).to.be.within(DP.noiseMultiplier, DP.noiseMultiplier * 1.001);
    });

    it("counts no noise of the tolerated colluders", () => {
      const { sensitivity, trainerSigma } = noisePlan({ ...DP, colluders: 3 }, SETTING);
      expect(trainerSigma / sensitivity, "all but one: each carries it alone").to.be.within(1, 1.001);
      expect(() => noisePlan({ ...DP, colluders: 4 }, SETTING)).to.throw(
        NoiseDoesNotFit,
        "below 4, the fewest updates in a sum",
      );
    });

    it("refuses noise so small that it would be coarse", () => {
      const coarse = { ...SETTING, fractionBits: 4, parameters: 4 };
      expect(() => noisePlan({ ...DP, noiseMultiplier: 0.5 }, coarse)).to.throw(NoiseDoesNotFit, "fractionBits");
    });

    it("needs room for the clip norm and ten sigmas in a lane of weight 1", () => {
      const { trainerSigma } = noisePlan(DP, SETTING);
      const needed = (DP.clipNorm * 2 ** 16 + 1 + ROOM_SIGMAS * trainerSigma) / 2 ** 16;
      expect(() => noisePlan(DP, { ...SETTING, clip: needed })).not.to.throw();
      expect(() => noisePlan(DP, { ...SETTING, clip: needed * 0.999 })).to.throw(NoiseDoesNotFit);
    });

    it("names the fields, and each change that it proposes fits", () => {
      const setting = { ...SETTING, clip: 8, mostWeight: 10, fractionBits: 20 };
      const message = messageOf(() => noisePlan(DP, setting));
      expect(message).to.match(/fixedPoint\.clip is 8, but a lane needs room up to 25\.\d+/);
      const proposals = message.slice(message.indexOf("would fit"));
      const proposed = (pattern: RegExp) => Number(pattern.exec(proposals)?.[1]);
      const clip = proposed(/fixedPoint\.clip (\d[\d.]*\d)/);
      const fractionBits = proposed(/with fractionBits (\d+)/);
      expect(() => checkNoOverflow({ ...setting, ...SEALED, clip })).to.throw();
      checkNoOverflow({ ...setting, ...SEALED, clip, fractionBits });
      noisePlan(DP, { ...setting, clip, fractionBits });
      noisePlan({ ...DP, clipNorm: proposed(/differentialPrivacy\.clipNorm (0[\d.]*\d)/) }, setting);
      noisePlan({ ...DP, noiseMultiplier: proposed(/differentialPrivacy\.noiseMultiplier (0[\d.]*\d)/) }, setting);
      noisePlan(DP, { ...setting, mostWeight: proposed(/weight\.maxUnits (\d+)/) });
      expect(message).to.include('the strategy "FedAvg" and "weighted" false');
    });

    it("proposes nothing that cannot be", () => {
      const message = messageOf(() => noisePlan({ ...DP, clipNorm: 1_000 }, SETTING));
      expect(message).to.not.match(/(NaN|Infinity|-\d)/);
      expect(message).to.include("clipNorm 1.");
    });
  });

  describe("the noise", () => {
    const plan = { clipNorm: 1, sensitivity: 3_000, trainerSigma: 1_000 };

    it("makes the sum over the fewest trainers as noisy as planned, and unbiased", async () => {
      const trainers = 4;
      const sum = new Float64Array(20_000);
      for (let trainer = 0; trainer < trainers; trainer++) {
        const noisy = await withNoise(new Int32Array(sum.length), plan, 1e6, never, () => random.uint32());
        noisy.forEach((lane, i) => (sum[i] = sum[i]! + lane));
      }
      const deviation = normOf(sum) / Math.sqrt(sum.length);
      expect(deviation / (1_000 * Math.sqrt(trainers))).to.be.closeTo(1, 6 / Math.sqrt(2 * sum.length));
      const mean = sum.reduce((all, lane) => all + lane) / sum.length;
      expect(Math.abs(mean)).to.be.lessThan((6 * 2_000) / Math.sqrt(sum.length));
    });

    it("is another with every call and leaves the vector as it was", async () => {
      const lanes = Int32Array.from({ length: 64 }, (_, i) => 100 * i);
      const [first, second] = [await withNoise(lanes, plan, 1e6, never), await withNoise(lanes, plan, 1e6, never)];
      expect(first).not.to.deep.equal(second);
      expect(lanes[63]).to.equal(6_300);
    });

    it("keeps lanes within the limit, also at the end of 32 bits", async () => {
      const lanes = Int32Array.from({ length: 2_000 }, (_, i) => (i % 2 === 0 ? 1_500 : -1_500));
      const narrow = await withNoise(lanes, plan, 1_500, never);
      expect([Math.min(...narrow), Math.max(...narrow)]).to.deep.equal([-1_500, 1_500]);
      const end = await withNoise(
        lanes.map(Math.sign).map((sign) => sign * (2 ** 31 - 1)),
        plan,
        2 ** 31,
        never,
      );
      expect(Math.max(...end)).to.equal(2 ** 31 - 1);
      end.forEach((lane, i) => expect(Math.sign(lane)).to.equal(Math.sign(lanes[i]!)));
    });

    it("stops when asked to, and lets others work meanwhile", async () => {
      const abort = new AbortController();
      const noise = withNoise(new Int32Array(10_000_000), plan, 1e6, abort.signal);
      setImmediate(() => abort.abort());
      expect((await rejection(noise, Error)).name).to.equal("AbortError");
    });
  });

  describe("the task's section", () => {
    const complaint = (value: unknown) => differentialPrivacySchema.safeParse(value).error?.issues[0];

    it("takes the numbers, a ceiling and colluders", () => {
      expect(complaint(DP)).to.equal(undefined);
      expect(complaint({ ...DP, maxEpsilon: 8, colluders: 1 })).to.equal(undefined);
    });

    it("refuses a ceiling below the first round, and says what that costs", () => {
      const issue = complaint({ ...DP, maxEpsilon: 2 });
      expect(issue?.path).to.deep.equal(["maxEpsilon"]);
      expect(issue?.message).to.include("at least 4.73");
    });

    for (const [field, value] of [
      ["clipNorm", 0],
      ["noiseMultiplier", -1],
      ["delta", 1],
      ["colluders", 0.5],
    ] as const) {
      it(`refuses a ${field} of ${value}`, () => {
        expect(complaint({ ...DP, [field]: value })?.path).to.deep.equal([field]);
      });
    }
  });

  /** The plan where there is all the room it needs and the noise is not coarse. */
  function noisePlanWithRoom(setting: NoiseSetting) {
    return noisePlan({ ...DP, noiseMultiplier: 100 }, { ...setting, clip: 2 ** (30 - setting.fractionBits) });
  }
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof NoiseDoesNotFit) return error.message;
  }
  throw new Error("It fits.");
}
