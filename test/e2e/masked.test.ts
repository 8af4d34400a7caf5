/**
 * A masked federation, whole and real: a chain, four trainers that are processes of their own, real IPFS between them, real
 * masks. Some vanish at the very moment when what they do would leave them: one before it commits, one before it reveals,
 * then two at once, which is too many. What comes out is recomputed here with all keys at hand, and afterwards everything
 * that the trainers have on disk or said is searched for what nobody may ever see.
 */
import { expect } from "chai";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { hexlify } from "ethers";
import { taskAt } from "../../trainer/chain/contracts.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { countedSeats, rewardOf, roundOf, seatOf, summedCohorts } from "../../trainer/chain/taskState.ts";
import type { RoundState, TaskState } from "../../trainer/chain/taskState.ts";
import { chunkRoot } from "../../trainer/protocol/chunkTree.ts";
import { addLanes, lanesToBytes } from "../../trainer/protocol/lanes.ts";
import { table, useScene } from "../cli/scene.ts";
import type { Account, Ended } from "../cli/scene.ts";
import { aFederation, sharesAreHeld } from "./maskedFederation.ts";
import type { Doom, Federation, Life, WhatTheyKnew } from "./maskedFederation.ts";

const ROWS = [57, 80, 140, 95];
/** Rounds 1 and 2 are final in spite of who vanishes, round 3 is void, and round 4 makes up for it. */
const [DROPPED, KILLED, VOID, LAST] = [1, 2, 3, 4];
const FDS = 10n ** 18n;
const BURNT = "0x000000000000000000000000000000000000dEaD";

