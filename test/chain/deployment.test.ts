import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { RpcUnreachable, WrongNetwork } from "../../trainer/chain/chainErrors.ts";
import { findDeployment } from "../../trainer/chain/findDeployment.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";
import { aProxyOf } from "../support/faultyProxy.ts";
import { useLocalChain } from "../support/localChain.ts";
import { rejection } from "../support/rejection.ts";

describe("Finding a deployment", () => {
  const chain = useLocalChain();
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "foedus-ignition-"));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const find = (address?: string) => findDeployment(chain().provider, address, folder);

  async function record(content: string): Promise<void> {
    await mkdir(join(folder, "chain-31337"));
    await writeFile(join(folder, "chain-31337", "deployed_addresses.json"), content);
  }

  it("finds the contracts that belong together by the address of Foedus, however it is written", async () => {
    const { address, vault, registry, stakeToken } = chain().deployment;
    const found = await find(address.toLowerCase());
    expect([found.address, found.chainId]).to.deep.equal([address, 31_337n]);
    expect(await found.vault.getAddress()).to.equal(await vault.getAddress());
    expect(await found.registry.getAddress()).to.equal(await registry.getAddress());
    expect(await found.stakeToken.getAddress()).to.equal(await stakeToken.getAddress());
    expect(await found.stakeToken.symbol()).to.equal("FDS");
  });

  it("finds the one that Ignition has recorded for this chain", async () => {
    const { address, stakeToken } = chain().deployment;
    await record(JSON.stringify({ "Foedus#FoedusToken": await stakeToken.getAddress(), "Foedus#Foedus": address }));
    expect((await find()).address).to.equal(address);
  });

  const records: Record<string, string | undefined> = {
    "no record": undefined,
    "a record without Foedus": '{ "Other#Thing": "0x1234" }',
  };
  for (const [name, content] of Object.entries(records)) {
    it(`says how to go on with ${name}`, async () => {
      if (content !== undefined) await record(content);
      const { message } = await rejection(find(), WrongNetwork);
      expect(message).to.match(/not known on chain 31337.*--foedus.*hardhat ignition deploy/);
    });
  }

  for (const content of ["{", "[]", '{ "Foedus#Foedus": 7 }', ""]) {
    it(`says which record is damaged: ${JSON.stringify(content)}`, async () => {
      await record(content);
      const { message } = await rejection(find(), WrongNetwork);
      expect(message)
        .to.include(folder)
        .and.to.match(/is damaged/);
    });
  }

  it("says that there is no contract at an address", async () => {
    const { address } = Wallet.createRandom();
    const { message } = await rejection(find(address), WrongNetwork);
    expect(message).to.include(`There is no contract at ${address} on chain 31337`).and.include("--rpc");
  });

  it("says that another contract is not Foedus", async () => {
    const { stakeToken, vault } = chain().deployment;
    for (const other of [stakeToken, vault]) {
      const { message } = await rejection(find(await other.getAddress()), WrongNetwork);
      expect(message).to.match(/is not Foedus\. Check --foedus\.$/);
    }
  });

  it("says that a contract that answers everything with nothing is not Foedus", async () => {
    const address = Wallet.createRandom().address;
    await chain().rpc("hardhat_setCode", address, "0x00");
    expect((await rejection(find(address), WrongNetwork)).message).to.include("is not Foedus");
  });

  for (const address of [
    "",
    "0x1234",
    "foedus.eth",
    `0x${"zz".repeat(20)}`,
    "0x00000000000000000000000000000000000000Ab1",
  ]) {
    it(`refuses the address ${JSON.stringify(address)}`, async () => {
      expect((await rejection(find(address), WrongNetwork)).message).to.match(/is no address\. Give --foedus 0x/);
    });
  }

  it("does not take a lost connection for a wrong contract", async () => {
    const proxy = await aProxyOf(chain().url);
    const provider = await connectRpc({ url: proxy.url, retries: 0 });
    proxy.fault = ({ requests, drop }) => requests.some(({ method }) => method === "eth_call") && drop();
    await rejection(findDeployment(provider, chain().deployment.address), RpcUnreachable);
    provider.destroy();
    await proxy.close();
  });
});
