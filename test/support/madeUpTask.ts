/** The made-up task that contract tests and chain tests open, and the made-up updates that its trainers send. */
import { id } from "ethers";
import { updateCommitment } from "../../trainer/protocol/commitments.ts";

export const TOKEN = 10n ** 18n;

/** The rules a test's task has where it does not say otherwise; modes as the contract numbers them. */
export const RULES = {
  privacy: 0,
  serverRule: 0,
  serverRate: 0,
  momentum: 0,
  secondMomentum: 0,
  adaptivity: 0,
  parameters: 1000,
  fractionBits: 20,
  bound: 1 << 20,
  minTrainers: 2,
  maxTrainers: 4,
  shareThreshold: 0,
  maxWeight: 31,
  weightUnit: 100,
  rounds: 3,
  enterSeconds: 60,
  shareSeconds: 0,
  commitSeconds: 600,
  revealSeconds: 60,
  recoverSeconds: 0,
  attestSeconds: 30,
  graceSeconds: 30,
  proposeSeconds: 120,
  challengeSeconds: 60,
  discloseSeconds: 20,
  blameSeconds: 0,
  retentionSeconds: 604_800,
  minStake: 100n * TOKEN,
  missFine: 4n * TOKEN,
  fraudFine: 50n * TOKEN,
  challengeGasPrice: 1_000_000_000n,
  dataPot: 60n * TOKEN,
  maxDataRate: 2n ** 128n - 1n,
  computePot: 40n * TOKEN,
  aggregatorPay: 2n * TOKEN,
  advanceTip: 1n * TOKEN,
};

export const GENESIS = { modelRoot: id("model 0"), modelId: id("model 0 content"), manifestId: id("manifest") };

/** What the trainer at this address commits to in a round and later reveals, in the task with this domain. */
export function madeUpUpdate(domain: string, round: number, trainer: string) {
  const name = `${round} ${trainer}`;
  const opening = { root: id(`root ${name}`), contentKeyHash: id(`key ${name}`) };
  const commitment = updateCommitment({ domain, round, trainer, ...opening });
  return { ...opening, contentId: id(`content ${name}`), commitment };
}
