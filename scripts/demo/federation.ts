/** The story of one demonstration, from the first block to the last claim. */
import { join } from "node:path";
import { Wallet } from "ethers";
import { findDeployment } from "../../trainer/chain/findDeployment.ts";
import type { Deployment } from "../../trainer/chain/deployment.ts";
import { readTask } from "../../trainer/chain/followTask.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";
import { unitOf } from "../../trainer/chain/tokenUnit.ts";
import { DEFAULT_MAX_FEE_PER_GAS, createSender } from "../../trainer/chain/sender.ts";
import type { Sender } from "../../trainer/chain/sender.ts";
import { openBackend } from "../../trainer/learning/openBackend.ts";
import { createLog } from "../../trainer/observe/log.ts";
import type { Progress } from "../../trainer/observe/progress.ts";
import type { Report } from "../../trainer/observe/report.ts";
import { newEncryptionKeyPair } from "../../trainer/privacy/envelope.ts";
import { openTask } from "../../trainer/roles/sponsor.ts";
import { serveGateway } from "../../trainer/storage/gateway.ts";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";
import { checkBalances, readBalances, refund, slashedStake } from "./accounts.ts";
import { startCohort } from "./cohort.ts";
import { configOf } from "./demoConfig.ts";
import { reportOf, scoresOf } from "./demoReport.ts";
import { demoTask } from "./demoTask.ts";
import { deployTo } from "./deploy.ts";
import { disputesOf } from "./disputes.ts";
import { startLocalChain } from "./localChain.ts";
import { lookOn } from "./onlooker.ts";
import type { Observed } from "./onlooker.ts";
import type { DemoOptions } from "./options.ts";
import type { Processes } from "./processes.ts";
import { announceDemo, announceScores } from "./running.ts";
import { compareScenario } from "./scenarioReport.ts";
import { createStory } from "./story.ts";
import { subjectOf } from "./subject.ts";
import type { Subject } from "./subject.ts";
import { createTrainerAccount } from "./trainerProcess.ts";

export interface Surroundings {
  /** For everything that is written; the caller removes it. */
  readonly folder: string;
  readonly password: string;
  readonly processes: Processes;
  readonly progress: Progress;
  /** Told how it went while the chain still runs; it ends when this has returned. */
  readonly show: (report: Report) => Promise<void>;
  readonly signal: AbortSignal;
}

const TOKEN = 10n ** 18n;
const CHEAT_ROUND = 2;
/** What a sponsor brings for each round, and each trainer for its stake and some fines. */
const PURSE = { sponsorPerRound: 200n * TOKEN, trainer: 300n * TOKEN };