describe("a masked federation of four processes", function () {
  this.timeout(240_000);
  const scene = useScene();
  let opened: OpenedTask;
  let state: TaskState;
  let trainers: Account[];
  let tables: string[];
  let federation: Federation;
  let ended: Ended[];
  let hadBefore: bigint[];
  let known: WhatTheyKnew;

  before("it runs to its end by itself", async () => {
    const { deployment, account, file, open } = scene();
    trainers = await Promise.all(ROWS.map(() => account()));
    tables = await Promise.all(ROWS.map((rows, i) => file(`masked-${i}.csv`, table(rows, 1_000 * i))));
    hadBefore = await balances([]);
    const number = await open({
      ...{ privacy: "masked", rounds: 3, trainers: { min: 3, max: ROWS.length } },
      seconds: {
        // Nobody waits for them: all act, or the clock jumps.
        ...{ enter: 300, share: 300, commit: 300, attest: 300, reveal: 300, recover: 300, propose: 300 },
        ...{ grace: 60, challenge: 1, disclose: 1, blame: 9, retention: 3_600 },
      },
    });
    opened = await findTask(deployment, String(number));
    federation = aFederation(scene(), opened, trainers, tables);
    const { live, until, passDeadline, seatOfTrainer } = federation;

    const last: Life[] = [
      await live(0),
      await live(1, at(VOID!, "commitMasked")),
      await live(2, at(KILLED!, "revealSeed")),
      await live(3, at(DROPPED!, "commitMasked")),
    ];

    await last[3]!.vanished;
    await until("three have committed", DROPPED!, ({ committed }) => committed === 3);
    await passDeadline("Committing");
    await until("the key is rebuilt", DROPPED!, (round) => seatOfTrainer(round, 3).key !== undefined);
    last[3] = await live(3);

    await last[2]!.vanished;
    await until("three have revealed", KILLED!, ({ revealed }) => revealed === 3);
    await passDeadline("Revealing");
    await until("the seed is rebuilt", KILLED!, (round) => seatOfTrainer(round, 2).seed !== undefined);
    last[2] = await live(2, at(VOID!, "commitMasked"));

    await Promise.all([last[1]!.vanished, last[2]!.vanished]);
    await until("two have committed", VOID!, ({ committed }) => committed === 2);
    await passDeadline("Committing");
    await until("the round is void", VOID!, ({ phase }) => phase === "Void");
    [last[1], last[2]] = [await live(1), await live(2)];

    ended = await Promise.all(last.map(({ running }) => running.ended));
    state = await federation.now();
    known = await federation.readSecrets(rounds());
  });

  after(() => federation.close());

  /** Before which act a trainer vanishes. What the others need to go on without it they have had time to fetch. */
  function at(number: number, act: "commitMasked" | "revealSeed"): Doom {
    return async ({ name, args }, trainer) => {
      if (!name.startsWith(act) || Number(args[0]) !== number) return false;
      if (number !== VOID) await sharesAreHeld(roundOf(await federation.now(), number), trainers, trainer);
      return true;
    };
  }

  function seatOfTrainer(round: RoundState, trainer: number) {
    return federation.seatOfTrainer(round, trainer);
  }

  function rounds(): RoundState[] {
    return [DROPPED, KILLED, VOID, LAST].map((number) => roundOf(state, number!));
  }

  it("who vanishes before it commits is left out, and its key is rebuilt", () => {
    const round = roundOf(state, DROPPED!);
    expect(round.phase).to.equal("Final");
    expect(seatOfTrainer(round, 3)).to.include({ status: "Shared" }).and.not.have.property("seed");
    expect(seatOfTrainer(round, 3).key).to.equal(hexlify(known.secretsOf(round, 3).key));
    expect([0, 1, 2].map((trainer) => seatOfTrainer(round, trainer).status)).to.deep.equal(Array(3).fill("Revealed"));
  });

  it("who vanishes before it reveals is in the sum, and its seed is rebuilt", () => {
    const round = roundOf(state, KILLED!);
    expect(round.phase).to.equal("Final");
    expect(seatOfTrainer(round, 2)).to.include({ status: "Rebuilt" }).and.not.have.property("key");
    expect(seatOfTrainer(round, 2).seed).to.equal(hexlify(known.secretsOf(round, 2).seed));
    expect([0, 1, 3].map((trainer) => seatOfTrainer(round, trainer).status)).to.deep.equal(Array(3).fill("Revealed"));
  });

  it("a round that too many vanish from is void, nothing of it is shown, and the next one is whole", () => {
    const round = roundOf(state, VOID!);
    expect(round).to.include({ phase: "Void", endedIn: "Committing" });
    expect(summedCohorts(round)).to.deep.equal([]);
    for (const { seed, key, keyShares, seedShares } of round.seats.values()) {
      expect([seed, key, keyShares, seedShares]).to.deep.equal(Array(4).fill(undefined));
    }
    const next = roundOf(state, LAST!);
    expect(next.phase).to.equal("Final");
    expect([...next.seats.values()].map(({ status }) => status)).to.deep.equal(Array(4).fill("Revealed"));
    expect(state).to.include({ closed: true, completed: 3, current: LAST });
    for (const { code, stdout, stderr } of ended) expect(code, `${stderr}${stdout}`).to.equal(0);
  });

  it("each sum is the plain sum of its members, bit for bit", () => {
    for (const round of rounds().filter(({ phase }) => phase === "Final")) {
      const members = countedSeats(round).map((seat) => round.seats.get(seat)!.trainer);
      const sum = new Int32Array(opened.rules.parameters);
      for (const [trainer, { address }] of trainers.entries()) {
        if (!members.includes(address)) continue;
        const { plain } = known.updates[trainer]!.get(round.number)!;
        const largest = opened.rules.bound * seatOfTrainer(round, trainer).weight;
        for (const lane of plain) expect(Math.abs(lane)).to.be.at.most(largest);
        addLanes(sum, plain);
      }
      expect(chunkRoot(sum), `round ${round.number}`).to.equal(round.proposal!.sumRoot);
    }
  });

  it("a void round's training is not used again: the next one has other updates", () => {
    for (const own of known.updates) {
      const [before, again] = [own.get(VOID!)!, own.get(LAST!)!];
      expect(again.plain).not.to.deep.equal(before.plain);
    }
  });

  it("fines each missed deadline and nothing else, and pays whoever is in a sum", () => {
    const { missFine, aggregatorPay, advanceTip } = opened.rules;
    const missed = [0n, 1n, 2n, 1n];
    trainers.forEach(({ address }, i) => {
      expect(state.fined.get(address) ?? 0n, `fines of trainer ${i}`).to.equal(missed[i]! * missFine);
      const earned = rounds().reduce((sum, round) => {
        const aggregated = round.seats.get(round.proposal?.seat ?? -1)?.trainer === address ? aggregatorPay : 0n;
        const tip = round.result?.advancer === address ? advanceTip : 0n;
        return sum + rewardOf(round, seatOf(round, address)!.seat) + aggregated + tip;
      }, 0n);
      expect(state.claimed.get(address), `claims of trainer ${i}`).to.equal(earned);
    });
    const dropped = roundOf(state, DROPPED!);
    const killed = roundOf(state, KILLED!);
    expect(rewardOf(dropped, seatOf(dropped, trainers[3]!.address)!.seat)).to.equal(0n);
    expect(rewardOf(killed, seatOf(killed, trainers[2]!.address)!.seat) > 0n).to.equal(true);
    expect(state.slashed.size).to.equal(0);
  });

  it("the balances add up to the last unit", async () => {
    const { sponsor, provider, deployment } = scene();
    await sponsor.sender.send("refund", await taskAt(opened.address, provider).refund.populateTransaction());
    const has = await balances([opened.address]);
    const sum = (amounts: readonly bigint[]) => amounts.reduce((all, amount) => all + amount, 0n);
    expect(has.at(-1), "the escrow is empty").to.equal(0n);
    expect(sum(has)).to.equal(sum(hadBefore));
    const stakes = await Promise.all(trainers.map(({ address }) => deployment.vault.eligible(opened.address, address)));
    expect(stakes[0], "who never vanished has its stake").to.equal(110n * FDS);
  });

  it("nothing that nobody may see is on disk, in a log or on IPFS", async () => {
    const said = await Promise.all(federation.lives.map(async ({ running }) => running.ended));
    const haystacks = said.flatMap(({ stdout, stderr }, i) => [
      { where: `stdout ${i}`, bytes: Buffer.from(stdout) },
      { where: `stderr ${i}`, bytes: Buffer.from(stderr) },
    ]);
    for (const where of await filesUnder([...trainers.map(({ home }) => home), join(scene().folder, "sponsor")])) {
      haystacks.push({ where, bytes: await readFile(where) });
    }
    const holding = (needle: Uint8Array) =>
      haystacks.filter(({ bytes }) => bytes.includes(Buffer.from(needle))).map(({ where }) => where);

    let checked = 0;
    for (const round of rounds()) {
      for (const trainer of trainers.keys()) {
        const { seed, key } = seatOfTrainer(round, trainer);
        const secrets = known.secretsOf(round, trainer);
        const hidden = [
          ...(seed === undefined ? [secrets.seed] : []),
          ...(key === undefined ? [secrets.key] : []),
          ...plainForms(round, trainer),
        ];
        for (const form of hidden.flatMap(writtenForms)) {
          expect(holding(form), `of trainer ${trainer} in round ${round.number}`).to.deep.equal([]);
          checked++;
        }
      }
    }
    expect(checked).to.be.above(100);

    // That it would be found: the masked update lies in its trainer's store, the journal has the nonce, a log the address.
    const { masked } = known.updates[1]!.get(LAST!)!;
    expect(
      holding(lanesToBytes(masked)).some((where) => where.startsWith(join(trainers[1]!.home, "content"))),
    ).to.equal(true);
    const [dealing] = known.journals[1]!.dealings(LAST!);
    expect(holding(Buffer.from(dealing!.nonce.slice(2))).every((where) => where.includes("journals"))).to.equal(true);
    expect(holding(Buffer.from(dealing!.nonce.slice(2)))).not.to.deep.equal([]);
    expect(
      haystacks.filter(({ where }) => where.startsWith("std")).some(({ bytes }) => bytes.includes("revealSeed")),
    ).to.equal(true);
  });

  /** A plain update in every form it has in a trainer's memory, in parts long enough not to be there by chance. */
  function plainForms(round: RoundState, trainer: number): Uint8Array[] {
    const plain = known.updates[trainer]!.get(round.number)?.plain;
    if (plain === undefined) return [];
    const { weight } = seatOfTrainer(round, trainer);
    const unweighted = plain.map((lane) => lane / weight);
    const real = Float32Array.from(unweighted, (lane) => lane / 2 ** opened.rules.fractionBits);
    const vectors = [lanesToBytes(plain), bytesOf(plain), lanesToBytes(unweighted), bytesOf(unweighted), bytesOf(real)];
    return vectors.flatMap((bytes) => [bytes.slice(0, 16), bytes.slice(-16)]);
  }

  async function balances(others: readonly string[]): Promise<bigint[]> {
    const { deployment, sponsor } = scene();
    const { stakeToken, vault } = deployment;
    const own = trainers.map(({ address }) => address);
    const all = [sponsor.sender.address, ...own, await vault.getAddress(), BURNT, ...others];
    return Promise.all(all.map((each) => stakeToken.balanceOf(each)));
  }
});

/** As bytes, and as text in the ways that programs write bytes. */
function writtenForms(bytes: Uint8Array): Uint8Array[] {
  const buffer = Buffer.from(bytes);
  const hex = buffer.toString("hex");
  const base64 = buffer.toString("base64").replace(/=+$/, "").slice(0, -1);
  const texts = [
    hex,
    hex.toUpperCase(),
    base64,
    base64.replaceAll("+", "-").replaceAll("/", "_"),
    [...bytes].join(","),
  ];
  return [buffer, ...texts.map((text) => Buffer.from(text))];
}

function bytesOf(numbers: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

async function filesUnder(folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
    }),
  );
  return found.flat();
}
