// What a trainer commits to before anybody can read its update. It binds chain, task, round and sender, so that nothing
// can be copied from it, and the content key, because AES-GCM does not commit to its key. The key is random, so its hash
// also blinds the root until the reveal. The contract's side is contracts/libraries/UpdateCommitment.sol. In a masked round
// what it commits to first is its dealing: a round key, the seed of its own mask and the shares of both.

import { AbiCoder, id, keccak256 } from "ethers";

const abi = AbiCoder.defaultAbiCoder();

/** What one commitment binds; byte strings are 0x-prefixed hex. */
export interface UpdateBinding {
  /** From {@link taskDomain}. */
  readonly domain: string;
  readonly round: number;
  /** Address of the account that commits. */
  readonly trainer: string;
  /** Chunk root of the plaintext vector. */
  readonly root: string;
  /** keccak256 of the content key, 32 random bytes. */
  readonly contentKeyHash: string;
}

/**
 * The 32 bytes that stand for a task on a chain in every commitment, signature, seed and associated data.
 *
 * @throws TypeError (ethers) when the address is malformed.
 */
export function taskDomain(chainId: bigint | number, task: string): string {
  return keccak256(abi.encode(["bytes32", "uint256", "address"], [id("Foedus/v1"), chainId, task]));
}

/**
 * The commitment to one update, as TrainingTask checks it at the reveal.
 *
 * @throws TypeError (ethers) when a field has the wrong size or the round exceeds 32 bits.
 */
export function updateCommitment({ domain, round, trainer, root, contentKeyHash }: UpdateBinding): string {
  return keccak256(
    abi.encode(["bytes32", "uint32", "address", "bytes32", "bytes32"], [domain, round, trainer, root, contentKeyHash]),
  );
}

/** What a trainer of a masked round commits to by sharing its secrets; byte strings are 0x-prefixed hex. */
export interface Dealing {
  /** From {@link taskDomain}. */
  readonly domain: string;
  readonly round: number;
  /** Address of the account that shares. */
  readonly trainer: string;
  /** Address of the round key's public point. */
  readonly keyAddress: string;
  /** keccak256 of the seed of the trainer's own mask. */
  readonly maskHash: string;
  /** keccak256 of the hashes of all shares of both. */
  readonly sharesHash: string;
}

/**
 * The 32 bytes that MaskedTask keeps of a dealing (contracts/libraries/Dealing.sol).
 *
 * @throws TypeError (ethers) when a field has the wrong size or the round exceeds 32 bits.
 */
export function dealingHash({ domain, round, trainer, keyAddress, maskHash, sharesHash }: Dealing): string {
  return keccak256(
    abi.encode(
      ["bytes32", "uint32", "address", "address", "bytes32", "bytes32"],
      [domain, round, trainer, keyAddress, maskHash, sharesHash],
    ),
  );
}
