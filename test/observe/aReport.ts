// A report as a demo leaves it: five trainers, eight rounds, one of them killed on the way.
import type { Report, ReportDispute, ReportPrivacy, ReportScenario } from "../../trainer/observe/report.ts";

const ACCURACIES = [0.8571, 0.9262, 0.9438, 0.9554, 0.9631, 0.9682, 0.9711, 0.9734];
const SHARES = [
  [412, 2210, 95, 1804, 33, 760, 2950, 12, 640, 1511],
  [1870, 40, 1302, 220, 2611, 1405, 88, 930, 1733, 402],
  [96, 1511, 2433, 1004, 712, 66, 1190, 2870, 301, 870],
  [2544, 803, 410, 2291, 150, 2087, 505, 1401, 44, 1933],
  [1001, 2178, 1718, 812, 2336, 1103, 1185, 1052, 3133, 1233],
];

/** A wrong sum, proved. */
export function aDispute(change: Partial<ReportDispute> = {}): ReportDispute {
  return {
    round: 2,
    fault: "wrongSum",
    trainer: "trainer 4",
    challenger: "trainer 1",
    chunk: 1135,
    gas: { prepare: 51_034, verdict: 279_922 },
    seconds: 6,
    taken: "80000000000000000000",
    rewarded: "32000000000000000000",
    burnt: "48000000000000000000",
    successor: "trainer 5",
    ...change,
  };
}

/** Eight rounds of a task with differential privacy. */
export function aPrivacy(change: Partial<ReportPrivacy> = {}): ReportPrivacy {
  return {
    clipNorm: 0.5,
    noiseMultiplier: 2,
    epsilon: 7.0731,
    delta: 1e-5,
    rounds: 8,
    scope: "It holds against whoever adds no noise itself.",
    ...change,
  };
}

/** Three plants, by a share and by a number with a unit. */
export function aScenario(change: Partial<ReportScenario> = {}): ReportScenario {
  const each = (...scores: readonly (number | null)[]) =>
    scores.map((score, i) => ({ trainer: ["waterworks", "refinery", "paper mill"][i] ?? "", score }));
  return {
    name: "equipment",
    title: "Pumps: healthy or which fault (simulated readings)",
    story: "SIMULATED: no machine was measured. Three plants look at their pumps.",
    isSimulated: true,
    testRows: 720,
    baseline: "the most frequent class",
    lines: [
      {
        measure: { name: "macro F1", better: "higher" },
        baseline: 0.1332,
        alone: { mean: 0.5004, least: 0.4126, largest: 0.6018, each: each(0.4126, 0.6018, 0.4868) },
        federated: 0.8311,
        pooled: 0.8519,
      },
      {
        measure: { name: "MAE", better: "lower", unit: "days" },
        baseline: 31.26,
        alone: { mean: null, least: null, largest: null, each: each(null, 12.04, 14.9) },
        federated: 9.876,
        pooled: 9.5,
      },
    ],
    ...change,
  };
}

/** A sound report; `change` may spoil it. */
export function aReport(change: (report: Report) => void = () => {}): Report {
  const report: Report = {
    config: {
      model: "mlp",
      trainers: 5,
      rounds: ACCURACIES.length,
      alpha: 0.5,
      seed: 42,
      parameters: 101_770,
      token: { symbol: "FDS", decimals: 18 },
      shards: SHARES.map((perClass, index) => ({
        trainer: `trainer ${index + 1}`,
        samples: perClass.reduce((sum, samples) => sum + samples, 0),
        perClass,
      })),
      measure: { name: "accuracy", better: "higher" },
      loss: "cross-entropy",
      privacy: "sealed",
      chainId: 31337,
      task: "0x5FbDB2315678afecb367f032d93F642f64180aa3",
      backend: "wasm",
    },
    rounds: ACCURACIES.map((score, index) => ({
      round: index + 1,
      score,
      loss: 0.52 / (1 + index * 0.7),
      trainers: index === 1 ? 4 : 5,
      gas: {
        enter: index === 0 ? 291_405 : 0,
        commit: index === 1 ? 312_020 : 389_115 + index * 17,
        reveal: 221_730 - index * 40,
        propose: 118_204,
        finalise: 87_033,
      },
      bytes: 10_212_400 + index * 1013,
      seconds: {
        train: 14.2 + (index % 3),
        encrypt: 0.031,
        transfer: 0.84 + index * 0.02,
        chain: 1.9 + (index === 1 ? 2.4 : 0),
        total: 18.1 + (index % 3) + (index === 1 ? 3.1 : 0),
      },
    })),
    claims: ["1710250000000000000000", "1634100000000000000000", "1692000000000000000001", "1848150000000000000000"]
      .concat("2115500000000000000000")
      .map((amount, index) => ({ trainer: `trainer ${index + 1}`, amount })),
    budget: {
      escrowed: "10000000000000000000000",
      paid: "9000000000000000000001",
      slashed: "0",
      returned: "999999999999999999999",
    },
    final: { score: 0.9734, seconds: 163.4, coordinationShare: 0.173 },
    story: [
      { second: 21.3, text: "trainer 3 was killed in round 2" },
      { second: 27.9, text: "round 2 went on with 4 trainers" },
      { second: 41, text: "trainer 3 came back from chain and IPFS and committed" },
    ],
  };
  change(report);
  return report;
}
