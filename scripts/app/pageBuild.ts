/** How the page is built: relative paths, so that it runs from any folder of any host and from IPFS. */
import { resolve } from "node:path";
import { build } from "vite";
import type { InlineConfig, Plugin } from "vite";

const ROOT = resolve(import.meta.dirname, "../..");
const PAGE_SOURCES = resolve(ROOT, "app");
export const PAGE_FOLDER = resolve(ROOT, "app/dist");

/** Contracts' factories carry code to deploy and names of Solidity types, which a page that only calls has no use for. */
const withoutBytecode: Plugin = {
  name: "without-bytecode",
  enforce: "pre",
  transform: {
    filter: { id: /types\/ethers-contracts\/factories\/\w+__factory\.ts$/ },
    handler: (code) => ({
      code: code
        .replace(/const _bytecode = "0x[0-9a-f]*"/, 'const _bytecode = "0x"')
        .replace(/"internalType": "[^"]*",\s*/g, ""),
      map: null,
    }),
  },
};

const PAGE: InlineConfig = {
  root: PAGE_SOURCES,
  configFile: false,
  base: "./",
  plugins: [withoutBytecode],
  logLevel: "warn",
  build: {
    emptyOutDir: true,
    target: "es2024",
    // The content security policy lets no style or script be inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
};

/** Builds the page into a folder, by default app/dist. */
export async function buildPage(folder: string = PAGE_FOLDER): Promise<void> {
  await build({ ...PAGE, build: { ...PAGE.build, outDir: folder } });
}
