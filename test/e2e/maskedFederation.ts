/**
 * A masked federation of real processes: each trainer speaks to the chain through a proxy that lets it vanish at the very
 * moment when what it sends would leave it. Afterwards, what each of them knew, from its keys, its journal and its store.
 */
import { expect } from "chai";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Transaction, getBytes } from "ethers";
import type { TransactionDescription } from "ethers";
import { maskedTaskAt } from "../../trainer/chain/contracts.ts";
import { readTask } from "../../trainer/chain/followTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { cohortRoundOf, roundNow, roundOf, seatOf, sharedSeats } from "../../trainer/chain/taskState.ts";
import type { RoundState, SeatState, TaskState } from "../../trainer/chain/taskState.ts";
import { edgeSeed } from "../../trainer/privacy/edgeSeed.ts";
import { openKeyFile } from "../../trainer/privacy/keyFile.ts";
import { streamLanes } from "../../trainer/privacy/maskStream.ts";
import { recoverRoundKey } from "../../trainer/privacy/possession.ts";
import { deriveRoundSecrets } from "../../trainer/privacy/roundSecrets.ts";
import type { RoundSecrets } from "../../trainer/privacy/roundSecrets.ts";
import { chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { bytesToLanes } from "../../trainer/protocol/lanes.ts";
import { openSecretsJournal } from "../../trainer/roles/masked/secretsJournal.ts";
import type { SecretsJournal } from "../../trainer/roles/masked/secretsJournal.ts";
import type { ContentId } from "../../trainer/storage/contentId.ts";
import { fetchBytes } from "../../trainer/storage/fetchVerified.ts";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";
import { PASSWORD } from "../cli/scene.ts";
import type { Account, Running, Scene } from "../cli/scene.ts";
import { aProxyOf } from "../support/faultyProxy.ts";
import type { FaultyProxy } from "../support/faultyProxy.ts";

/** A trainer's process. */
export interface Life {
  readonly running: Running;
  /** Resolves when it has vanished; rejects if it ends before. */
  readonly vanished: Promise<unknown>;
}

/** Whether a trainer vanishes with this call, which then leaves nobody. */
export type Doom = (call: TransactionDescription, trainer: number) => boolean | Promise<boolean>;

/** What a trainer has masked in a round, plain and masked. */
export interface OwnUpdate {
  readonly plain: Int32Array;
  readonly masked: Int32Array;
}

/** What the trainers knew, each by its place. */
export interface WhatTheyKnew {
  readonly journals: readonly SecretsJournal[];
  /** By rounds. */
  readonly updates: readonly ReadonlyMap<number, OwnUpdate>[];
  secretsOf(round: RoundState, trainer: number): RoundSecrets;
}

export interface Federation {
  readonly lives: readonly Life[];
  /** Starts a trainer that vanishes as soon as `doom` says so. */
  live(trainer: number, doom?: Doom): Promise<Life>;
  now(): Promise<TaskState>;
  /** Waits for a round that is under way. */
  until(what: string, number: number, isSo: (round: RoundState) => boolean): Promise<void>;
  /** The clock of the chain jumps to the end of a phase. */
  passDeadline(phase: RoundState["phase"]): Promise<void>;
  /** @throws Error if it has none. */
  seatOfTrainer(round: RoundState, trainer: number): SeatState;
  /** Once all processes have ended. */
  readSecrets(rounds: readonly RoundState[]): Promise<WhatTheyKnew>;
  close(): Promise<void>;
}

/** @param tables What each of them trains on. */
export function aFederation(
  { start, url, provider }: Scene,
  opened: OpenedTask,
  trainers: readonly Account[],
  tables: readonly string[],
): Federation {
  const lives: Life[] = [];
  const proxies: FaultyProxy[] = [];
  const { interface: calls } = maskedTaskAt(opened.address, provider);

  async function live(trainer: number, doom?: Doom): Promise<Life> {
    const proxy = await aProxyOf(url);
    proxies.push(proxy);
    const gone = Promise.withResolvers<undefined>();
    const args = ["--data", tables[trainer]!, "--deposit", "--claim", "--leave", "--json", "--verbose"];
    const running = start(["trainer", "run", opened.address, ...args, "--rpc", proxy.url], trainers[trainer]!);
    let isGone = false;
    proxy.fault = async ({ requests, drop }) => {
      if (isGone) return drop();
      if (doom === undefined) return false;
      for (const { method, params } of requests) {
        if (method !== "eth_sendRawTransaction") continue;
        const call = calls.parseTransaction(Transaction.from(params[0] as string));
        isGone ||= call !== null && (await doom(call, trainer));
      }
      if (!isGone) return false;
      running.kill("SIGKILL");
      void running.ended.then(() => gone.resolve(undefined));
      return drop();
    };
    if (doom !== undefined) {
      void running.ended.then(() => isGone || gone.reject(new Error(`${trainer} ended too soon`)));
      gone.promise.catch(() => undefined); // whoever waits for it hears of it
    }
    const life = { running, vanished: gone.promise };
    lives.push(life);
    return life;
  }

  function now(): Promise<TaskState> {
    return readTask(provider, opened, { confirmations: 0 });
  }

  function seatOfTrainer(round: RoundState, trainer: number): SeatState {
    const own = seatOf(round, trainers[trainer]!.address);
    if (own === undefined) throw new Error(`Trainer ${trainer} is not in round ${round.number}.`);
    return own.state;
  }

  /** Its secrets follow from its encryption key and its journal, its updates from its store. */
  async function readSecrets(rounds: readonly RoundState[]): Promise<WhatTheyKnew> {
    const keys = await Promise.all(
      trainers.map(async ({ home }) => {
        return (await openKeyFile(join(home, "keys", "default.encryption.json"), PASSWORD)).privateKey;
      }),
    );
    const journals = await Promise.all(
      trainers.map(async ({ home }) => {
        const folder = join(home, "journals");
        const name = (await readdir(folder)).find((file) => file.endsWith(".secrets.json"))!;
        return openSecretsJournal(join(folder, name));
      }),
    );

    function secretsOf(round: RoundState, trainer: number): RoundSecrets {
      const { keyAddress } = seatOfTrainer(round, trainer).dealing!;
      const dealing = journals[trainer]!.dealings(round.number).find((each) => each.keyAddress === keyAddress)!;
      const roundOfTask = { domain: opened.domain, round: round.number };
      return deriveRoundSecrets(keys[trainer]!, getBytes(dealing.nonce), roundOfTask);
    }

    /** Without its masks, one stream after another. */
    function unmasked(round: RoundState, trainer: number, masked: Int32Array): Int32Array {
      const { address } = trainers[trainer]!;
      const cohort = cohortRoundOf(round, address)!;
      const own = seatOf(cohort, address)!;
      const { key, seed } = secretsOf(round, trainer);
      const plain = masked.slice();
      const take = (from: Uint8Array, sign: number) =>
        streamLanes(from, 0, plain.length).forEach((lane, i) => (plain[i] = (plain[i]! - sign * lane) | 0));
      take(seed, 1);
      for (const seat of sharedSeats(cohort).filter((other) => other !== own.seat)) {
        const { dealing, trainer: account } = cohort.seats.get(seat)!;
        const roundOfTask = { domain: opened.domain, round: round.number };
        const peer = recoverRoundKey(dealing!, { ...roundOfTask, trainer: account }, dealing!.keyAddress);
        take(edgeSeed(key, peer, roundOfTask, [own.seat, seat]), own.seat < seat ? 1 : -1);
      }
      return plain;
    }

    const updates: Map<number, OwnUpdate>[] = [];
    for (const [trainer, { home }] of trainers.entries()) {
      const store = await openHeliaStore({ folder: join(home, "content", "default") });
      const own = new Map<number, OwnUpdate>();
      for (const round of rounds) {
        const { dealing } = seatOfTrainer(round, trainer);
        const update = dealing && journals[trainer]!.update(round.number, dealing.keyAddress);
        if (update === undefined) continue;
        const request = { maxBytes: 4 * opened.rules.parameters, timeoutMs: 5_000, providers: [] };
        const masked = bytesToLanes((await fetchBytes(store, update.contentId as ContentId, request)).bytes);
        expect(chunkRoot(masked)).to.equal(update.root);
        own.set(round.number, { masked, plain: unmasked(round, trainer, masked) });
      }
      updates.push(own);
      await store.stop();
    }
    return { journals, updates, secretsOf };
  }

  return {
    ...{ lives, live, now, seatOfTrainer, readSecrets },

    async until(what, number, isSo) {
      for (;;) {
        const seen = await now();
        const round = number === seen.current ? roundNow(seen) : roundOf(seen, number);
        if (isSo(round)) return;
        if (seen.current > number) throw new Error(`Round ${number} is over before ${what}: ${round.phase}.`);
        await pause(100);
      }
    },

    async passDeadline(phase) {
      const seen = await now();
      const round = roundNow(seen);
      if (round.phase !== phase) throw new Error(`Round ${round.number} is ${round.phase}, not ${phase}.`);
      await provider.send("evm_increaseTime", [Math.max(1, round.endsAt - seen.time)]);
      await provider.send("evm_mine", []);
    },

    async close() {
      for (const proxy of proxies) await proxy.close();
    },
  };
}

/** Waits until all others have kept the shares that this trainer has dealt in a round. */
export async function sharesAreHeld(round: RoundState, trainers: readonly Account[], dealer: number): Promise<void> {
  const { sharesId } = seatOf(round, trainers[dealer]!.address)!.state.dealing!;
  for (const [trainer, { home }] of trainers.entries()) {
    const kept = join(home, "content", "default", "retention.json");
    while (trainer !== dealer && !(await readFile(kept, "utf8")).includes(sharesId)) await pause(50);
  }
}
