/** What is hidden, on a real chain: asked for, shown, and followed to what is wrong in it. */
import { expect } from "chai";
import { toQuantity } from "ethers";
import { explain } from "../../trainer/chain/chainErrors.ts";
import { roundNow } from "../../trainer/chain/taskState.ts";
import { CHUNK_LANES, chunkDepth } from "../../trainer/protocol/chunkTree.ts";
import { MODEL, SUM, requestPrice } from "../../trainer/roles/disclosure.ts";
import { rejection } from "../learning/rejection.ts";
import {
  PARAMETERS,
  answerAll,
  ask,
  chunkAt,
  consistentLie,
  kinds,
  overturned,
  pass,
  propose,
  turnAfter,
  useRevealedRound,
  watching,
  wrongStep,
} from "./aRevealedRound.ts";
import type { Posted, Watching } from "./aRevealedRound.ts";

const DEPTH = chunkDepth(PARAMETERS);

describe("watching a proposal that is hidden", function () {
  this.timeout(30_000);
  const round = useRevealedRound();
  const BOTH = { hidden: ["sum", "model"] } as const;

  it("asks for a chunk, and reports silence", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 1), BOTH);
    const first = turnAfter(round(), seat);
    const watcher = watching(round(), first);
    await watcher.look();
    expect(kinds(watcher)).to.deep.equal(["caught", "asked"]);
    expect(watcher.events[0]).to.deep.include({ fraud: "hidden" });
    expect(watcher.events[1]).to.deep.include({ vector: SUM });
    await watcher.look();
    expect(first.sent, "once").to.have.length(1);
    await pass(round(), round().opened.rules.discloseSeconds + 1);
    await watcher.look();
    const trainer = round().people[seat]!.signer.address;
    expect(watcher.events[2]).to.deep.include({ event: "silence", round: 1, trainer, vector: SUM });
    expect((await overturned(round()))[0]).to.include({ seat, fault: "Undisclosed", challenger: first.signer.address });
  });

  it("lets one ask, and one report", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 1), BOTH);
    const [first, second] = [turnAfter(round(), seat, 1), turnAfter(round(), seat, 2)];
    const watchers = [first, second].map((person) => watching(round(), person));
    for (let looks = 0; looks < 3; looks++) {
      for (const watcher of watchers.toReversed()) await watcher.look();
      await pass(round(), 5);
    }
    await pass(round(), round().opened.rules.discloseSeconds + 1);
    for (const watcher of watchers) await watcher.look();
    expect([...first.sent, ...second.sent]).to.have.length(2);
    expect(await overturned(round())).to.have.length(1);
  });

  it("follows what is shown of the sum to a wrong chunk and convicts with it", async () => {
    const posted = consistentLie(round(), 901);
    const { seat } = await propose(round(), posted, BOTH);
    const watcher = watching(round(), turnAfter(round(), seat));
    const asked = await followed(watcher, posted);
    expect(asked).to.be.within(1, DEPTH + 1);
    expect(watcher.events.at(-1)).to.deep.include({ event: "convicted", fraud: "wrongSum", chunk: chunkAt(901) });
    expect((await overturned(round()))[0]).to.include({ seat, fault: "WrongSum" });
  });

  it("follows what is shown of the model, too", async () => {
    const posted = wrongStep(round(), 333);
    const { seat } = await propose(round(), posted, { hidden: ["model"] });
    const watcher = watching(round(), turnAfter(round(), seat));
    const asked = await followed(watcher, posted);
    expect(asked).to.be.within(1, DEPTH + 1);
    expect(watcher.events.at(-1)).to.deep.include({ event: "convicted", fraud: "wrongStep", chunk: chunkAt(333) });
  });

  it("finds what was written into the padding, which no download would show", async () => {
    const posted = consistentLie(round(), 0);
    const padded = new Int32Array(CHUNK_LANES * 2 ** DEPTH);
    padded.set(round().right.sum);
    padded[padded.length - 1] = 1;
    const { seat } = await propose(round(), { ...posted, sum: padded });
    const watcher = watching(round(), turnAfter(round(), seat));
    await followed(watcher, { ...posted, sum: padded });
    expect(watcher.events.at(-1)).to.deep.include({ event: "convicted", fraud: "wrongSum", chunk: 2 ** DEPTH - 1 });
  });

  it("goes on after a restart where it was", async () => {
    const posted = consistentLie(round(), 555);
    const { seat } = await propose(round(), posted, BOTH);
    const first = turnAfter(round(), seat);
    let asked = 0;
    let last: Watching;
    do {
      last = watching(round(), first); // a new one, which knows nothing
      await last.look();
      asked += await answerAll(round(), posted);
      expect(asked).to.be.at.most(DEPTH + 1);
    } while (!kinds(last).includes("convicted"));
    expect(await overturned(round())).to.have.length(1);
  });

  it("is not kept from asking by questions that lead nowhere", async () => {
    const posted = consistentLie(round(), 1);
    const { seat } = await propose(round(), posted, BOTH);
    await ask(round(), round().outsider, MODEL, 3);
    const watcher = watching(round(), turnAfter(round(), seat));
    await watcher.look();
    expect(watcher.events.at(-1)).to.deep.include({ event: "asked", vector: SUM });
  });

  it("without a step of its own asks once whether anything is shown, and leaves it at that", async () => {
    const posted = consistentLie(round(), 1);
    await propose(round(), posted, BOTH);
    const { outsider } = round();
    const watcher = watching(round(), outsider);
    await watcher.look();
    await pass(round(), 6);
    await watcher.look();
    await answerAll(round(), posted);
    for (let looks = 0; looks < 3; looks++) await watcher.look();
    expect(kinds(watcher)).to.deep.equal(["caught", "asked"]);
    expect(outsider.sent).to.have.length(1);
  });

  it("has those say that the model cannot be had who cannot pay for a question; a majority takes it back", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 1), BOTH);
    await round().chain.rpc("hardhat_setNextBlockBaseFeePerGas", toQuantity(10n ** 11n));
    await round().chain.mine();
    const { maxFeePerGas } = await round().chain.provider.getFeeData();
    const poor = [turnAfter(round(), seat, 1), turnAfter(round(), seat, 2)];
    for (const person of poor) {
      const balance = toQuantity(150_000n * maxFeePerGas!);
      await round().chain.rpc("hardhat_setBalance", person.signer.address, balance);
      const watcher = watching(round(), person);
      await watcher.look();
      await pass(round(), 3);
      if (kinds(watcher).length === 1) await watcher.look();
      expect(kinds(watcher)).to.deep.equal(["caught", "model missed"]);
    }
    expect((await overturned(round()))[0]).to.include({ seat, fault: "Withheld" });
  });

  it("goes on asking as long as the proposal may be held open, and then says that the model cannot be had", async () => {
    const posted = consistentLie(round(), 1);
    const { seat } = await propose(round(), posted, BOTH);
    const { discloseSeconds } = round().opened.rules;
    // Somebody else has it held open, with questions that lead nowhere.
    for (let question = 0; question < 40; question++) {
      const { endsAt } = roundNow(await round().state());
      await round().chain.mine(endsAt - 2);
      const isHeld = await ask(round(), round().outsider, MODEL, question % 32).then(
        () => true,
        () => false,
      );
      if (!isHeld) break;
      await answerAll(round(), posted);
    }
    const watcher = watching(round(), turnAfter(round(), seat));
    const { endsAt, openedAt = 0 } = roundNow(await round().state());
    expect(endsAt).to.be.at.least(openedAt + 30 * discloseSeconds);
    await watcher.look();
    expect(kinds(watcher)).to.deep.equal(["caught", "model missed"]);
  });

  it("pays exactly what the court asks for", async () => {
    await propose(round(), round().right);
    const { chain, opened, outsider } = round();
    const court = chain.deployment.court.connect(outsider.signer);
    const request = await court.requestChunk.populateTransaction(opened.address, 1, SUM, 0, { value: 0n });
    const error = await rejection(outsider.signer.sendTransaction({ ...request, gasLimit: 300_000n }));
    const { baseFeePerGas } = (await chain.provider.getBlock("latest"))!;
    const refused = explain(error, "ask");
    expect(refused).to.have.property("reason", "PriceTooLow");
    expect(refused).to.have.nested.property("values.price", requestPrice(PARAMETERS, baseFeePerGas!));
  });

  /** Its proposer shows everything that it is asked for; returns how much that was. */
  async function followed(watcher: Watching, posted: Posted): Promise<number> {
    for (let asked = 0; asked <= 2 * DEPTH;) {
      await watcher.look();
      if (kinds(watcher).includes("convicted")) return asked;
      asked += await answerAll(round(), posted);
    }
    throw new Error(`It has not come to a verdict: ${kinds(watcher).join()}.`);
  }
});

