// Random test data that can be had again: every test file prints its seed, and FOEDUS_TEST_SEED brings one back.
import { randomInt } from "node:crypto";
import { createRandom } from "../../trainer/learning/random.ts";
import type { Random } from "../../trainer/learning/random.ts";

/** A generator for one purpose; prints how to repeat what it draws. */
export function seededRandom(purpose: string): Random {
  const seed = process.env["FOEDUS_TEST_SEED"] ?? String(randomInt(2 ** 32));
  console.log(`      ${purpose}: repeat with FOEDUS_TEST_SEED=${seed}`);
  return createRandom(`${seed}/${purpose}`);
}

/** Lanes over the whole int32 range, with its ends and zero more often than chance would have them. */
export function randomLanes(random: Random, length: number): Int32Array {
  const special = [0, -1, 1, 0x7fffffff, -0x80000000];
  return Int32Array.from({ length }, () =>
    random.below(8) === 0 ? special[random.below(special.length)]! : random.uint32() | 0,
  );
}

/** Random bytes as 0x-prefixed hex. */
export function randomHex(random: Random, bytes: number): string {
  return `0x${Buffer.from(randomBytes(random, bytes)).toString("hex")}`;
}

export function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}
