// A node that makes everything up: as many tasks and trainers as a test wants, without a transaction for each. It answers the
// calls that the page makes to read them, counts them, and can say nonsense.
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { getAddress, id, toBeHex, toQuantity, zeroPadValue } from "ethers";
import type { Interface } from "ethers";
import { Foedus__factory } from "../../types/ethers-contracts/factories/Foedus__factory.ts";
import { FoedusToken__factory } from "../../types/ethers-contracts/factories/FoedusToken__factory.ts";
import { SealedTask__factory } from "../../types/ethers-contracts/factories/SealedTask__factory.ts";
import { StakeVault__factory } from "../../types/ethers-contracts/factories/StakeVault__factory.ts";
import { TrainerRegistry__factory } from "../../types/ethers-contracts/factories/TrainerRegistry__factory.ts";
import { fromTaskRules } from "../../trainer/chain/taskRules.ts";
import { GENESIS, RULES, TOKEN } from "./madeUpTask.ts";

export interface MadeUpChain {
  readonly url: string;
  readonly foedus: string;
  /** Requests answered, by method; a batch of ten counts ten. */
  readonly asked: Map<string, number>;
  /** HTTP requests, in which those came. */
  readonly posts: () => number;
  /** One more block, in which these happen. */
  add(...happenings: readonly Happening[]): void;
  /** Another history: all blocks have other hashes, and there are so many trainers in it. */
  rewrite(trainers: number): void;
  /** What an event of a task that is opened says. */
  opening(number: bigint, task: string): readonly unknown[];
  trainer(index: number): string;
  task(number: number): string;
  close(): Promise<void>;
}

/** A log as somebody's contract writes it. */
export interface Happening {
  readonly by: "registry" | "vault" | "foedus";
  readonly name: string;
  readonly values: readonly unknown[];
}

export interface MadeUpOptions {
  readonly tasks: number;
  readonly trainers: number;
  /** Put in front of every answer. */
  readonly delayMs?: number;
  /** What the stake token says it is called. */
  readonly symbol?: string;
  /** The node has forgotten the state of old blocks. */
  readonly isPruned?: boolean;
}

interface RawLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly block: number;
}

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

const START = 1_700_000_000;
const SECONDS_A_BLOCK = 12;
/** Before anything of Foedus. */
const EMPTY_BLOCKS = 40;
const TASKS_A_BLOCK = 5;

const address = (kind: number, index: number) =>
  getAddress(`0x${toBeHex(kind, 2).slice(2)}${id(`${kind} ${index}`).slice(6, 30)}${toBeHex(index, 6).slice(2)}`);
const FOEDUS = address(1, 1);
const VAULT = address(1, 2);
const REGISTRY = address(1, 3);
const COURT = address(1, 4);
const MASK_COURT = address(1, 5);
const STAKE_TOKEN = address(1, 6);
const taskOf = (number: number) => address(2, number);
const trainerOf = (index: number) => address(3, index);

const abi = {
  foedus: Foedus__factory.createInterface(),
  vault: StakeVault__factory.createInterface(),
  registry: TrainerRegistry__factory.createInterface(),
  token: FoedusToken__factory.createInterface(),
  task: SealedTask__factory.createInterface(),
};
const EMITTERS = {
  foedus: [FOEDUS, abi.foedus],
  vault: [VAULT, abi.vault],
  registry: [REGISTRY, abi.registry],
} as const;
const CONFIG = fromTaskRules({
  ...RULES,
  ...{ privacy: "sealed", serverRule: "FedAvg", sponsor: trainerOf(0), rewardToken: STAKE_TOKEN },
});

const addressWord = (of: string) => `0x${"0".repeat(24)}${of.slice(2).toLowerCase()}`;
const numberWord = (value: number | bigint) => zeroPadValue(toBeHex(value), 32);
const stakedBy = (index: number) => BigInt(100 + (index % 50)) * TOKEN;

