// npx node scripts/fund.ts ADDRESS ... [--rpc URL]
//
// For trying things out on a local node: sends 10 ETH and 1,000 FDS from its first account, which has deployed Foedus and
// holds all tokens. Works only where the node itself signs for that account, as `hardhat node` does.
import { parseArgs } from "node:util";
import { JsonRpcProvider, getAddress, parseEther } from "ethers";
import { findDeployment } from "../trainer/chain/findDeployment.ts";

const COINS = parseEther("10");
const TOKENS = parseEther("1000");

const { values, positionals } = parseArgs({
  options: { rpc: { type: "string", default: "http://127.0.0.1:8545" } },
  allowPositionals: true,
});
const addresses = positionals.map((address) => getAddress(address));
if (addresses.length === 0) throw new Error("Give the addresses to fund: npx node scripts/fund.ts 0x… 0x…");

const provider = new JsonRpcProvider(values.rpc);
const { stakeToken } = await findDeployment(provider);
const deployer = await provider.getSigner(0);
for (const address of addresses) {
  await (await deployer.sendTransaction({ to: address, value: COINS })).wait();
  await (await stakeToken.connect(deployer).transfer(address, TOKENS)).wait();
  console.log(`${address} has 10 ETH and 1,000 FDS more`);
}
provider.destroy();
