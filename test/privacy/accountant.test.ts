import { expect } from "chai";
import {
  epsilonAfter,
  gaussianDivergence,
  roundsWithin,
  sampledGaussianDivergence,
} from "../../trainer/privacy/accountant.ts";
import type { GaussianRounds } from "../../trainer/privacy/accountant.ts";

const MNIST = 256 / 60_000;
/** noise multiplier, sampling rate, rounds, delta, epsilon. */
type Cell = readonly [number, number, number, number, number];

/** dp-accounting 0.6.0 (PyPI): RdpAccountant, GaussianDpEvent, add or remove one, its default orders. */
const DP_ACCOUNTING: readonly Cell[] = [
  [1, 1, 1, 1e-5, 4.728507067217623],
  [0.5, 1, 1, 1e-5, 10.725509696418232],
  [2, 1, 10, 1e-5, 8.079406222420491],
  [4, 1, 100, 1e-5, 14.132226163159334],
  [1, 1, 20, 1e-6, 32.23843939256122],
  [10, 1, 1_000, 1e-6, 20.551991629803823],
  [30, 1, 1, 1e-2, 0.020375118169500866],
  [1.1, MNIST, 14_063, 1e-5, 2.596655529521983],
  [1.3, MNIST, 3_516, 1e-5, 0.9545639531461374],
  [4, 0.01, 10_000, 1e-5, 1.0354900660362436],
  [8, 0.02, 5_000, 1e-6, 0.7953808233407362],
];

/** Opacus 1.6.0 (PyPI): accountants.analysis.rdp, orders 1.1 to 10.9 by tenths and 12 to 63. */
const OPACUS: readonly Cell[] = [
  [1, 1, 1, 1e-5, 4.728507067217623],
  [2, 1, 10, 1e-5, 8.079406222420491],
  [1.1, MNIST, 14_063, 1e-5, 2.5966555286883684],
  [1.3, MNIST, 3_516, 1e-5, 0.9545639531462444],
  [0.7, MNIST, 10_547, 1e-5, 6.3183839653375635],
  [4, 0.01, 10_000, 1e-5, 1.0354900660362476],
  [1, 0.1, 100, 1e-6, 8.914791986329927],
  [2, 0.5, 50, 1e-5, 10.277893380848077],
  [8, 0.02, 5_000, 1e-6, 0.7953808233412204],
];