function logOf({ by, name, values }: Happening, block: number): RawLog {
  const [emitter, contract] = EMITTERS[by];
  const { topics, data } = (contract as Interface).encodeEventLog(name, values);
  return { address: emitter, topics, data, block };
}

const MODELS = {
  opened: logOf({ by: "foedus", name: "TaskOpened", values: [1, taskOf(1), trainerOf(0), CONFIG, GENESIS] }, 0),
  registered: logOf({ by: "registry", name: "Registered", values: [trainerOf(0), id("key"), "/ip4/10.0.0.1"] }, 0),
  deposited: logOf({ by: "vault", name: "StakeDeposited", values: [taskOf(1), trainerOf(0), TOKEN] }, 0),
  thawing: logOf(
    { by: "vault", name: "StakeThawing", values: [taskOf(1), trainerOf(0), 10n * TOKEN, START + 900_000_000] },
    0,
  ),
  slashed: logOf(
    { by: "vault", name: "StakeSlashed", values: [taskOf(1), trainerOf(0), 3n * TOKEN, TOKEN, trainerOf(1)] },
    0,
  ),
};

export async function aMadeUpChain(options: MadeUpOptions): Promise<MadeUpChain> {
  const asked = new Map<string, number>();
  let posts = 0;
  let history = 0;
  let logs: RawLog[] = [];
  let head = EMPTY_BLOCKS;

  /** A log like this one: encoding thousands would take seconds. */
  function copy(block: number, model: RawLog, ...indexed: string[]): void {
    logs.push({ ...model, block, topics: [model.topics[0]!, ...indexed] });
  }

  function begin(trainers: number): void {
    [logs, head] = [[], EMPTY_BLOCKS];
    for (let task = 1; task <= options.tasks; task++) {
      head = openedAt(task);
      copy(head, MODELS.opened, numberWord(task), addressWord(taskOf(task)), addressWord(trainerOf(0)));
    }
    for (let index = 0; index < trainers; index++) {
      const account = addressWord(trainerOf(index));
      const task = addressWord(taskOf((index % options.tasks) + 1));
      head += 2;
      copy(head - 1, MODELS.registered, account);
      copy(head, { ...MODELS.deposited, data: numberWord(stakedBy(index)) }, task, account);
      if (index % 7 === 0) copy(head, MODELS.thawing, task, account);
      if (index % 11 === 0) copy(head, MODELS.slashed, task, account);
    }
  }

  const hashOf = (block: number) => zeroPadValue(toBeHex((BigInt(history + 1) << 64n) + BigInt(block)), 32);

  function blockAt(number: number): unknown {
    if (number > head) return null;
    return {
      ...{ number: toQuantity(number), hash: hashOf(number), parentHash: hashOf(number - 1) },
      ...{ timestamp: toQuantity(START + SECONDS_A_BLOCK * number), nonce: "0x0000000000000000", difficulty: "0x0" },
      ...{ gasLimit: "0x1c9c380", gasUsed: "0x0", miner: FOEDUS, extraData: "0x", transactions: [] },
      baseFeePerGas: "0x7",
    };
  }

  function numberOf(tag: unknown): number {
    return tag === "latest" ? head : Number(tag);
  }

  function logsFor(filter: Record<string, unknown>): unknown[] {
    const [from, to] = [numberOf(filter["fromBlock"]), numberOf(filter["toBlock"])];
    const addresses = [filter["address"]].flat().map((each) => String(each).toLowerCase());
    const topics = (filter["topics"] ?? []) as (string | string[] | null)[];
    let [last, index] = [-1, 0];
    return logs.flatMap((log) => {
      index = log.block === last ? index + 1 : 0;
      last = log.block;
      const isAsked =
        log.block >= from &&
        log.block <= to &&
        addresses.includes(log.address.toLowerCase()) &&
        topics.every((topic, at) => topic === null || [topic].flat().includes(log.topics[at] ?? ""));
      if (!isAsked) return [];
      return [
        {
          ...{ address: log.address, topics: log.topics, data: log.data, removed: false },
          ...{ blockNumber: toQuantity(log.block), blockHash: hashOf(log.block), logIndex: toQuantity(index) },
          ...{ transactionHash: hashOf(log.block), transactionIndex: "0x0" },
        },
      ];
    });
  }

  const openedAt = (task: number) => EMPTY_BLOCKS + Math.ceil(task / TASKS_A_BLOCK);
  const taskNumbers = new Map(Array.from({ length: options.tasks }, (_, index) => [taskOf(index + 1), index + 1]));

  function call(to: string, data: string): string {
    const contract =
      to === FOEDUS ? abi.foedus : to === VAULT ? abi.vault : to === STAKE_TOKEN ? abi.token : (abi.task as Interface);
    const asked = contract.parseTransaction({ data });
    const [argument] = asked === null ? [] : asked.args.toArray();
    const values: Record<string, () => readonly unknown[]> = {
      vault: () => [VAULT],
      court: () => [COURT],
      maskCourt: () => [MASK_COURT],
      registry: () => [REGISTRY],
      token: () => [STAKE_TOKEN],
      taskCount: () => [options.tasks],
      taskAt: () => [taskOf(Number(argument))],
      openedAtBlock: () => [openedAt(taskNumbers.get(String(argument)) ?? 0)],
      symbol: () => [options.symbol ?? "FDS"],
      decimals: () => [18],
      config: () => [CONFIG],
      clock: () => [1, 1, START],
      progress: () => [0, false, GENESIS.modelRoot, 0],
    };
    const answer = asked === null ? undefined : values[asked.name];
    if (asked === null || answer === undefined) return "0x";
    return contract.encodeFunctionResult(asked.fragment, answer());
  }

  function answer({ method, params }: Request): unknown {
    asked.set(method, (asked.get(method) ?? 0) + 1);
    switch (method) {
      case "eth_chainId":
        return "0x7a69";
      case "eth_blockNumber":
        return toQuantity(head);
      case "eth_getBlockByNumber":
        return blockAt(numberOf(params[0]));
      case "eth_getCode":
        if (options.isPruned === true && params[1] !== "latest") throw new Error("missing trie node");
        return params[1] === "latest" || numberOf(params[1]) >= EMPTY_BLOCKS ? "0x60" : "0x";
      case "eth_call": {
        const { to, data } = params[0] as { to: string; data: string };
        return call(getAddress(to), data);
      }
      case "eth_getLogs":
        return logsFor(params[0] as Record<string, unknown>);
      default:
        throw new Error(`This node has no ${method}.`);
    }
  }

  function replyTo(request: Request): unknown {
    try {
      return { jsonrpc: "2.0", id: request.id, result: answer(request) };
    } catch (error) {
      return { jsonrpc: "2.0", id: request.id, error: { code: -32_000, message: (error as Error).message } };
    }
  }

  begin(options.trainers);
  const server = createServer((request, response) => {
    void (async () => {
      const headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
      if (request.method !== "POST") return void response.writeHead(204, headers).end();
      const body = (await json(request)) as Request | Request[];
      posts++;
      if (options.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
      const replies = Array.isArray(body) ? body.map(replyTo) : replyTo(body);
      response.writeHead(200, { ...headers, "content-type": "application/json" }).end(JSON.stringify(replies));
    })();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    foedus: FOEDUS,
    asked,
    posts: () => posts,
    add(...happenings) {
      head++;
      logs.push(...happenings.map((each) => logOf(each, head)));
    },
    rewrite(trainers) {
      history++;
      begin(trainers);
    },
    opening: (number, task) => [number, task, trainerOf(0), CONFIG, GENESIS],
    trainer: trainerOf,
    task: taskOf,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
