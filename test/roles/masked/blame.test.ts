import { expect } from "chai";
import { dataLength, dataSlice, keccak256 } from "ethers";
import type { ContractTransaction } from "ethers";
import { cohortRounds, roundNow } from "../../../trainer/chain/taskState.ts";
import type { RoundState, TaskState } from "../../../trainer/chain/taskState.ts";
import { createStopwatch } from "../../../trainer/observe/stopwatch.ts";
import type { ChunkOpening } from "../../../trainer/protocol/maskedProofs.ts";
import { createMaskedSum } from "../../../trainer/roles/masked/maskedSum.ts";
import { createMaskedWatch } from "../../../trainer/roles/masked/maskedWatch.ts";
import { sharersOf } from "../../../trainer/roles/masked/cohortView.ts";
import type { Party } from "../../../trainer/roles/party.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { blames, proposes, seenAt } from "../aTask.ts";
import { impatientTraffic } from "../memoryStore.ts";
import { aMaskedRound } from "./aMaskedRound.ts";
import type { Event, MaskedRoundScene } from "./aMaskedRound.ts";

const CHUNK = 1;
/** What only the court keeps: who is accused of what, and what has been opened. */
interface CourtLog {
  readonly SumAccused: {
    readonly cohort: bigint;
    readonly chunk: bigint;
    readonly openUntil: bigint;
    readonly proveUntil: bigint;
  }[];
  readonly ChunkOpened: { readonly seat: bigint; readonly key: { x: bigint; y: bigint }; readonly streams: string[] }[];
}

/** A call of the court that a trainer has sent. */
interface Sent {
  readonly call: string;
  readonly args: readonly unknown[];
}

