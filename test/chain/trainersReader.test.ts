import { expect } from "chai";
import { JsonRpcSigner, id, toQuantity } from "ethers";
import { deployedAt } from "../../trainer/chain/deployedAt.ts";
import { deploymentAt } from "../../trainer/chain/deployment.ts";
import type { Deployment } from "../../trainer/chain/deployment.ts";
import { roundsEntered } from "../../trainer/chain/roundsEntered.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";
import { stakeTotals } from "../../trainer/chain/trainerRecords.ts";
import { createTrainersReader } from "../../trainer/chain/trainersReader.ts";
import type { TrainersRead, TrainersReader } from "../../trainer/chain/trainersReader.ts";
import { aMadeUpChain } from "../support/madeUpChain.ts";
import type { MadeUpChain, MadeUpOptions } from "../support/madeUpChain.ts";
import { useLocalChain } from "../support/localChain.ts";
import { TOKEN } from "../support/madeUpTask.ts";
import { seededRandom } from "../support/seededRandom.ts";
import { aTaskOnChain } from "./aTaskOnChain.ts";

describe("Records of trainers on a chain", function () {
  this.timeout(30_000);
  const chain = useLocalChain();

  it("say of every stake what the vault says, whatever was done with it", async () => {
    const random = seededRandom("acts of stakers");
    const there = await aTaskOnChain(chain(), { staked: 5 });
    const seated = there.trainers[4]!;
    await (await there.by(seated).enter(0, 5)).wait();
    const { deployment } = chain();
    const { vault, registry } = deployment;
    // Only the task may slash.
    await chain().rpc("hardhat_impersonateAccount", there.opened.address);
    await chain().rpc("hardhat_setBalance", there.opened.address, toQuantity(10n ** 21n));
    const byTask = new JsonRpcSigner(deployment.provider, there.opened.address);
    for (let act = 0; act < 40; act++) {
      const trainer = there.trainers[random.below(4)]!;
      const [amount, thawing] = await vault.stakeOf(there.opened.address, trainer.address);
      const free = amount - thawing;
      const kind = random.below(4);
      if (kind === 0) await registry.connect(trainer).register(id(`key ${act}`), "");
      else if (kind === 1 && free > 1n) await vault.connect(trainer).thaw(there.opened.address, free / 3n + 1n);
      else if (kind === 2) await vault.connect(byTask).slash(trainer.address, 5n * TOKEN, trainer.address, TOKEN);
      else if (kind === 3 && thawing > 0n) {
        await chain().mine((await deployment.provider.getBlock("latest"))!.timestamp + 10_000_000);
        await vault.connect(trainer).withdraw(there.opened.address);
      }
    }
    const { signal } = new AbortController();
    let read: TrainersRead | undefined;
    const to = await deployment.provider.getBlockNumber();
    for await (const page of createTrainersReader(deployment).readTo(to, signal)) read = page;
    for (const { address } of there.trainers) {
      const record = read?.records.trainers.get(address.toLowerCase());
      const { amount, thawing } = record!.stakes.get(there.opened.address.toLowerCase())!;
      const [onChain, thawingOnChain] = await vault.stakeOf(there.opened.address, address);
      expect([amount, thawing], address).to.deep.equal([onChain, thawingOnChain]);
      const [key] = await registry.entryOf(address);
      expect(record!.isRegistered).to.equal(BigInt(key) !== 0n);
    }
    expect(read!.records.tasks.get(there.opened.address.toLowerCase())).to.equal(there.opened.id);
    const range = { from: there.opened.block, to: await deployment.provider.getBlockNumber() };
    const task = there.opened.address.toLowerCase();
    const rounds = await roundsEntered(deployment.provider, [task], seated.address, range, signal);
    expect([...rounds]).to.deep.equal([[task, 1]]);
  });
});

