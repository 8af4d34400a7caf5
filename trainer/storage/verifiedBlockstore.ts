/**
 * Blocks as files, where a block on disk counts only if it hashes to its CID. Damage (flipped bits, a torn write, a
 * full disk) is noticed when a block is read: the file is deleted and the block is absent, so that peers are told so
 * and a reader fetches it again.
 */
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { FsBlockstore } from "blockstore-fs";
import { NextToLast } from "blockstore-fs/sharding";
import type { CID } from "multiformats/cid";
import { isBlockOf } from "./blockHash.ts";
import { MAX_BLOCK_BYTES } from "./unixfsRead.ts";

export class VerifiedBlockstore extends FsBlockstore {
  // Remembered so that a reader whom nobody can help hears of the damage; cleared when the block is back.
  readonly #damaged = new Set<string>();
  readonly #folder: string;
  readonly #sharding: NextToLast;

  constructor(folder: string) {
    const sharding = new NextToLast();
    super(folder, { shardingStrategy: sharding });
    this.#folder = folder;
    this.#sharding = sharding;
  }

  /** The bytes of a sound block; undefined if it is absent, or was damaged and has been deleted now. */
  async read(cid: CID): Promise<Uint8Array | undefined> {
    const file = this.#fileOf(cid);
    const bytes = await readBounded(file);
    if (bytes === undefined) return undefined;
    if (bytes !== "too large" && isBlockOf(cid, bytes)) return bytes;
    await rm(file, { force: true });
    this.#damaged.add(cid.toString());
    return undefined;
  }

  /** True if the block was found damaged and has not come back since. */
  wasDamaged(cid: CID): boolean {
    return this.#damaged.has(cid.toString());
  }

  override async put(cid: CID, bytes: Uint8Array, options?: { signal?: AbortSignal }): Promise<CID> {
    if (bytes.length > MAX_BLOCK_BYTES) {
      throw new RangeError(`Block ${cid} has ${bytes.length} bytes, peers take at most ${MAX_BLOCK_BYTES}.`);
    }
    await super.put(cid, bytes, options);
    this.#damaged.delete(cid.toString());
    return cid;
  }

  override async *get(cid: CID): AsyncGenerator<Uint8Array> {
    const bytes = await this.read(cid);
    if (bytes === undefined) throw new BlockNotFound(cid);
    yield bytes;
  }

  #fileOf(cid: CID): string {
    const { dir, file } = this.#sharding.encode(cid);
    return join(this.#folder, dir, file);
  }
}

/** By this name the block exchange knows that a block is absent. */
class BlockNotFound extends Error {
  override readonly name = "NotFoundError";
  constructor(cid: CID) {
    super(`Block ${cid} is not here.`);
  }
}

async function readBounded(file: string): Promise<Uint8Array | "too large" | undefined> {
  let handle;
  try {
    handle = await open(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    if ((await handle.stat()).size > MAX_BLOCK_BYTES) return "too large";
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