export async function runFederation(options: DemoOptions, surroundings: Surroundings): Promise<void> {
  const { folder, password, processes, progress, show, signal } = surroundings;
  const story = createStory(progress);
  const [url, subject] = await Promise.all([startLocalChain(processes, signal), subjectOf(options, signal)]);
  progress.note(introductionOf(subject, options.seed));
  const { shards, scenario } = subject;
  const file = demoTask(options, subject);

  const [local, accounts] = await Promise.all([
    deployTo(url, folder),
    Promise.all(shards.map((shard) => createTrainerAccount(folder, shard, password))),
  ]);
  story.tell(`Foedus is deployed on a local chain (${url})`);
  const provider = await connectRpc({ url, retries: 5, signal });
  const deployment = await findDeployment(provider, local.foedus);
  const sponsor = sponsorOf(deployment, signal);
  await local.fund([
    { address: sponsor.address, tokens: PURSE.sponsorPerRound * BigInt(file.rounds) },
    ...accounts.map(({ address }) => ({ address, tokens: PURSE.trainer })),
  ]);
  await local.close();

  const store = await openHeliaStore({ folder: join(folder, "sponsor"), signal });
  const gateway = await serveGateway(store, { host: "127.0.0.1", port: 0 });
  const silence = await announceDemo({ rpc: url, foedus: local.foedus, gateway: gateway.url });
  try {
    const backend = await openBackend();
    const log = createLog({ name: "sponsor", level: "silent", json: false });
    const encryptionKey = await newEncryptionKeyPair();
    const party = { deployment, sender: sponsor, encryptionKey, store, log, signal };
    const { id, task, budget } = await openTask(party, file);
    const opened = await findTask(deployment, task);
    const holders = { sponsor: sponsor.address, trainers: accounts.map(({ address }) => address), task };
    const before = await readBalances(deployment, holders);
    story.tell(`The sponsor opened task ${id} and escrowed ${budget / TOKEN} tokens for ${file.rounds} rounds`);

    const federation = {
      ...{ rpc: url, foedus: local.foedus, task: id, privacy: options.privacy, seed: options.seed },
      ...(subject.path === undefined ? {} : { data: subject.path }),
    };
    const { cheat, drop } = options;
    const withAccident = canHaveAccident(options, subject);
    const plan = cheat && { cheat, round: Math.min(CHEAT_ROUND, file.rounds) };
    const unit = await unitOf(deployment.stakeToken);
    const cohort = startCohort(processes, accounts, federation, {
      ...{ withAccident, drop, plan, unit, progress, story, signal },
    });
    const nameOf = (account: string) => accounts.find(({ address }) => address === account)?.name ?? account;
    const known = configOf(options, subject, undefined, { deployment, opened, unit, backend });
    const onWorth = (worth: Observed["worth"]) => announceScores(scoresOf(known, worth, subject.measure));
    const onlooking = { progress, story, nameOf, onWorth, signal };
    const looking = lookOn(deployment, opened, store, backend, subject, onlooking);
    const [observed] = await Promise.all([looking, cohort.claimed]);
    const [seconds, trainingSeconds] = [story.now(), cohort.trainingSeconds()];

    const state = await readTask(provider, opened, { confirmations: 0, signal });
    const claims = accounts.map(({ name, address }) => ({ name, amount: state.claimed.get(address) ?? 0n }));
    const returned = await refund(deployment, opened, sponsor, budget);
    const settled = { budget, claims, returned, ...(await slashedStake(deployment, opened)) };
    checkBalances(before, await readBalances(deployment, holders), settled);
    story.tell("Every trainer has claimed; the balances add up to the last unit");

    const worth = observed.worth.get(state.model.round);
    const compared =
      scenario &&
      worth &&
      (await compareScenario(scenario, worth.scores, {
        ...{ backend, rounds: file.rounds, seed: options.seed, story, progress, signal },
      }));
    const config = configOf(options, subject, compared?.perClass, { deployment, opened, unit, backend });
    const disputes = await disputesOf(deployment, opened, state, nameOf);
    const { differentialPrivacy: privacy } = file;
    const seen = {
      ...{ cohort, observed, settled, seconds, trainingSeconds, disputes, story: story.lines, privacy },
      ...{ measure: subject.measure, scenario: compared?.report },
    };
    await show(await reportOf(provider, opened, state, config, seen));
  } finally {
    await silence();
    await gateway.close();
    await store.stop();
    provider.destroy();
  }
}

/** A power cut at one of the trainers is a story of its own, and takes training that lasts. */
function canHaveAccident({ trainers, cheat, drop }: DemoOptions, { rounds, scenario }: Subject): boolean {
  return trainers > 2 && rounds > 1 && cheat === undefined && drop === 0 && scenario === undefined;
}

function introductionOf({ scenario, alpha }: Subject, seed: number): string {
  return scenario === undefined
    ? `Dirichlet alpha ${alpha}, seed ${seed}`
    : `${scenario.title}. ${scenario.story} Seed ${seed}.`;
}

function sponsorOf({ provider }: Deployment, signal: AbortSignal): Sender {
  return createSender({
    wallet: Wallet.createRandom(),
    provider,
    pollMs: 50,
    stuckAfterMs: 10_000,
    maxFeePerGas: DEFAULT_MAX_FEE_PER_GAS,
    signal,
  });
}
