import { expect } from "chai";
import foedusModule from "../../ignition/modules/Foedus.ts";
import foedusOnTokenModule from "../../ignition/modules/FoedusOnToken.ts";
import { ethers, ignition, TOKEN } from "../support/task.ts";

describe("ignition", () => {
  it("deploys a network of its own: the first account holds all tokens, and the parts know each other", async () => {
    const { foedus, vault, court, registry, stakeToken } = await ignition.deploy(foedusModule);
    const [deployer] = await ethers.getSigners();
    expect(await stakeToken["balanceOf"]!(deployer)).to.equal(10n ** 9n * TOKEN);
    expect(await vault["token"]!()).to.equal(await stakeToken.getAddress());
    expect(await foedus["vault"]!()).to.equal(await vault.getAddress());
    expect(await foedus["court"]!()).to.equal(await court.getAddress());
    expect(await foedus["registry"]!()).to.equal(await registry.getAddress());
    expect(await foedus["taskCount"]!()).to.equal(0n);
  });

  it("deploys onto a token that is there", async () => {
    const token = await ethers.deployContract("FoedusToken", [1n, (await ethers.getSigners())[0]]);
    const stakeToken = await token.getAddress();
    const { vault } = await ignition.deploy(foedusOnTokenModule, { parameters: { FoedusOnToken: { stakeToken } } });
    expect(await vault["token"]!()).to.equal(stakeToken);
  });
});