describe("showing what is asked for", function () {
  this.timeout(30_000);
  const round = useRevealedRound();

  it("is its proposer's, at once and each time", async () => {
    const { seat } = await propose(round(), round().right);
    const proposer = watching(round(), round().people[seat]!);
    const other = watching(round(), turnAfter(round(), seat));
    for (const [vector, chunk] of [
      [SUM, 31],
      [MODEL, 0],
      [SUM, 31],
    ] as const) {
      await ask(round(), round().outsider, vector, chunk);
      await other.look();
      await proposer.look();
      expect(proposer.events.at(-1)).to.deep.include({ event: "answered", vector, chunk });
    }
    expect(kinds(proposer)).to.deep.equal(["checked", "answered", "answered", "answered"]);
    expect(kinds(other)).to.deep.equal(["checked"]);
    await pass(round(), round().opened.rules.discloseSeconds + 1);
    await proposer.look();
    expect(await overturned(round())).to.deep.equal([]);
  });

  it("is the others' when it is silent for half the time, one after another", async () => {
    const { seat } = await propose(round(), round().right);
    const [first, second] = [turnAfter(round(), seat, 1), turnAfter(round(), seat, 2)];
    const watchers = [second, first].map((person) => watching(round(), person));
    await ask(round(), round().outsider, MODEL, 7);
    for (const watcher of watchers) await watcher.look();
    expect([...first.sent, ...second.sent]).to.deep.equal([]);
    await pass(round(), round().opened.rules.discloseSeconds / 2);
    for (const watcher of watchers) await watcher.look();
    expect(first.sent).to.have.length(1);
    expect(second.sent).to.have.length(0);
  });

  it("is not done by who does not want to, nor when it is too late", async () => {
    const { seat } = await propose(round(), round().right);
    const silent = watching(round(), round().people[seat]!, { answers: false });
    await ask(round(), round().outsider, SUM, 0);
    await silent.look();
    await pass(round(), round().opened.rules.discloseSeconds + 1);
    const late = watching(round(), round().people[seat]!);
    await late.look();
    expect(round().people[seat]!.sent).to.deep.equal([]);
  });
});

