/**
 * One who cheats, whole and real: a chain, three trainers that are processes of their own, real IPFS between them. In the
 * first round one of them cheats, once in each way; the others find out, prove it on chain, and the task goes on to its
 * end, soon without it. The faults are those of the protocol that concern aggregation.
 */
import { expect } from "chai";
import type { Cheat } from "../../scripts/demo/cheats.ts";
import { disputesOf } from "../../scripts/demo/disputes.ts";
import { CHEATING_TRAINER, cheatArguments } from "../../scripts/demo/trainerProcess.ts";
import { readTask } from "../../trainer/chain/followTask.ts";
import { findTask } from "../../trainer/chain/openedTask.ts";
import type { OpenedTask } from "../../trainer/chain/openedTask.ts";
import { roundOf } from "../../trainer/chain/taskState.ts";
import type { RoundState, TaskState } from "../../trainer/chain/taskState.ts";
import { CHUNK_LANES } from "../../trainer/protocol/chunkTree.ts";
import type { ReportDispute } from "../../trainer/observe/report.ts";
import type { TaskFile } from "../../trainer/roles/taskFile.ts";
import { TABLE_TASK, table, useScene } from "../cli/scene.ts";
import type { Account, Ended } from "../cli/scene.ts";

const ROUNDS = 3;
const ROWS = [60, 80, 100];
/** Of 386 numbers, in thirteen chunks; the cheats change one in the third. */
const ARCHITECTURE: TaskFile["architecture"] = { kind: "mlp", inputs: [3], hidden: [64], classes: 2 };
const CHANGED_CHUNK = Math.floor((4_321 % 386) / CHUNK_LANES);
/** Whose update is out of range; of the other cheats, whoever is drawn to aggregate has the chance. */
const FORGER = 1;
const FDS = 10n ** 18n;
/** Of each trainer, two fines for missed deadlines above what the task asks for. */
const STAKE = 210n * FDS;

/** What the rules of the task ask for each. */
const EXPECTED: Readonly<Record<Cheat, Pick<ReportDispute, "fault"> & { taken: bigint; rewarded: bigint }>> = {
  sum: { fault: "wrongSum", taken: 80n * FDS, rewarded: 32n * FDS },
  step: { fault: "wrongStep", taken: 80n * FDS, rewarded: 32n * FDS },
  encoding: { fault: "malformed", taken: 80n * FDS, rewarded: 32n * FDS },
  withhold: { fault: "undisclosed", taken: 20n * FDS, rewarded: 8n * FDS },
  silent: { fault: "silent", taken: 5n * FDS, rewarded: (5n * FDS) / 4n },
};

interface Event {
  readonly event: string;
  readonly round?: number;
  readonly trainer?: string;
  readonly fraud?: string;
}

