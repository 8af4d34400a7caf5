/** The made-up task that contract tests and chain tests open, and the made-up updates that its trainers send. */
import { getBytes, hexlify, id } from "ethers";
import type { SeatStatus } from "../../trainer/chain/taskState.ts";
import { keyAddress, maskHash } from "../../trainer/privacy/dealing.ts";
import { provePossession } from "../../trainer/privacy/possession.ts";
import { deriveRoundSecrets } from "../../trainer/privacy/roundSecrets.ts";
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
  minSummed: 2,
  maxTrainers: 4,
  shareThreshold: 0,
  cohorts: 0,
  trim: 0,
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

/** In the order of ITrainingTask.SeatStatus. */
export const SEAT_STATUSES = [
  "Vacant",
  "Entered",
  "Shared",
  "Committed",
  "Revealed",
  "Rebuilt",
  "Struck",
  "Expelled",
  "Settled",
] as const satisfies readonly (SeatStatus | "Vacant" | "Settled")[];

export const GENESIS = { modelRoot: id("model 0"), modelId: id("model 0 content"), manifestId: id("manifest") };

/** What the trainer at this address commits to in a round and later reveals, in the task with this domain. */
export function madeUpUpdate(domain: string, round: number, trainer: string) {
  const name = `${round} ${trainer}`;
  const opening = { root: id(`root ${name}`), contentKeyHash: id(`key ${name}`) };
  const commitment = updateCommitment({ domain, round, trainer, ...opening });
  return { ...opening, contentId: id(`content ${name}`), commitment };
}

/**
 * All that the trainer at this address makes for a masked round, in the task with this domain: real secrets and a real proof
 * that it has its round key; shares and update are names.
 */
export function madeUpDealing(domain: string, round: number, trainer: string) {
  const name = `${round} ${trainer}`;
  const privateKey = getBytes(id(`encryption key of ${trainer}`));
  const secrets = deriveRoundSecrets(privateKey, getBytes(id(`nonce ${round}`)), { domain, round });
  return {
    key: hexlify(secrets.key),
    seed: hexlify(secrets.seed),
    keyAddress: keyAddress(secrets.key),
    maskHash: maskHash(secrets.seed),
    sharesHash: id(`shares ${name}`),
    sharesId: id(`shares id ${name}`),
    root: id(`masked root ${name}`),
    contentId: id(`masked content ${name}`),
    ...provePossession(secrets.key, { domain, round, trainer }),
  };
}
