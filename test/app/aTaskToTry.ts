// Tasks whose models a page can fetch: opened by a sponsor whose store has a gateway.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet, parseEther, toQuantity } from "ethers";
import { createSender } from "../../trainer/chain/sender.ts";
import type { Sender } from "../../trainer/chain/sender.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import { loadMnist } from "../../trainer/learning/datasets/mnist.ts";
import { createModel } from "../../trainer/learning/model.ts";
import { train } from "../../trainer/learning/train.ts";
import { createLog } from "../../trainer/observe/log.ts";
import { newEncryptionKeyPair } from "../../trainer/privacy/envelope.ts";
import { register } from "../../trainer/roles/directory.ts";
import { escrowAndOpen, rulesHere } from "../../trainer/roles/escrow.ts";
import { openTask, storeGenesis } from "../../trainer/roles/sponsor.ts";
import type { TaskFile } from "../../trainer/roles/taskFile.ts";
import type { ContentStore } from "../../trainer/storage/contentStore.ts";
import { serveGateway } from "../../trainer/storage/gateway.ts";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";
import type { LocalChain } from "../support/localChain.ts";

export interface Sponsor {
  readonly wallet: Wallet;
  readonly store: ContentStore;
  /** Of the store. */
  readonly gateway: string;
  open(file: TaskFile, weights?: Float32Array): Promise<number>;
  /** A task of which the chain says another model than its content is. */
  openFalse(file: TaskFile): Promise<number>;
  /** Registers the store and keeps what a task of this file begins with, as `foedus serve FILE` does. */
  hold(file: TaskFile): Promise<void>;
  close(): Promise<void>;
}

export async function aSponsor(chain: LocalChain): Promise<Sponsor> {
  const { deployment, provider } = chain;
  const wallet = new Wallet(Wallet.createRandom().privateKey);
  await chain.rpc("hardhat_setBalance", wallet.address, toQuantity(parseEther("100")));
  const rich = await chain.account(0);
  await (await deployment.stakeToken.connect(rich).transfer(wallet.address, 10_000n * 10n ** 18n)).wait();
  const ends = new AbortController();
  const sender: Sender = createSender({
    ...{ wallet: wallet.connect(provider), provider, pollMs: 50, stuckAfterMs: 10_000 },
    ...{ maxFeePerGas: 10n ** 12n, signal: ends.signal, onTrouble: () => undefined },
  });
  const folder = await mkdtemp(join(tmpdir(), "foedus-sponsor-"));
  const store = await openHeliaStore({ folder });
  const gateway = await serveGateway(store, { host: "127.0.0.1", port: 0 });
  const party = {
    ...{ deployment, sender, store, signal: ends.signal, encryptionKey: await newEncryptionKeyPair() },
    log: createLog({ name: "sponsor", level: "silent", json: false }),
  };
  return {
    wallet,
    store,
    gateway: gateway.url,
    open: async (file, weights) => (await openTask(party, file, weights)).id,
    async openFalse(file) {
      const rules = await rulesHere(deployment, sender.address, file);
      const [{ modelRoot }, genesis] = [
        await storeGenesis(store, { ...file, seed: "another" }, rules),
        await storeGenesis(store, file, rules),
      ];
      return (await escrowAndOpen(party, rules, { ...genesis, modelRoot })).id;
    },
    async hold(file) {
      await register(deployment, sender, party.encryptionKey, store);
      await storeGenesis(store, file, await rulesHere(deployment, sender.address, file));
    },
    async close() {
      ends.abort();
      await gateway.close();
      await store.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const RULES = {
  training: { epochs: 1, batchSize: 16, learningRate: 0.1, optimizer: "sgd" },
  rounds: 2,
  trainers: { min: 1, max: 4 },
  weight: { unitSamples: 10, maxUnits: 10 },
  fixedPoint: { fractionBits: 20, clip: 1 },
  seconds: {
    ...{ enter: 60, commit: 60, reveal: 30, attest: 10, grace: 5, propose: 30, challenge: 10, disclose: 1 },
    retention: 600,
  },
  stake: { min: "100", missFine: "5", fraudFine: "80" },
  rewards: { data: "6", compute: "4", aggregator: "2", advance: "1" },
  seed: 1,
} satisfies Partial<TaskFile>;

export const DIGITS: TaskFile = {
  ...RULES,
  title: "Digits <script>alert(1)</script>",
  architecture: { kind: "mlp", inputs: [784], hidden: [], classes: 10 },
  data: { kind: "mnist" },
};

/** Whoever is old is ill, by weights that can be read. */
export const PATIENTS: TaskFile = {
  ...RULES,
  title: "Patients",
  architecture: { kind: "mlp", inputs: [13], hidden: [], classes: 2 },
  data: {
    ...{ kind: "csv", label: "state", classes: ["healthy", "ill"] },
    features: [
      { column: "age", mean: 50, std: 10 },
      { column: "sex", values: ["female", "male"] },
      { column: "smoker", values: ["yes", "no"], missing: "value" },
      { column: "admitted", calendar: ["weekday"] },
    ],
  },
};

export function ageDecides(): Float32Array {
  const weights = new Float32Array(2 * 13 + 2);
  weights[0] = -2;
  weights[13] = 2;
  return weights;
}

/** A logistic regression that tells most digits apart. */
export async function digitWeights(): Promise<Float32Array> {
  const rows = Uint32Array.from({ length: 4_000 }, (_, row) => row);
  const model = createModel(await openBackend(), DIGITS.architecture, 1);
  const settings = { epochs: 4, batchSize: 32, learningRate: 0.2, optimizer: "sgd" } as const;
  await train(model, await loadMnist("train", { rows }), { ...settings, seed: 1 });
  const weights = model.readWeights();
  model.dispose();
  return weights;
}