describe("blaming one of several cohorts", () => {
  const random = seededRandom("blaming a cohort");
  const ROSTERS = [
    [0, 2, 4, 6],
    [1, 3, 5],
  ] as const;
  let scene: MaskedRoundScene;
  let endsAt: number;
  let log: CourtLog;

  before(async () => {
    const rules = { cohorts: 2, maxTrainers: 8 };
    // Lanes of any size: every chunk of either sum is out of range.
    scene = await aMaskedRound(random, { trainers: 7, rules, rosters: ROSTERS });
    await scene.share();
    await scene.commit();
    for (const roster of ROSTERS) await scene.agree(roster.slice(0, 3));
    await scene.reveal(ROSTERS.flat());
    endsAt = scene.time() + scene.rules.blameSeconds;
  });
  after(() => scene.close());
  beforeEach(() => (log = { SumAccused: [], ChunkOpened: [] }));

  const openUntil = () => endsAt - 60;
  const proveUntil = () => endsAt - 30;

  /** As the chain shows it while this cohort is blamed. */
  function blamed(cohort: number, time = scene.time() + 1): TaskState {
    const at = scene.time();
    const events = [proposes(1, 0), blames(1, cohort, endsAt)].map((event) => ({ ...event, at }) as Event);
    return seenAt(scene.state([...scene.events, ...events]), time);
  }

  function accuse(cohort: number, chunk = CHUNK): void {
    const until = { openUntil: BigInt(openUntil()), proveUntil: BigInt(proveUntil()) };
    log.SumAccused.push({ cohort: BigInt(cohort), chunk: BigInt(chunk), ...until });
  }

  /** What a trainer sends to the court when it looks at this state. */
  async function sends(seat: number, state: TaskState, sumOf?: (cohort: RoundState) => Int32Array): Promise<Sent[]> {
    const bot = await scene.bots[seat]!.restarted();
    const sent: Sent[] = [];
    const traffic = impatientTraffic(scene.store);
    const sum = createMaskedSum(bot.party, traffic, createStopwatch(), 1);
    await sum.collect(roundNow(state));
    const means = { journal: bot.journal, witnesses: [], sum: sumOf ?? ((cohort: RoundState) => sum.complete(cohort)) };
    const watch = createMaskedWatch(withCourt(bot.party, sent), traffic, createStopwatch(), means);
    await watch.blame(state, roundNow(state));
    return sent;
  }

  function withCourt(party: Party, sent: Sent[]): Party {
    const call = (name: string) => ({
      populateTransaction: async (...args: unknown[]) => ({ data: JSON.stringify(name), call: name, args }),
    });
    const maskCourt = {
      filters: { SumAccused: () => "SumAccused", ChunkOpened: () => "ChunkOpened" },
      queryFilter: async (name: keyof CourtLog) => log[name].map((args) => ({ args })),
      ...{ openChunk: call("openChunk"), convictEdge: call("convictEdge") },
      ...{ convictSilent: call("convictSilent"), convictUnproved: call("convictUnproved") },
    };
    const send = async (_words: string, request: ContractTransaction) => {
      const { call: name, args } = request as unknown as Sent;
      sent.push({ call: name, args });
    };
    // A trainer asks the court for nothing else in a blame.
    return {
      ...party,
      deployment: { ...party.deployment, maskCourt },
      sender: { ...party.sender, send },
    } as unknown as Party;
  }

  /** What the court says once these seats have opened their chunk. */
  async function opened(seats: readonly number[], cohort: number): Promise<CourtLog["ChunkOpened"]> {
    const said: CourtLog["ChunkOpened"] = [];
    for (const seat of seats) {
      const [sent] = await sends(seat, blamed(cohort));
      const { streams } = sent!.args[4] as ChunkOpening;
      const members = cohortRounds(scene.round())[cohort]!.set!.members;
      const others = members.filter((other) => other !== seat);
      const hashOf = (other: number) =>
        keccak256(dataSlice(streams, 128 * others.indexOf(other), 128 * (others.indexOf(other) + 1)));
      said.push({
        seat: BigInt(seat),
        key: sharersOf(scene.bots[seat]!.party.opened.domain, scene.round()).find((sharer) => sharer.seat === seat)!
          .key!,
        streams: members.map((other) => (other === seat ? `0x${"00".repeat(32)}` : hashOf(other))),
      });
    }
    return said;
  }

  it("each of its members opens the chunk that its cohort is accused of, with the masks to the others of it", async () => {
    accuse(1, CHUNK + 1); // before, in this round
    accuse(0);
    for (const seat of ROSTERS[0]) {
      const sent = await sends(seat, blamed(0));
      expect(sent.map(({ call }) => call)).to.deep.equal(["openChunk"]);
      const [, round, cohort, own, opening] = sent[0]!.args as [string, number, number, number, ChunkOpening];
      expect([round, cohort, own]).to.deep.equal([1, 0, seat]);
      expect(dataLength(opening.streams)).to.equal(128 * (ROSTERS[0].length - 1));
      expect(opening.dropped).to.equal("0x");
    }
  });

  it("nobody of another cohort opens anything", async () => {
    accuse(0);
    for (const seat of ROSTERS[1]) expect(await sends(seat, blamed(0))).to.deep.equal([]);
  });

  it("an accusation of another cohort is none of this one", async () => {
    accuse(1);
    for (const seat of ROSTERS.flat()) expect(await sends(seat, blamed(0))).to.deep.equal([]);
  });

  it("who has summed its cohort within the range opens nothing, whatever another cohort's sum is", async () => {
    accuse(0);
    const inRange = (cohort: RoundState) =>
      new Int32Array(scene.rules.parameters).fill(cohort.cohort === 0 ? 0 : 2 ** 31 - 1);
    expect(await sends(2, blamed(0), inRange)).to.deep.equal([]);
  });

  it("convicts the silent of the blamed cohort, in its name, and nobody of one that was blamed before", async () => {
    accuse(1);
    const others = await opened(ROSTERS[1].slice(1), 1); // seat 1 was silent then
    accuse(0);
    log.ChunkOpened.push(...others, ...(await opened([0, 2, 6], 0)));
    const late = blamed(0, endsAt - 1);
    for (const seat of [6, 1]) {
      const sent = await sends(seat, late);
      expect(sent).to.deep.equal([{ call: "convictSilent", args: [scene.bots[0]!.party.opened.address, 1, 0, 4] }]);
    }
  });

  it("two of it who differ about a mask: either proves it, and in the end both are convicted, in its name", async () => {
    accuse(1);
    const others = await opened(ROSTERS[1], 1);
    others[0]!.streams[2] = keccak256("0x1234"); // seats 1 and 5 differ too, in a blame that is over
    accuse(0);
    const own = await opened(ROSTERS[0], 0);
    own[1]!.streams[3] = keccak256("0x12"); // seat 2 lies about seat 6
    log.ChunkOpened.push(...others, ...own);

    const proving = blamed(0, openUntil() + 5);
    for (const [seat, peer] of [
      [2, 6],
      [6, 2],
    ] as const) {
      const sent = await sends(seat, proving);
      expect(sent.map(({ call }) => call)).to.deep.equal(["convictEdge"]);
      const [, round, cohort, prover, other] = sent[0]!.args as [
        string,
        number,
        number,
        { seat: number },
        { seat: number },
      ];
      expect([round, cohort, prover.seat, other.seat]).to.deep.equal([1, 0, seat, peer]);
    }
    for (const seat of [0, 1, 5]) expect(await sends(seat, proving), `seat ${seat}`).to.deep.equal([]);
    const [unproved, ...more] = await sends(4, blamed(0, endsAt - 1));
    expect(more).to.deep.equal([]);
    const [, , cohort, one, other] = unproved!.args as [string, number, number, { seat: number }, { seat: number }];
    expect([unproved!.call, cohort, one.seat, other.seat]).to.deep.equal(["convictUnproved", 0, 2, 6]);
  });
});