describe("watching a hidden model with moments", function () {
  this.timeout(30_000);
  const round = useRevealedRound({ rule: "FedAdam" });

  for (const vector of [1, 2]) {
    it(`convicts a wrong lane of vector ${vector}`, async () => {
      const { seat } = await propose(round(), wrongStep(round(), 999, vector));
      const watcher = watching(round(), turnAfter(round(), seat));
      await watcher.look();
      expect(watcher.events.at(-1)).to.deep.include({ event: "convicted", fraud: "wrongStep", chunk: chunkAt(999) });
    });

    it(`follows what is shown to a wrong lane of vector ${vector} and has the others shown there, too`, async () => {
      const posted = wrongStep(round(), 100, vector);
      const { seat } = await propose(round(), posted, { hidden: ["model"] });
      const watcher = watching(round(), turnAfter(round(), seat));
      let asked = 0;
      while (!kinds(watcher).includes("convicted")) {
        expect(asked).to.be.at.most(DEPTH + 4);
        await watcher.look();
        asked += await answerAll(round(), posted);
      }
      expect(watcher.events.at(-1)).to.deep.include({ event: "convicted", fraud: "wrongStep", chunk: chunkAt(100) });
    });
  }

  it("finds the right one right, and shows chunks of every vector", async () => {
    const { seat } = await propose(round(), round().right);
    const watcher = watching(round(), round().people[seat]!);
    for (const vector of [SUM, MODEL, MODEL + 1, MODEL + 2]) await ask(round(), round().outsider, vector, 12);
    await watcher.look();
    expect(kinds(watcher)).to.deep.equal(["checked", "answered", "answered", "answered", "answered"]);
  });
});