for (const [cheat, expected] of Object.entries(EXPECTED) as [Cheat, (typeof EXPECTED)[Cheat]][]) {
  describe(`a federation in which one cheats: ${cheat}`, function () {
    this.timeout(120_000);
    const scene = useScene();
    let opened: OpenedTask;
    let state: TaskState;
    let trainers: Account[];
    let ended: Ended[];
    let first: RoundState;
    let cheats: number[];

    before("it runs to its end by itself", async () => {
      const { deployment, provider, account, start, file, open } = scene();
      trainers = await Promise.all(ROWS.map(() => account()));
      const tables = await Promise.all(ROWS.map((rows, i) => file(`cheat-${i}.csv`, table(rows, 1_000 * i))));
      // Processes take their time: who comes later is not in the first round, and who is drawn and late has no chance to cheat.
      const seconds = { ...TABLE_TASK.seconds, enter: 20, grace: 10, challenge: 6, disclose: 3, retention: 360 };
      const number = await open({
        ...{ architecture: ARCHITECTURE, rounds: ROUNDS, trainers: { min: 2, max: ROWS.length }, seconds },
        stake: { ...TABLE_TASK.stake, min: "200" },
      });
      opened = await findTask(deployment, String(number));
      const running = trainers.map((trainer, i) => {
        const args = ["--data", tables[i] as string, "--deposit", "--claim", "--leave", "--json"];
        if (cheat === "encoding" && i !== FORGER) return start(["trainer", "run", String(number), ...args], trainer);
        const before = cheatArguments({ cheat, round: 1 }, trainer.address);
        return start([...before, String(number), ...args], trainer, CHEATING_TRAINER);
      });
      ended = await Promise.all(running.map((each) => each.ended));
      cheats = ended.flatMap((each, i) => (eventsOf(each).some(({ event }) => event === "cheated") ? [i] : []));
      state = await readTask(provider, opened, { confirmations: 0 });
      first = roundOf(state, 1);
    });

    function convict(): Account {
      return trainers[cheats[0] ?? -1] as Account;
    }

    it("exactly one has cheated, and every round is final all the same", () => {
      for (const { code, stdout, stderr } of ended) expect(code, `${stderr}${stdout}`).to.equal(0);
      expect(cheats).to.have.length(1);
      expect(state.closed).to.equal(true);
      expect(state.completed).to.equal(ROUNDS);
      expect([...state.rounds.values()].map(({ phase }) => phase)).to.deep.equal(["Final", "Final", "Final"]);
    });

    it("the chain has convicted it and nobody else, and taken what the rules say", async () => {
      const disputes = await disputesOf(scene().deployment, opened, state, (account) => account);
      expect(disputes).to.have.length(1);
      const [dispute] = disputes as [ReportDispute];
      expect(dispute.fault).to.equal(expected.fault);
      expect(dispute.trainer).to.equal(convict().address);
      expect([dispute.taken, dispute.rewarded].map(BigInt)).to.deep.equal([expected.taken, expected.rewarded]);
      if (cheat !== "silent") {
        expect(trainers.map(({ address }) => address)).to.include(dispute.challenger);
        expect(dispute.challenger).not.to.equal(convict().address);
        expect(dispute.gas.verdict).to.be.above(50_000);
      }
      if (["sum", "step", "encoding"].includes(cheat)) {
        expect(dispute.chunk).to.equal(CHANGED_CHUNK);
        expect(dispute.gas.prepare).to.be.above(30_000);
      }
    });

    it("its stake is short by that, and what is not the reward is burnt", async () => {
      const { deployment } = scene();
      const { vault } = deployment;
      const all = await vault.queryFilter(vault.filters.StakeSlashed(opened.address), opened.block);
      expect(all.map(({ args }) => [args.trainer, args.burnt, args.reward])).to.deep.equal([
        [convict().address, expected.taken - expected.rewarded, expected.rewarded],
      ]);
      for (const { address } of trainers) {
        const lost = address === convict().address ? expected.taken : 0n;
        expect(await vault.eligible(opened.address, address)).to.equal(STAKE - lost);
      }
    });

    it("the court holds nothing of what questions were paid with: whoever asked has it back", async () => {
      const { court } = scene().deployment;
      expect(await scene().provider.getBalance(await court.getAddress())).to.equal(0n);
    });

    it("another proposal than its became final", () => {
      const proposer = first.seats.get(first.proposal?.seat ?? -1)?.trainer;
      const [overturned, ...more] = first.overturned.filter(({ fault }) => fault !== "SetChanged");
      if (["encoding", "silent"].includes(cheat)) {
        expect(overturned).to.equal(undefined);
        if (cheat === "silent") expect(proposer).not.to.equal(convict().address);
        return;
      }
      expect(more).to.deep.equal([]);
      expect(first.seats.get(overturned?.seat ?? -1)?.trainer).to.equal(convict().address);
      expect(proposer).not.to.equal(convict().address);
      expect(first.proposal?.modelRoot).not.to.equal(overturned?.modelRoot);
      const isSumRight = cheat === "step";
      expect(first.proposal?.sumRoot === overturned?.sumRoot).to.equal(isSumRight);
    });

    it("its update counts unless that was malformed, and it is out of the task once its stake does not suffice", () => {
      const seatIn = (number: number) =>
        [...roundOf(state, number).seats.values()].find(({ trainer }) => trainer === convict().address)?.status;
      expect(seatIn(1)).to.equal(cheat === "encoding" ? "Expelled" : "Revealed");
      expect(seatIn(2), "entered before the verdict").to.equal("Revealed");
      expect(seatIn(3)).to.equal(cheat === "silent" ? "Revealed" : undefined);
      for (const number of [1, 2, 3]) {
        const others = [...roundOf(state, number).seats.values()].filter(
          ({ trainer }) => trainer !== convict().address,
        );
        expect(others.map(({ status }) => status)).to.deep.equal(["Revealed", "Revealed"]);
      }
    });

    it("every honest trainer has noticed, except silence, and found nothing wrong with anybody else", () => {
      ended.forEach((each, i) => {
        const caught = eventsOf(each).filter(({ event }) => event === "caught");
        for (const { trainer } of caught) expect(trainer).to.equal(convict().address);
        if (i === cheats[0] || cheat === "silent") expect(caught).to.deep.equal([]);
        else expect(caught).not.to.deep.equal([]);
      });
    });
  });
}

function eventsOf({ stdout }: Ended): Event[] {
  const lines = stdout.split("\n").filter((line) => line.endsWith("}"));
  return lines.map((line) => JSON.parse(line) as Event);
}
