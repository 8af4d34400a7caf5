/**
 * A masked round played by trainers' own code against a task that only keeps its log: what they send is turned into the
 * events that the contract would write, and everybody folds them. A test may show one of them another log.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet, ZeroAddress, getBytes, hexlify } from "ethers";
import type { ContractTransaction, JsonRpcProvider } from "ethers";
import { maskedTaskAt, taskInterface } from "../../../trainer/chain/contracts.ts";
import type { Deployment } from "../../../trainer/chain/deployment.ts";
import type { Sender } from "../../../trainer/chain/sender.ts";
import type { TaskEventValues } from "../../../trainer/chain/taskEvent.ts";
import type { TaskRules } from "../../../trainer/chain/taskRules.ts";
import {
  cohortRoundOf,
  cohortRounds,
  committedSeats,
  roundNow,
  roundOf,
  sharedSeats,
} from "../../../trainer/chain/taskState.ts";
import type { RoundState, SeatState, TaskState } from "../../../trainer/chain/taskState.ts";
import type { Random } from "../../../trainer/learning/random.ts";
import { createLog } from "../../../trainer/observe/log.ts";
import { createStopwatch } from "../../../trainer/observe/stopwatch.ts";
import { newEncryptionKeyPair } from "../../../trainer/privacy/envelope.ts";
import { addLanes } from "../../../trainer/protocol/lanes.ts";
import { seatBits, seatsIn } from "../../../trainer/protocol/seatSet.ts";
import { maskedDutyOf } from "../../../trainer/roles/masked/maskedDuty.ts";
import type { MaskedDuty } from "../../../trainer/roles/masked/maskedDuty.ts";
import { createMaskedRound } from "../../../trainer/roles/masked/maskedRound.ts";
import type { MaskedRound } from "../../../trainer/roles/masked/maskedRound.ts";
import { secretsUnder } from "../../../trainer/roles/masked/ownDealing.ts";
import { openSecretsJournal } from "../../../trainer/roles/masked/secretsJournal.ts";
import type { SecretsJournal } from "../../../trainer/roles/masked/secretsJournal.ts";
import type { Party } from "../../../trainer/roles/party.ts";
import { randomLanes } from "../../support/seededRandom.ts";
import { TrainerRegistry__factory } from "../../../types/ethers-contracts/factories/TrainerRegistry__factory.ts";
import { RULES, START, account, after, enters, opens, openedTask, seenAt, word } from "../aTask.ts";
import { impatientTraffic, memoryStore, registryOf } from "../memoryStore.ts";
import type { MemoryStore } from "../memoryStore.ts";

/** Five seats, of which any three can agree and rebuild. */
export const MASKED_RULES: TaskRules = {
  ...RULES,
  privacy: "masked",
  minTrainers: 3,
  minSummed: 3,
  maxTrainers: 5,
  cohorts: 1,
  shareThreshold: 3,
  shareSeconds: 100,
  recoverSeconds: 50,
  blameSeconds: 90,
};

export type Event = TaskEventValues & { readonly at: number };

/** One trainer. Its seat is its place in the list. */
export interface Bot {
  readonly seat: number;
  readonly party: Party;
  readonly journal: SecretsJournal;
  readonly journalFile: string;
  readonly masked: MaskedRound;
  /** Its plain vector in a round. */
  delta(round: number): Int32Array;
  /** Lines of its log. */
  readonly said: string[];
  /** The same trainer in a process of its own that begins now; `witnesses` as given to it. */
  restarted(witnesses?: readonly JsonRpcProvider[]): Promise<Bot>;
}

/** What a node says. */
export interface Witnessed {
  log(): readonly Event[];
  /** Of the block with this number; null if it has none. */
  hashOf(block: number): string | null | Promise<null>;
  encryptionKeyOf(account: string): Uint8Array;
}

