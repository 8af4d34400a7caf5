import { createRequire } from "node:module";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";

const require = createRequire(import.meta.url);

/** More runs cost bytes and save gas; code may have 24,576 bytes (EIP-170). */
const compiler = (runs: number) => ({
  version: "0.8.37",
  path: require.resolve("solc/soljson.js"),
  settings: { evmVersion: "osaka", viaIR: true, optimizer: { enabled: true, runs } },
});

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers],
  solidity: { compilers: [compiler(10_000)], overrides: { "contracts/MaskedTask.sol": compiler(200) } },
  paths: { tests: { mocha: "./test/contracts" } },
  networks: {
    // The chain inside a test or bench process.
    default: { type: "edr-simulated", chainType: "l1", accounts: { count: 80 }, allowBlocksWithSameTimestamp: true },
    // The chain of `hardhat node`: blocks at once for a transaction and every second besides, so that its clock runs.
    node: {
      type: "edr-simulated",
      chainType: "l1",
      allowBlocksWithSameTimestamp: true,
      mining: { auto: true, interval: 1_000 },
    },
    localhost: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
    sepolia: {
      type: "http",
      chainType: "l1",
      url: configVariable("SEPOLIA_RPC_URL"),
      accounts: [configVariable("SEPOLIA_PRIVATE_KEY")],
    },
    // Any other network, named by the environment or the Hardhat keystore.
    custom: {
      type: "http",
      url: configVariable("FOEDUS_RPC_URL"),
      accounts: [configVariable("FOEDUS_PRIVATE_KEY")],
    },
  },
});
