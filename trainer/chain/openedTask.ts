/** Finds a task by number or address and checks that this Foedus opened it: its rules are then those of its code. */
import { getAddress, isAddress } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { UnknownTask } from "./chainErrors.ts";
import { foedusInterface, taskAt } from "./contracts.ts";
import type { Deployment } from "./deployment.ts";
import { toTaskRules } from "./taskRules.ts";
import type { Genesis, TaskRules } from "./taskRules.ts";
import { taskDomain } from "../protocol/commitments.ts";

export interface OpenedTask {
  readonly address: string;
  /** The number that Foedus gave it, from 1. */
  readonly id: number;
  /** Where its events begin. */
  readonly block: number;
  /** Tells this task from one at the same address on a chain that was started anew. */
  readonly blockHash: string;
  readonly rules: TaskRules;
  readonly genesis: Genesis;
  /** Binds what is signed, hashed or sealed to this task on this chain. */
  readonly domain: string;
}

/**
 * @param task Its number ("1") or address.
 * @throws UnknownTask with the numbers there are.
 */
export async function findTask(deployment: Deployment, task: string): Promise<OpenedTask> {
  const { foedus, provider, chainId } = deployment;
  const address = await addressOf(deployment, task);
  // Asked at once, for lists wait for every round trip; what Foedus has not opened need not have rules.
  const rules = taskAt(address, provider).config().then(toTaskRules);
  rules.catch(() => undefined);
  const block = Number(await foedus.openedAtBlock(address));
  if (block === 0) {
    throw new UnknownTask(`${address} was not opened by Foedus ${deployment.address}. See: foedus task list.`);
  }
  const { id, genesis, blockHash } = await readOpening(provider, deployment.address, address, block);
  return { address, id, block, blockHash, rules: await rules, genesis, domain: taskDomain(chainId, address) };
}

async function addressOf({ foedus }: Deployment, task: string): Promise<string> {
  if (isAddress(task)) return getAddress(task);
  if (!/^[1-9][0-9]{0,8}$/.test(task)) {
    throw new UnknownTask(`${JSON.stringify(String(task).slice(0, 60))} is no task. Give its number or its address.`);
  }
  const address = foedus.taskAt(BigInt(task));
  // That there is none is said below.
  address.catch(() => undefined);
  const count = await foedus.taskCount();
  if (BigInt(task) > count) {
    const known = count === 0n ? "no task has been opened yet" : `there are tasks 1 to ${count}`;
    throw new UnknownTask(`Task ${task} does not exist: ${known}. See: foedus task list.`);
  }
  return address;
}

async function readOpening(
  provider: JsonRpcProvider,
  foedus: string,
  task: string,
  block: number,
): Promise<{ id: number; genesis: Genesis; blockHash: string }> {
  const topics = foedusInterface.encodeFilterTopics("TaskOpened", [null, task, null]);
  const [log] = await provider.getLogs({ address: foedus, topics, fromBlock: block, toBlock: block });
  const opening = log === undefined ? null : foedusInterface.parseLog(log);
  if (log === undefined || opening === null) {
    throw new Error(
      `The node does not have block ${block}, in which the task was opened. Use a node with full history.`,
    );
  }
  const { modelRoot, modelId, manifestId } = opening.args["genesis"] as Genesis;
  return { id: Number(opening.args["id"]), genesis: { modelRoot, modelId, manifestId }, blockHash: log.blockHash };
}