export interface MaskedRoundScene {
  readonly store: MemoryStore;
  readonly rules: TaskRules;
  readonly bots: readonly Bot[];
  /** The log so far; tests may write to it. */
  readonly events: Event[];
  /** The chain's clock. */
  time(): number;
  /** The state that everybody sees, of this log unless another one is given. */
  state(events?: readonly Event[]): TaskState;
  round(events?: readonly Event[]): RoundState;
  /** One of its cohorts, as a round of its own. */
  cohort(events?: readonly Event[], index?: number): RoundState;
  /** A node that tells the truth, or what `changes` make of it. */
  witness(changes?: Partial<Witnessed>): JsonRpcProvider;
  /** Seconds go by until the phase ends by the clock. */
  passDeadline(): void;
  /** What the bot would send; undefined if it does not. */
  transaction(bot: Bot, duty: MaskedDuty, state?: TaskState): Promise<ContractTransaction | undefined>;
  /** The events of a transaction, which the log does not have yet. */
  eventsOf(request: ContractTransaction): Event[];
  /** The bot's transaction, mined; false if it sends none. */
  act(bot: Bot, duty: MaskedDuty): Promise<boolean>;
  /** Round `number` opens, and everybody enters. */
  open(number: number): void;
  share(seats?: readonly number[]): Promise<void>;
  commit(seats?: readonly number[]): Promise<void>;
  /** These seats vote for the set of all who committed but `missing`. */
  agree(seats: readonly number[], missing?: readonly number[]): Promise<void>;
  reveal(seats: readonly number[]): Promise<void>;
  /** What a seat has dealt in a round, in hex. */
  secretsOf(seat: number, round: number): { readonly key: string; readonly seed: string };
  /** The plain sum over these seats. */
  plainSum(seats: readonly number[]): Int32Array;
  close(): Promise<void>;
}

const CHAIN_ID = 31_337n;
const REGISTRY = account(0x4e6);

/** What the calls of a masked task are made with; each has some of it. */
interface CallValues extends Omit<Extract<TaskEventValues, { name: "KeyShared" }>, "name" | "round" | "seat"> {
  readonly number?: bigint;
  readonly round?: bigint;
  readonly seatIndex?: bigint;
  readonly seat?: bigint;
  readonly root: string;
  readonly contentId: `0x${string}`;
  readonly missing: bigint;
  readonly cohortView: string;
  readonly signature: string;
  readonly seed: string;
  readonly key: string;
  readonly keyShares: readonly string[];
  readonly owners: bigint;
  readonly seedShares: readonly string[];
}

interface SceneOptions {
  readonly trainers?: number;
  readonly rules?: Partial<TaskRules>;
  /** Who is drawn into which cohort, where there are several. */
  readonly rosters?: readonly (readonly number[])[];
}

