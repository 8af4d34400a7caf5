/** The watcher by itself, on a real chain: it follows a task and acts without being told when. */
import { expect } from "chai";
import { runWatcher } from "../../trainer/roles/watcher.ts";
import type { WatcherEvent } from "../../trainer/roles/watcher.ts";
import type { Sample } from "../../trainer/protocol/judgement.ts";
import { rejection } from "../learning/rejection.ts";
import {
  chunkAt,
  overturned,
  pass,
  propose,
  turnAfter,
  useRevealedRound,
  wrongStep,
  consistentLie,
} from "./aRevealedRound.ts";
import type { Person } from "./aRevealedRound.ts";

/** Watchers of a fresh round each; `running` and what they were asked to keep. */
function useWatchers(options: Parameters<typeof useRevealedRound>[0] = {}) {
  const round = useRevealedRound(options);
  let stop: AbortController;
  let kept: string[];
  beforeEach(() => {
    stop = new AbortController();
    kept = [];
  });
  afterEach(() => stop.abort());

  /** Runs until it ends by itself or is stopped; `says` resolves with the first event of a kind. */
  function running({ party }: Person, sample?: Sample) {
    const events: WatcherEvent[] = [];
    const waiting = new Set<() => void>();
    const ended = runWatcher(
      { ...party, signal: stop.signal },
      {
        retention: {
          async keepUntil(id: string) {
            kept.push(id);
          },
          keptUntil: () => undefined,
          letGoOfExpired: async () => [],
        },
        ...{ confirmations: 0, pollMs: 20 },
        ...(sample === undefined ? {} : { sample }),
        onEvent(event) {
          events.push(event);
          for (const look of waiting) look();
        },
      },
    );
    ended.catch(() => undefined); // whoever waits for it hears of it
    const says = (kind: WatcherEvent["event"]) =>
      Promise.race([
        ended.then(() => expect.fail(`It has ended without saying "${kind}".`)),
        new Promise<WatcherEvent>((resolve) => {
          const look = () => {
            const found = events.find(({ event }) => event === kind);
            if (found !== undefined) resolve(found);
          };
          waiting.add(look);
          look();
        }),
      ]);
    return { events, ended, says };
  }

  return { round, running, stop: (reason: Error) => stop.abort(reason), kept: () => kept };
}

describe("the watcher", function () {
  this.timeout(30_000);
  const { round, running, stop, kept } = useWatchers();

  it("convicts, keeps for others what it has fetched, and stops when told", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 999));
    const { says, ended } = running(turnAfter(round(), seat));
    expect(await says("phase")).to.deep.include({ round: 1, phase: "proposed" });
    expect(await says("convicted")).to.deep.include({ fraud: "wrongSum", chunk: chunkAt(999) });
    expect(kept().length).to.be.at.least(4);
    const reason = new Error("stop");
    stop(reason);
    expect(await rejection(ended)).to.equal(reason);
    expect(await overturned(round())).to.have.length(1);
  });

  it("without a seat convicts a wrong step that nobody else does", async () => {
    await propose(round(), wrongStep(round(), 64));
    const { says } = running(round().outsider);
    await says("caught");
    await pass(round(), 7);
    expect(await says("convicted")).to.deep.include({ fraud: "wrongStep", chunk: 2 });
  });

  it("looks at no more than its sample", async () => {
    const { seat } = await propose(round(), consistentLie(round(), 999));
    const { says } = running(turnAfter(round(), seat), [3]);
    expect(await says("checked")).to.deep.include({ found: "right" });
  });

  it("ends with its task", async () => {
    const { seat } = await propose(round(), round().right);
    const { says, ended, events } = running(turnAfter(round(), seat));
    await says("checked");
    await round().by(round().sponsor).cancel();
    await pass(round(), round().opened.rules.challengeSeconds);
    await round().by(round().sponsor).advance();
    await ended;
    expect(events.at(-1)).to.deep.equal({ event: "finished", completed: 1 });
  });
});

describe("the watcher of a task with compressed updates", function () {
  this.timeout(30_000);
  for (const compression of [
    { keep: "random", share: 0.1 },
    { keep: "largest", share: 0.05, bits: 4 },
  ] as const) {
    describe(`${compression.keep} ones kept`, () => {
      const { round, running } = useWatchers({ compression });

      it("finds the right sum right", async () => {
        const { seat } = await propose(round(), round().right);
        const { says } = running(turnAfter(round(), seat));
        expect(await says("checked")).to.deep.include({ found: "right" });
      });

      it("convicts a wrong one by the numbers that the updates stand for", async () => {
        const { seat } = await propose(round(), consistentLie(round(), 999));
        const { says } = running(turnAfter(round(), seat));
        expect(await says("convicted")).to.deep.include({ fraud: "wrongSum", chunk: chunkAt(999) });
      });
    });
  }
});
