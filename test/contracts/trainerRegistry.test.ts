import { expect } from "chai";
import { deployParts, ethers, networkHelpers } from "../support/task.ts";

const KEY = ethers.id("key");
const PEERS = "/ip4/127.0.0.1/tcp/4001/p2p/12D3KooW /ip6/::1/tcp/4001/p2p/12D3KooW";

describe("TrainerRegistry", () => {
  const fixture = () => networkHelpers.loadFixture(deployParts);

  it("keeps the caller's key and addresses, and says so", async () => {
    const { registry, others } = await fixture();
    await expect(registry.connect(others[0]!).register(KEY, PEERS))
      .to.emit(registry, "Registered")
      .withArgs(others[0]!.address, KEY, PEERS);
    expect(await registry.entryOf(others[0]!.address)).to.deep.equal([KEY, PEERS]);
    expect(await registry.entryOf(others[1]!.address)).to.deep.equal([ethers.ZeroHash, ""]);
  });

  it("replaces an entry, shorter or longer, for its owner only", async () => {
    const { registry, others } = await fixture();
    await registry.connect(others[0]!).register(KEY, PEERS);
    await registry.connect(others[1]!).register(ethers.id("another"), "x");
    for (const peers of ["", "y", "z".repeat(512)]) {
      await registry.connect(others[0]!).register(KEY, peers);
      expect(await registry.entryOf(others[0]!.address)).to.deep.equal([KEY, peers]);
    }
    expect(await registry.entryOf(others[1]!.address)).to.deep.equal([ethers.id("another"), "x"]);
  });

  it("refuses an entry without a key, and more addresses than anybody would dial", async () => {
    const { registry } = await fixture();
    await expect(registry.register(ethers.ZeroHash, PEERS)).to.be.revertedWithCustomError(registry, "EmptyKey");
    await expect(registry.register(KEY, "z".repeat(513)))
      .to.be.revertedWithCustomError(registry, "PeersTooLong")
      .withArgs(513, 512);
  });
});
