/** Where a contract's events begin, by looking for its code in older blocks. */
import { toQuantity } from "ethers";
import type { JsonRpcProvider } from "ethers";

/** Blocks looked at together: few round trips, small batches. */
const AT_ONCE = 15;

/**
 * The first block after which there is code at the address.
 * @param latest A block in which there is.
 * @throws Whatever a node says that has forgotten the state of old blocks.
 */
export async function deployedAt(
  provider: JsonRpcProvider,
  address: string,
  latest: number,
  signal?: AbortSignal,
): Promise<number> {
  // The code is there in block `high`, and in none before `low`.
  for (let [low, high] = [0, latest]; ;) {
    if (low >= high) return high;
    signal?.throwIfAborted();
    const step = Math.max(1, Math.ceil((high - low) / (AT_ONCE + 1)));
    const probes = Array.from({ length: AT_ONCE }, (_, index) => low + index * step).filter((block) => block < high);
    const codes = await Promise.all(probes.map((block) => provider.send("eth_getCode", [address, toQuantity(block)])));
    const found = codes.findIndex((code) => typeof code === "string" && code !== "0x");
    low = found === 0 ? low : (probes[found === -1 ? probes.length - 1 : found - 1] ?? low) + 1;
    high = found === -1 ? high : (probes[found] ?? high);
  }
}
