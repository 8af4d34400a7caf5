import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { getBytes } from "ethers";
import { dealingFor, dealingOnChain, secretsUnder } from "../../../trainer/roles/masked/ownDealing.ts";
import { keyAddress, maskHash } from "../../../trainer/privacy/dealing.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { word } from "../aTask.ts";
import { aMaskedRound } from "./aMaskedRound.ts";
import type { Bot, MaskedRoundScene } from "./aMaskedRound.ts";

describe("own dealing of a masked round", () => {
  const random = seededRandom("own dealing");
  let scene: MaskedRoundScene;
  beforeEach(async () => {
    scene = await aMaskedRound(random);
  });
  afterEach(() => scene.close());

  const deal = ({ party, journal }: Bot, kept: string[] = []) =>
    dealingFor(party, journal, async (id) => void kept.push(id), scene.round());

  it("is stored, kept and in the journal when it is there", async () => {
    const [bot] = scene.bots;
    const kept: string[] = [];
    const dealing = await deal(bot!, kept);
    expect(scene.store.contents.has(dealing.sharesId)).to.equal(true);
    expect(kept).to.deep.equal([dealing.sharesId]);
    expect((await bot!.restarted()).journal.dealings(1)).to.deep.equal([dealing]);
  });

  it("is the same after a restart", async () => {
    const [bot] = scene.bots;
    const dealing = await deal(bot!);
    expect(await deal(bot!)).to.deep.equal(dealing);
    expect(await deal(await bot!.restarted())).to.deep.equal(dealing);
    expect(scene.store.contents.size).to.equal(1);
  });

  it("is a fresh one when the shares are lost, and the one on chain is still known", async () => {
    const [bot] = scene.bots;
    await scene.share([0]);
    const [first] = bot!.journal.dealings(1);
    scene.store.contents.clear();
    const second = await deal(bot!);
    expect(second.nonce).not.to.equal(first!.nonce);
    expect(second.keyAddress).not.to.equal(first!.keyAddress);
    expect(second.maskHash).not.to.equal(first!.maskHash);
    const again = await bot!.restarted();
    expect(again.journal.dealings(1)).to.deep.equal([second, first]);
    const onChain = dealingOnChain(again.party, again.journal, 1, scene.round().seats.get(0)!);
    expect(onChain!.written).to.deep.equal(first);
  });

  it("is another one in another round, of another trainer, and of another task", async () => {
    const [one, two] = scene.bots;
    const first = await deal(one!);
    const others = [await deal(two!)];
    scene.open(2);
    others.push(await deal(one!));
    for (const other of others) expect(other.keyAddress).not.to.equal(first.keyAddress);
    const nonce = getBytes(first.nonce);
    const elsewhere = { ...one!.party, opened: { ...one!.party.opened, domain: word(9) } };
    expect(secretsUnder(elsewhere, 1, nonce)).not.to.deep.equal(secretsUnder(one!.party, 1, nonce));
    expect(secretsUnder(one!.party, 2, nonce)).not.to.deep.equal(secretsUnder(one!.party, 1, nonce));
  });

  it("is not known from a journal that did not write it, nor under another key", async () => {
    const [one, two] = scene.bots;
    await scene.share([0, 1]);
    const mine = scene.round().seats.get(0)!;
    expect(dealingOnChain(two!.party, two!.journal, 1, mine)).to.equal(undefined);
    expect(dealingOnChain(one!.party, one!.journal, 2, mine)).to.equal(undefined);
    const { dealing, ...without } = mine;
    expect(dealingOnChain(one!.party, one!.journal, 1, without)).to.equal(undefined);
    const changed = { ...mine, dealing: { ...dealing!, sharesHash: word(3) } };
    expect(dealingOnChain(one!.party, one!.journal, 1, changed)).to.equal(undefined);
  });

  it("leaves no secret on disk: neither in the journal nor in the store", async () => {
    const [bot] = scene.bots;
    const dealing = await deal(bot!);
    const { key, seed } = secretsUnder(bot!.party, 1, getBytes(dealing.nonce));
    expect([keyAddress(key), maskHash(seed)]).to.deep.equal([dealing.keyAddress, dealing.maskHash]);
    const journal = await readFile(bot!.journalFile);
    const everything = [journal, ...[...scene.store.contents.values()].map((bytes) => Buffer.from(bytes))];
    for (const secret of [key, seed]) {
      const hex = Buffer.from(secret).toString("hex");
      for (const bytes of everything) {
        expect(bytes.includes(Buffer.from(secret))).to.equal(false);
        expect(bytes.toString("latin1").toLowerCase().includes(hex)).to.equal(false);
      }
    }
    expect(journal.toString()).to.include(dealing.nonce);
  });

  it("is dealt to the others when one has registered no usable key, and the log says so", async () => {
    const [bot] = scene.bots;
    const { address } = scene.bots[3]!.party.sender;
    const { registry } = bot!.party.deployment;
    const entryOf = async (account: string) => {
      const { encryptionKey, peers } = await registry.entryOf(account);
      // A point of small order.
      return { peers, encryptionKey: account === address ? `0x01${"00".repeat(31)}` : encryptionKey };
    };
    const deployment = { ...bot!.party.deployment, registry: { ...registry, entryOf } as unknown as typeof registry };
    const dealing = await dealingFor({ ...bot!.party, deployment }, bot!.journal, async () => {}, scene.round());
    expect(scene.store.contents.has(dealing.sharesId)).to.equal(true);
    expect(bot!.said.join()).to.include("gets no shares").and.include(address);
  });
});