describe("Reading trainers", () => {
  const { signal } = new AbortController();
  let chain: MadeUpChain;
  let deployment: Deployment;

  async function begin(options: Partial<MadeUpOptions> = {}): Promise<void> {
    chain = await aMadeUpChain({ tasks: 3, trainers: 30, ...options });
    const provider = await connectRpc({ url: chain.url, retries: 0 });
    deployment = await deploymentAt(provider, chain.foedus);
  }
  afterEach(async () => {
    deployment.provider.destroy();
    await chain.close();
  });

  const headNow = () => deployment.provider.getBlockNumber();
  const accounts = ({ records }: TrainersRead) => [...records.trainers.keys()];
  async function readAll(reader: TrainersReader): Promise<TrainersRead[]> {
    const pages: TrainersRead[] = [];
    for await (const page of reader.readTo(await headNow(), signal)) pages.push(page);
    return pages;
  }
  const expected = (count: number) => Array.from({ length: count }, (_, index) => chain.trainer(index).toLowerCase());

  it("lists everybody who has registered or staked, in the order in which they came", async () => {
    await begin();
    const read = (await readAll(createTrainersReader(deployment))).at(-1)!;
    expect(accounts(read)).to.deep.equal(expected(30));
    expect(read.first).to.equal(40);
    const record = read.records.trainers.get(chain.trainer(14).toLowerCase())!;
    expect(record).to.deep.include({ isRegistered: true, since: 70 });
    expect(stakeTotals(record, read.records.tasks)).to.deep.include({ tasks: 1, amount: 114n * TOKEN });
  });

  it("goes on where it stopped, and asks for nothing twice", async () => {
    await begin();
    const reader = createTrainersReader(deployment);
    const before = (await readAll(reader)).at(-1)!;
    const { asked } = chain;
    asked.clear();
    const late = chain.trainer(99);
    chain.add({ by: "vault", name: "StakeDeposited", values: [chain.task(2), late, 5n] });
    const [now, ...more] = await readAll(reader);
    expect(more).to.deep.equal([]);
    expect(accounts(now!)).to.deep.equal([...expected(30), late.toLowerCase()]);
    expect(now!.records).to.equal(before.records);
    expect(asked.get("eth_getLogs")).to.equal(1);
    expect(asked.get("eth_getCode") ?? 0).to.equal(0);
  });

  it("starts anew when the chain has taken back what was read", async () => {
    await begin();
    const reader = createTrainersReader(deployment);
    await readAll(reader);
    chain.rewrite(31);
    expect(accounts((await readAll(reader)).at(-1)!)).to.deep.equal(expected(31));
  });

  it("reads long histories in pages of about a thousand logs", async () => {
    await begin({ tasks: 10, trainers: 3_000 });
    const pages = await readAll(createTrainersReader(deployment));
    expect(pages.length).to.be.within(5, 12);
    expect(accounts(pages.at(-1)!)).to.have.length(3_000);
  });

  it("begins with the first task where the node has forgotten old blocks", async () => {
    await begin({ isPruned: true });
    const read = (await readAll(createTrainersReader(deployment))).at(-1)!;
    expect(read.first).to.equal(41);
    expect(accounts(read)).to.deep.equal(expected(30));
  });

  it("ends when it is told to", async () => {
    await begin({ tasks: 10, trainers: 3_000 });
    const ends = new AbortController();
    const reader = createTrainersReader(deployment);
    const read = async () => {
      for await (const _ of reader.readTo(await headNow(), ends.signal)) ends.abort(new Error("enough"));
    };
    expect(await read().then(String, String)).to.include("enough");
    expect(accounts((await readAll(reader)).at(-1)!)).to.have.length(3_000);
  });

  it("finds where a contract's code begins, in few questions", async () => {
    await begin({ tasks: 10, trainers: 3_000 });
    chain.asked.clear();
    expect(await deployedAt(deployment.provider, chain.foedus, await headNow())).to.equal(40);
    expect(chain.asked.get("eth_getCode")).to.be.below(60);
  });
});
