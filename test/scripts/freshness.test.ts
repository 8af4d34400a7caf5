import { expect } from "chai";
import { renameSync } from "node:fs";
import { join } from "node:path";
import {
  installedBackends,
  missingNativeCore,
  missingNode,
  sourcesHash,
  staleContracts,
  staleDependencies,
  stampCompiled,
} from "../../scripts/setup/freshness.mjs";
import { aClone, installed, locked } from "./aClone.ts";
import type { Clone } from "./aClone.ts";

describe("set-up: freshness", () => {
  let clone: Clone;
  beforeEach(() => {
    clone = aClone();
  });
  afterEach(() => {
    clone.remove("");
  });

  describe("dependencies", () => {
    it("are fresh when npm has installed what is locked, other platforms' packages aside", () => {
      expect(staleDependencies(clone.root)).to.equal(null);
    });
    it("are stale before the first install", () => {
      clone.remove("node_modules");
      expect(staleDependencies(clone.root)).to.match(/nothing is installed/);
    });
    it("are stale after an install that was cut short", () => {
      clone.write("node_modules/.package-lock.json", '{"packages": {');
      expect(staleDependencies(clone.root)).to.match(/nothing is installed/);
    });
    it("are stale when the lock asks for another version", () => {
      clone.write("package-lock.json", locked({ dependency: { version: "1.0.1", integrity: "sha512-new" } }));
      expect(staleDependencies(clone.root)).to.match(/dependency is out of date/);
    });
    it("are stale when the lock asks for the same version with other content", () => {
      clone.write("package-lock.json", locked({ dependency: { version: "1.0.0", integrity: "sha512-other" } }));
      expect(staleDependencies(clone.root)).to.match(/dependency is out of date/);
    });
    it("are stale when the lock asks for one more", () => {
      clone.write("node_modules/.package-lock.json", installed({}));
      expect(staleDependencies(clone.root)).to.match(/dependency is missing/);
    });
    it("are stale when package.json has changed and the lock has not", () => {
      clone.write("package.json", JSON.stringify({ dependencies: { dependency: "2.0.0" } }));
      expect(staleDependencies(clone.root)).to.match(/package.json is newer/);
    });
  });

  describe("optional backends", () => {
    it("are named with their versions where they are installed, so that npm keeps them", () => {
      expect(installedBackends(clone.root)).to.deep.equal([]);
      clone.write("node_modules/webgpu/package.json", '{"version": "0.6.2"}');
      clone.write("node_modules/@tensorflow/tfjs-node/package.json", '{"version": "4.22.0"}');
      expect(installedBackends(clone.root)).to.deep.equal(["@tensorflow/tfjs-node@4.22.0", "webgpu@0.6.2"]);
      clone.write("node_modules/webgpu/package.json", '{"version": "1; rm -rf x"}');
      expect(installedBackends(clone.root)).to.deep.equal(["@tensorflow/tfjs-node@4.22.0"]);
    });
  });

  describe("native parts", () => {
    it("are there", () => {
      expect(missingNode(clone.root)).to.equal(false);
      expect(missingNativeCore(clone.root)).to.equal(false);
    });
    it("miss Node when install scripts did not run", () => {
      clone.remove("node_modules/node/bin");
      expect(missingNode(clone.root)).to.equal(true);
    });
    it("miss Hardhat's core when it is that of another platform", () => {
      expect(missingNativeCore(clone.root, "sunos", "sparc")).to.equal(true);
    });
    it("miss Hardhat's core when npm left an empty folder", () => {
      clone.remove(`node_modules/@nomicfoundation/edr-${process.platform}-${process.arch}-gnu/edr.node`);
      expect(missingNativeCore(clone.root)).to.equal(true);
    });
  });

  describe("contracts", () => {
    it("are fresh after they were compiled", () => {
      expect(staleContracts(clone.root)).to.equal(null);
    });
    it("are stale before the first build", () => {
      clone.remove("cache");
      expect(staleContracts(clone.root)).to.match(/not compiled yet/);
    });
    for (const [what, path] of [
      ["a contract", "contracts/A.sol"],
      ["the compiler's settings", "hardhat.config.ts"],
      ["a locked library", "package-lock.json"],
    ] as const) {
      it(`are stale after a change of ${what}`, () => {
        clone.write(path, "// changed");
        expect(staleContracts(clone.root)).to.match(/have changed/);
      });
    }
    it("are stale after a contract was added or renamed", () => {
      clone.write("contracts/libraries/B.sol", "library B {}");
      expect(staleContracts(clone.root)).to.match(/have changed/);
      clone.remove("contracts/libraries");
      expect(staleContracts(clone.root)).to.equal(null);
      renameSync(join(clone.root, "contracts/A.sol"), join(clone.root, "contracts/B.sol"));
      expect(staleContracts(clone.root)).to.match(/have changed/);
    });
    it("are stale without their types", () => {
      clone.remove("types");
      expect(staleContracts(clone.root)).to.match(/types are missing/);
    });
    it("are stale when artifacts were built from other sources since, or cleaned", () => {
      clone.write("artifacts/build-info/two.json", "{}");
      expect(staleContracts(clone.root)).to.match(/other sources/);
      clone.remove("artifacts");
      expect(staleContracts(clone.root)).to.match(/other sources/);
    });
    it("are stale when a contract changed while the compiler ran", () => {
      const before = sourcesHash(clone.root);
      clone.write("contracts/A.sol", "contract A { uint256 x; }");
      stampCompiled(clone.root, before);
      expect(staleContracts(clone.root)).to.match(/have changed/);
    });
  });
});
