import { globSync } from "node:fs";
import { createRequire } from "node:module";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";
import type { HardhatPlugin } from "hardhat/types/plugins";

const require = createRequire(import.meta.url);
const TESTS = "contracts/**/*.t.sol";

/** More runs cost bytes and save gas; code may have 24,576 bytes (EIP-170). */
const compiler = (runs: number, viaIR = true) => ({
  version: "0.8.37",
  path: require.resolve("solc/soljson.js"),
  settings: { evmVersion: "osaka", viaIR, optimizer: { enabled: true, runs } },
});

/**
 * Solidity tests are large, and the older code generator takes a tenth of the time for them; what they test they deploy from
 * its own artifacts. All of them get one object: Hardhat compiles those files at once that have the same.
 */
const solidityTests: HardhatPlugin = {
  id: "foedus-solidity-tests",
  hookHandlers: {
    config: () =>
      Promise.resolve({
        default: () =>
          Promise.resolve({
            resolveUserConfig: async (userConfig, resolveVariable, next) => {
              const config = await next(userConfig, resolveVariable);
              for (const { overrides } of Object.values(config.solidity.profiles)) {
                const shared = overrides[TESTS];
                if (shared === undefined) continue;
                for (const file of globSync(TESTS, { cwd: import.meta.dirname })) {
                  overrides[file.replaceAll("\\", "/")] = shared;
                }
              }
              return config;
            },
          }),
      }),
  },
};

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers, solidityTests],
  solidity: {
    compilers: [compiler(10_000)],
    overrides: { "contracts/MaskedTask.sol": compiler(200), [TESTS]: compiler(200, false) },
  },
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
