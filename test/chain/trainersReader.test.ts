import { expect } from "chai";
import { deployedAt } from "../../trainer/chain/deployedAt.ts";
import { deploymentAt } from "../../trainer/chain/deployment.ts";
import type { Deployment } from "../../trainer/chain/deployment.ts";
import { connectRpc } from "../../trainer/chain/rpc.ts";
import { stakeTotals } from "../../trainer/chain/trainerRecords.ts";
import { createTrainersReader } from "../../trainer/chain/trainersReader.ts";
import type { TrainersRead, TrainersReader } from "../../trainer/chain/trainersReader.ts";
import { aMadeUpChain } from "../app/madeUpChain.ts";
import type { MadeUpChain, MadeUpOptions } from "../app/madeUpChain.ts";
import { TOKEN } from "../support/madeUpTask.ts";

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