describe("accountant", () => {
  for (const [source, cells] of Object.entries({ "dp-accounting": DP_ACCOUNTING, Opacus: OPACUS })) {
    for (const [noiseMultiplier, samplingRate, rounds, delta, epsilon] of cells) {
      it(`agrees with ${source}: z ${noiseMultiplier}, q ${samplingRate.toPrecision(3)}, ${rounds} rounds`, () => {
        const spent = epsilonAfter(rounds, { noiseMultiplier, samplingRate, delta });
        expect(spent / epsilon).to.be.closeTo(1, 1e-6);
      });
    }
  }

  // With the conversion of Mironov 2017 that these were published with: rdp + log(1/delta) / (order - 1).
  for (const [source, noiseMultiplier, samplingRate, rounds, epsilon] of [
    ["Abadi and others 2016, section 5.1 (q 0.01, 100 epochs)", 4, 0.01, 10_000, 1.26],
    ["the MNIST table of TensorFlow Privacy's tutorial, 15 epochs", 1.3, MNIST, 3_516, 1.19],
    ["the MNIST table of TensorFlow Privacy's tutorial, 60 epochs", 1.1, MNIST, 14_063, 3.01],
    ["the MNIST table of TensorFlow Privacy's tutorial, 45 epochs", 0.7, MNIST, 10_547, 7.1],
  ] as const) {
    it(`agrees with ${source}: epsilon ${epsilon}`, () => {
      const tenths = Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10);
      const whole = Array.from({ length: 54 }, (_, i) => 11 + i);
      const spentAt = (order: number) =>
        rounds * sampledGaussianDivergence(order, noiseMultiplier, samplingRate) - Math.log(1e-5) / (order - 1);
      const spent = Math.min(...[...tenths, ...whole].map(spentAt));
      expect(spent).to.be.closeTo(epsilon, 0.005);
    });
  }

  // Opacus 1.6.0: compute_rdp with one step.
  for (const [order, noiseMultiplier, samplingRate, divergence] of [
    [1.5, 4, 0.01, 4.835493180200857e-6],
    [2.5, 1.1, MNIST, 2.9358070265466377e-5],
    [4.7, 1, 0.3, 0.9116260347174876],
    [1.5, 1, 0.3, 0.09356366648837722],
    [17.3, 1.1, MNIST, 1.3574081196470504],
    [2, 1, 0.3, 0.14379325],
    [8, 4, 0.01, 2.5899123e-5],
    [32, 1.1, MNIST, 7.59018835],
  ] as const) {
    it(`agrees with Opacus on the divergence of order ${order}, z ${noiseMultiplier}, q ${samplingRate}`, () => {
      const own = sampledGaussianDivergence(order, noiseMultiplier, samplingRate);
      expect(own / divergence).to.be.closeTo(1, 1e-6);
    });
  }

  it("has fractional orders lie between the whole ones", () => {
    for (const z of [0.8, 2, 8]) {
      for (let order = 2; order < 10; order++) {
        const at = (x: number) => sampledGaussianDivergence(x, z, 0.05);
        expect(at(order + 0.5)).to.be.within(at(order), at(order + 1));
      }
    }
  });

  it("has a sampled round approach a whole one as the sampling rate nears 1", () => {
    const [sampled, whole] = [sampledGaussianDivergence(6, 2, 1 - 1e-9), gaussianDivergence(6, 2)];
    expect(sampled / whole).to.be.closeTo(1, 1e-6);
  });

  it("never says less than what the Gaussian mechanism exactly costs (Balle and Wang 2018)", () => {
    for (const noiseMultiplier of [0.6, 1, 3]) {
      for (const rounds of [1, 7, 50]) {
        const delta = 1e-5;
        const epsilon = epsilonAfter(rounds, { noiseMultiplier, delta });
        const exact = exactDelta(epsilon, noiseMultiplier / Math.sqrt(rounds));
        expect(exact).to.be.within(delta / 100, delta);
      }
    }
  });

  it("costs nothing before the first round, and more with each", () => {
    const mechanism: GaussianRounds = { noiseMultiplier: 1.5, delta: 1e-5 };
    expect(epsilonAfter(0, mechanism)).to.equal(0);
    const spent = Array.from({ length: 40 }, (_, rounds) => epsilonAfter(rounds, mechanism));
    spent.slice(1).forEach((epsilon, i) => expect(epsilon).to.be.greaterThan(spent[i]!));
  });

  it("counts how many rounds a ceiling allows, to the last one", () => {
    for (const [noiseMultiplier, maxEpsilon] of [
      [2, 8],
      [1, 4],
      [20, 3],
      [0.8, 50],
    ] as const) {
      const mechanism = { noiseMultiplier, delta: 1e-5 };
      const rounds = roundsWithin(maxEpsilon, mechanism);
      expect(epsilonAfter(rounds, mechanism)).to.be.at.most(maxEpsilon);
      expect(epsilonAfter(rounds + 1, mechanism)).to.be.greaterThan(maxEpsilon);
    }
    expect(roundsWithin(1, { noiseMultiplier: 1, delta: 1e-5 }), "not even one").to.equal(0);
  });

  for (const [field, mechanism] of [
    ["noise multiplier", { noiseMultiplier: 0, delta: 1e-5 }],
    ["sampling rate", { noiseMultiplier: 1, samplingRate: 1.1, delta: 1e-5 }],
    ["Delta", { noiseMultiplier: 1, delta: 0 }],
  ] as const) {
    it(`refuses a ${field} out of range`, () => {
      expect(() => epsilonAfter(1, mechanism)).to.throw(RangeError, field);
    });
  }
});

/** delta(epsilon) of the Gaussian mechanism, by theorem 8 of Balle and Wang. */
function exactDelta(epsilon: number, z: number): number {
  return normalTail(epsilon * z - 1 / (2 * z)) - Math.exp(epsilon) * normalTail(epsilon * z + 1 / (2 * z));
}

/** P(N(0, 1) > x), by Simpson's rule. */
function normalTail(x: number): number {
  const steps = 20_000;
  const width = 14 / steps;
  const density = (at: number) => Math.exp((-at * at) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(x) + density(x + 14);
  for (let i = 1; i < steps; i++) sum += density(x + i * width) * (i % 2 === 1 ? 4 : 2);
  return (sum * width) / 3;
}