/** Trainers 0 to `trainers` - 1, round 1 open, entered by all, and drawn where a draw is due. */
export async function aMaskedRound(
  random: Random,
  { trainers = 5, rules: changes = {}, rosters = [] }: SceneOptions = {},
): Promise<MaskedRoundScene> {
  const rules = { ...MASKED_RULES, ...changes };
  const folder = await mkdtemp(join(tmpdir(), "foedus-masked-"));
  const store = memoryStore();
  const opened = openedTask(rules);
  const wallets = Array.from({ length: trainers }, () => Wallet.createRandom());
  const keys = await Promise.all(wallets.map(() => newEncryptionKeyPair()));
  const keyOf = (account: string) => keys[wallets.findIndex(({ address }) => address === account)]!.publicKey;
  const provider = witness();
  const registered = registryOf(new Map(wallets.map(({ address }, i) => [address, keys[i]!.publicKey])));
  const registry = Object.assign(registered.registry, { getAddress: async () => REGISTRY });
  const deployment: Deployment = { ...registered, registry, chainId: CHAIN_ID, provider };
  const task = maskedTaskAt(opened.address, provider);
  const events: Event[] = [];
  const deltas = new Map<string, Int32Array>();
  let clock = START;

  async function aBot(seat: number, witnesses: readonly JsonRpcProvider[]): Promise<Bot> {
    const said: string[] = [];
    const destination = { write: (line: string) => void said.push(line) };
    const wallet = wallets[seat]!;
    const sender: Sender = {
      address: wallet.address,
      signTypedData: (domain, types, value) => wallet.signTypedData(domain, types, value),
      send: () => Promise.reject(new Error("In these tests nothing is sent by itself.")),
    };
    const party: Party = {
      ...{ deployment, opened, sender, store, encryptionKey: keys[seat]! },
      log: createLog({ name: `trainer ${seat}`, level: "debug", json: true, destination }),
      signal: new AbortController().signal,
    };
    const journalFile = join(folder, `${seat}`, "secrets.json");
    const journal = await openSecretsJournal(journalFile);
    const traffic = impatientTraffic(store);
    const options = { journal, traffic, stopwatch: createStopwatch(), keep: async () => {}, witnesses };
    return {
      ...{ seat, party, journal, journalFile, said },
      masked: createMaskedRound(party, options),
      delta(round) {
        const key = `${round} ${seat}`;
        const delta = deltas.get(key) ?? randomLanes(random, rules.parameters);
        deltas.set(key, delta);
        return delta;
      },
      restarted: (others = witnesses) => aBot(seat, others),
    };
  }

  const bots = await Promise.all(wallets.map((_, seat) => aBot(seat, [])));

  const state = (log: readonly Event[] = events) => seenAt(after(log, rules), clock);
  const round = (log?: readonly Event[]) => roundNow(state(log));
  const cohort = (log?: readonly Event[], index = 0) => cohortRounds(round(log))[index]!;

  function witness(changes: Partial<Witnessed> = {}): JsonRpcProvider {
    const said: Witnessed = {
      log: () => events,
      hashOf: (block) => `hash of ${block}`,
      encryptionKeyOf: keyOf,
      ...changes,
    };
    const answers = {
      async getBlock(block: number) {
        const hash = await said.hashOf(block);
        return hash === null ? null : { number: block, hash };
      },
      async getLogs({ fromBlock, toBlock }: { fromBlock: number; toBlock: number }) {
        return said.log().flatMap((event, i) => {
          const block = i + 1;
          if (event.name !== "SetFixed" || block < fromBlock || block > toBlock) return [];
          const { round: number, members, cohortView } = event;
          return [taskInterface.encodeEventLog("SetFixed", [number, members, cohortView])];
        });
      },
      async call({ to, data }: { to: string; data: string }) {
        const called = to === REGISTRY ? TrainerRegistry__factory.createInterface() : task.interface;
        const call = called.parseTransaction({ data })!;
        if (call.name === "entryOf") {
          const entry = { encryptionKey: said.encryptionKeyOf(String(call.args[0])), peers: "" };
          return called.encodeFunctionResult("entryOf", [entry.encryptionKey, entry.peers]);
        }
        const there = roundOf(state(said.log()), Number(call.args[0]));
        const { seats } = there;
        if (call.name === "cohorts") {
          const sets = cohortRounds(there).map((its) => {
            const roster = rules.cohorts === 1 ? 2n ** 256n - 1n : seatBits(its.seats.keys());
            return [roster, seatBits(sharedSeats(its)), 0n, 0n, 0n, false];
          });
          return called.encodeFunctionResult("cohorts", [sets]);
        }
        const zero = word(0);
        const wanted = seatsIn(call.args[1] as bigint).map((seat) => {
          const { trainer = ZeroAddress, weight = 0, dealing, masked } = seats.get(seat) ?? {};
          return [trainer, weight, masked?.root ?? zero, dealing?.hash ?? zero];
        });
        return called.encodeFunctionResult("seatsAt", [wanted]);
      },
    };
    return answers as unknown as JsonRpcProvider; // a trainer asks a node for nothing else
  }

  function record(values: TaskEventValues): void {
    events.push({ ...values, at: ++clock });
  }

  function eventsOf({ data }: ContractTransaction): Event[] {
    const call = task.interface.parseTransaction({ data });
    if (call === null) throw new Error("This is no call of a masked task.");
    const args = call.args.toObject() as unknown as CallValues;
    const at = clock + 1;
    const part = { round: Number(args.number ?? args.round), seat: Number(args.seatIndex ?? args.seat), at };
    /** The cohort of whoever acts. */
    const now = cohortRounds(round()).find(({ seats }) => seats.has(part.seat)) ?? round();
    switch (call.name) {
      case "share": {
        const { keyAddress, maskHash, sharesHash, sharesId, r, vs } = args;
        return [{ name: "KeyShared", ...part, keyAddress, maskHash, sharesHash, sharesId, r, vs }];
      }
      case "commitMasked":
        return [{ name: "MaskedCommitted", ...part, root: args.root, contentId: args.contentId }];
      case "agree": {
        const members = committedSeats(now).filter((seat) => !seatsIn(args.missing).includes(seat));
        const vote = { members: seatBits(members), cohortView: args.cohortView };
        const isSame = ({ agreement: its }: SeatState) =>
          its?.cohortView === vote.cohortView && seatBits(its.members) === vote.members;
        const votes = 1 + [...now.seats.values()].filter(isSame).length;
        const agreed: Event = { name: "SetAgreed", ...part, ...vote, signature: args.signature };
        const fixed: Event = { name: "SetFixed", round: part.round, ...vote, at };
        return votes === rules.shareThreshold ? [agreed, fixed] : [agreed];
      }
      case "draw":
        return [{ name: "CohortsDrawn", round: part.round, rosters: rosters.map(seatBits), at }];
      case "revealSeed": {
        const drawn = [...round().seats].find(([, { status }]) => status === "Revealed")?.[0] ?? part.seat;
        return [{ name: "SeedRevealed", ...part, seed: args.seed, keyShares: [...args.keyShares], drawn }];
      }
      case "giveShares":
        return [{ name: "SharesGiven", ...part, owners: args.owners, seedShares: [...args.seedShares] }];
      case "rebuildKey":
        return [{ name: "KeyRebuilt", ...part, key: args.key }];
      case "rebuildSeed":
        return [{ name: "SeedRebuilt", ...part, seed: args.seed }];
      default:
        throw new Error(`The task of these tests cannot ${call.name}.`);
    }
  }

  async function transaction(bot: Bot, duty: MaskedDuty, seen: TaskState = state()) {
    const means = { weight: 10, mayEnter: false, delta: async () => bot.delta(duty.round) };
    return (await bot.masked.transactionFor(duty, seen, means))?.request;
  }

  async function act(bot: Bot, duty: MaskedDuty): Promise<boolean> {
    const request = await transaction(bot, duty);
    if (request === undefined) return false;
    const written = eventsOf(request);
    events.push(...written);
    clock = Math.max(clock, ...written.map(({ at }) => at));
    return true;
  }

  const all = bots.map(({ seat }) => seat);
  const scene: MaskedRoundScene = {
    ...{ store, rules, bots, events, state, round, cohort, witness, transaction, eventsOf, act },
    time: () => clock,
    passDeadline: () => void (clock = round().endsAt),
    open(number) {
      clock++;
      events.push({ ...opens(number, clock), at: clock } as Event);
      for (const [seat, { address }] of wallets.entries()) record(enters(number, seat, address) as TaskEventValues);
      if (round().phase === "Entering") scene.passDeadline();
      if (round().phase === "Drawing") record({ name: "CohortsDrawn", round: number, rosters: rosters.map(seatBits) });
    },
    async share(seats = all) {
      for (const seat of seats) await act(bots[seat]!, { kind: "share", round: round().number, seat });
      if (round().phase === "Sharing") scene.passDeadline();
    },
    async commit(seats = all) {
      for (const seat of seats) {
        await act(bots[seat]!, { kind: "commitMasked", round: round().number, seat, entersNext: false });
      }
      if (round().phase === "Committing") scene.passDeadline();
    },
    async agree(seats, missing = []) {
      for (const seat of seats) await act(bots[seat]!, { kind: "agree", round: round().number, seat, missing });
    },
    async reveal(seats) {
      for (const seat of seats) await act(bots[seat]!, { kind: "revealSeed", round: round().number, seat });
    },
    secretsOf(seat, number) {
      const { party, journal } = bots[seat]!;
      const { key, seed } = secretsUnder(party, number, getBytes(journal.dealings(number)[0]!.nonce));
      return { key: hexlify(key), seed: hexlify(seed) };
    },
    plainSum(seats) {
      const sum = new Int32Array(rules.parameters);
      for (const seat of seats) addLanes(sum, bots[seat]!.delta(round().number));
      return sum;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
  scene.open(1);
  return scene;
}

/** What the bot has to do by itself now, when it has fetched everything; undefined to wait. */
export function dutyOf({ state, round }: MaskedRoundScene, bot: Bot): MaskedDuty | undefined {
  const now = cohortRoundOf(round(), bot.party.sender.address);
  const mine = now?.seats.get(bot.seat);
  if (now === undefined || mine === undefined) return undefined;
  return maskedDutyOf(
    state(),
    now,
    { seat: bot.seat, state: mine },
    {
      hasUpdateFor: () => true,
      hasMaskedUpdate: () => true,
      rebuildable: (of) => bot.masked.rebuildable(state(), of),
      entersNext: false,
    },
  );
}
