/** An amount of the network's own coin. Eight digits say enough of what gas costs. */
import { formatEther } from "ethers";
import { number } from "./words.ts";

export function etherText(wei: bigint): string {
  return `${number(Number(formatEther(wei)), 8)} ETH`;
}
