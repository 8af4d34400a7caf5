/** What watchers take to the court about updates, on a real chain. */
import { expect } from "chai";
import { roundNow } from "../../trainer/chain/taskState.ts";
import { CHUNK_LANES } from "../../trainer/protocol/chunkTree.ts";
import { overturned, pass, propose, useRevealedRound, watching } from "./aRevealedRound.ts";

describe("challenging updates", function () {
  this.timeout(30_000);
  const CHEATS = 3;
  const round = useRevealedRound({
    trainers: 4,
    lie(seat, honest, largest) {
      if (seat === 0) return honest.with(3 * CHUNK_LANES, -largest - 1);
      if (seat === 1) return Int32Array.from({ length: 1024 }, (_, lane) => (lane === 1_001 ? 1 : (honest[lane] ?? 0)));
      if (seat === 2) return honest.subarray(0, 512);
      return honest;
    },
  });

  it("convicts a number out of range, one in the padding and a vector of another length, each once", async () => {
    const { people } = round();
    const honest = people[3]!;
    const watcher = watching(round(), honest);
    for (let looks = 0; looks < 5; looks++) {
      await watcher.look();
      await pass(round(), 2);
    }
    const verdicts = watcher.events.filter(({ event }) => event === "convicted");
    expect(verdicts).to.have.length(CHEATS);
    for (const [seat, chunk] of [3, 31, 0].entries()) {
      const trainer = people[seat]!.signer.address;
      expect(verdicts.some((verdict) => "trainer" in verdict && verdict.trainer === trainer)).to.equal(true);
      expect(verdicts.find((verdict) => "trainer" in verdict && verdict.trainer === trainer)).to.deep.include({
        ...{ fraud: "malformed", chunk, fine: String(round().opened.rules.fraudFine) },
      });
    }
    const { seats } = roundNow(await round().state());
    expect([0, 1, 2, 3].map((seat) => seats.get(seat)?.status)).to.deep.equal([
      ...["Expelled", "Expelled", "Expelled"],
      "Revealed",
    ]);
  });

  it("has no cheater accuse itself, though it may accuse others", async () => {
    const cheater = round().people[0]!;
    const watcher = watching(round(), cheater);
    for (let looks = 0; looks < 5; looks++) {
      await watcher.look();
      await pass(round(), 4);
    }
    const { seats } = roundNow(await round().state());
    expect(seats.get(0)?.status).to.equal("Revealed");
    expect(seats.get(1)?.status).to.equal("Expelled");
  });

  it("takes a proposal back that has one of them in its sum, and fines its proposer only for its own", async () => {
    const { seat } = await propose(round(), round().right);
    const watcher = watching(round(), round().people[3]!);
    for (let looks = 0; looks < 4 && (await overturned(round())).length === 0; looks++) {
      await watcher.look();
      await pass(round(), 2);
    }
    expect((await overturned(round()))[0]).to.include({ seat, fault: "SetChanged", fine: 0n });
  });
});
