/**
 * A trainer's part in masked rounds: it deals the shares of its secrets, masks and commits, agrees with the others on the
 * set of updates, shows the seed of its own mask, and helps to rebuild what the vanished have not shown. Each act is a
 * transaction; what it shows for ever goes through `reasonNotToShow` and the journal first.
 */
import { getBytes, hexlify } from "ethers";
import type { ContractTransaction, JsonRpcProvider } from "ethers";
import { maskedTaskAt } from "../../chain/contracts.ts";
import { cohortRoundOf, committedSeats, droppedSeats, roundNow, seatOf } from "../../chain/taskState.ts";
import type { RoundState, SeatState, TaskState } from "../../chain/taskState.ts";
import type { Stopwatch } from "../../observe/stopwatch.ts";
import { seatBits, seatsIn } from "../../protocol/seatSet.ts";
import { provePossession } from "../../privacy/possession.ts";
import type { RoundSecrets } from "../../privacy/roundSecrets.ts";
import type { ContentId } from "../../storage/contentId.ts";
import type { Party } from "../party.ts";
import type { Traffic } from "../traffic.ts";
import { isInOrder } from "../turns.ts";
import { voteFor } from "./agreement.ts";
import { createHeldShares } from "./heldShares.ts";
import type { HeldShares } from "./heldShares.ts";
import type { MaskedDuty } from "./maskedDuty.ts";
import { maskedUpdateFor } from "./maskedUpdate.ts";
import { reasonNotToShow } from "./mayShow.ts";
import { dealingFor, dealingOnChain, secretsUnder } from "./ownDealing.ts";
import { missingSecrets, rebuild } from "./rebuilding.ts";
import type { Rebuilt } from "./rebuilding.ts";
import { doubtOfCohort, doubtOfDealings } from "./witnesses.ts";
import { AnotherSet, BothSecrets } from "./secretsJournal.ts";
import type { SecretOfSeat, SecretsJournal } from "./secretsJournal.ts";

export interface MaskedRoundOptions {
  readonly journal: SecretsJournal;
  readonly traffic: Traffic;
  readonly stopwatch: Stopwatch;
  readonly keep: (id: ContentId) => Promise<void>;
  /** Nodes besides the party's own that must have the same chain before a secret is shown. */
  readonly witnesses: readonly JsonRpcProvider[];
}

export interface MaskedRound {
  /** Takes in what others have dealt and shown. */
  follow(state: TaskState): Promise<void>;
  /** The transaction of an act and its words; undefined if it cannot, or must not, be done now. */
  transactionFor(act: MaskedDuty, state: TaskState, means: MaskedMeans): Promise<Words | undefined>;
  /** An update of this round has been masked already. */
  hasMasked(round: RoundState): boolean;
  /** A secret that enough shares are there for and that it is this trainer's turn to rebuild, in the own cohort's round. */
  rebuildable(state: TaskState, cohort: RoundState): SecretOfSeat | undefined;
}

export interface MaskedMeans {
  readonly weight: number;
  readonly mayEnter: boolean;
  /** The weighted delta of the round, once it is trained. */
  delta(): Promise<Int32Array | undefined>;
}

interface Words {
  readonly words: string;
  readonly request: ContractTransaction;
}

const NO_SHARE = new Uint8Array(32);

export function createMaskedRound(party: Party, options: MaskedRoundOptions): MaskedRound {
  const { opened, sender, deployment, log } = party;
  const { journal, traffic, stopwatch, keep, witnesses } = options;
  const task = maskedTaskAt(opened.address, deployment.provider);
  let held: HeldShares | undefined;
  /** When there were enough shares of a secret, on the chain's clock: turns are counted from then. */
  const noticed = new Map<string, number>();
  /** What was refused, and why: said once. */
  const said = new Set<string>();
  /** Rounds of which both secrets of a seat have been seen. */
  const spoilt = new Set<number>();

  function sharesOf(round: RoundState): HeldShares {
    if (held?.round !== round.number) held = createHeldShares(party, traffic, round.number);
    return held;
  }

  function rebuilt(round: RoundState, { seat, kind }: SecretOfSeat): Rebuilt {
    const leaves = sharesOf(round).leavesOf(seat);
    if (leaves === undefined) return { outcome: "too few" };
    return rebuild(round, seat, kind, leaves, opened.rules.shareThreshold);
  }

  /** Of one's own seat the secrets are at hand, as long as the journal knows its dealing. */
  function ownSecrets(round: RoundState, mine: SeatState): RoundSecrets | undefined {
    const dealt = dealingOnChain(party, journal, round.number, mine);
    if (dealt === undefined)
      log.error({ round: round.number }, "the journal does not know what was shared in this round");
    return dealt?.secrets;
  }

  /** Whether these secrets may be shown, noted as shown before they are. */
  async function mayShow(state: TaskState, round: RoundState, secrets: readonly SecretOfSeat[]): Promise<boolean> {
    if (spoilt.has(round.number)) return false;
    const reason = await reasonNotToShow(party, state, round, witnesses);
    if (reason !== undefined) {
      refuse(round, reason);
      return false;
    }
    const { members, cohortView } = round.set!;
    try {
      await journal.writeSet({ round: round.number, members: seatBits(members).toString(), cohortView });
      await journal.noteSecrets(round.number, secrets);
      return true;
    } catch (error) {
      if (!(error instanceof BothSecrets) && !(error instanceof AnotherSet)) throw error;
      refuse(round, error.message);
      return false;
    }
  }

  function refuse(round: RoundState, reason: string): void {
    sayOnce("error", round, `no secret is shown: ${reason}`);
  }

  function sayOnce(level: "error" | "warn", { number }: RoundState, line: string): void {
    if (said.has(`${number} ${line}`)) return;
    said.add(`${number} ${line}`);
    log[level]({ round: number }, line);
  }

  async function share(act: Extract<MaskedDuty, { kind: "share" }>, round: RoundState): Promise<Words | undefined> {
    const doubt = await doubtOfCohort(party, round, witnesses);
    if (doubt !== undefined) {
      // Nodes lag: the next block may settle it.
      sayOnce("warn", round, `nothing is shared in this round: ${doubt}`);
      return undefined;
    }
    const dealing = await dealingFor(party, journal, keep, round);
    const { key } = secretsUnder(party, round.number, getBytes(dealing.nonce));
    const subject = { domain: opened.domain, round: round.number, trainer: sender.address };
    const { r, vs } = provePossession(key, subject);
    const { keyAddress, maskHash, sharesHash, sharesId } = dealing;
    return {
      words: `share for round ${act.round}`,
      request: await task.share.populateTransaction(
        ...([act.round, act.seat, round.cohort ?? 0, keyAddress, maskHash, sharesHash, sharesId, r, vs] as const),
      ),
    };
  }

  async function commit(
    act: Extract<MaskedDuty, { kind: "commitMasked" }>,
    round: RoundState,
    { weight, mayEnter, delta }: MaskedMeans,
  ): Promise<Words | undefined> {
    const doubt = await doubtOfDealings(party, round, witnesses);
    if (doubt !== undefined) {
      sayOnce("warn", round, `nothing is masked in this round: ${doubt}`);
      return undefined;
    }
    const update = await maskedUpdateFor(party, journal, stopwatch, keep, round, await delta());
    if (update === undefined) return undefined;
    const { root, contentId } = update;
    return {
      words: `commit to round ${act.round}`,
      request:
        act.entersNext && mayEnter
          ? await task.commitMaskedAndEnter.populateTransaction(act.round, act.seat, root, contentId, weight)
          : await task.commitMasked.populateTransaction(act.round, act.seat, root, contentId),
    };
  }

  async function agree(act: Extract<MaskedDuty, { kind: "agree" }>, round: RoundState): Promise<Words | undefined> {
    const committed = committedSeats(round);
    // One signature a round, whatever becomes of the chain and of this process: the same vote again, or none.
    const before = journal.vote(round.number);
    const members =
      before === undefined
        ? committed.filter((seat) => !act.missing.includes(seat))
        : seatsIn(BigInt(before.members)).filter((seat) => committed.includes(seat));
    const { cohortView, signature } = await voteFor(party, round, members);
    if (before !== undefined && before.cohortView !== cohortView) {
      refuse(round, "the own vote was for another cohort than the chain has now, and there is no second one");
      return undefined;
    }
    await journal.writeVote({ round: round.number, members: seatBits(members).toString(), cohortView });
    const missing = seatBits(committed.filter((seat) => !members.includes(seat)));
    return {
      words: `agree on the updates of round ${act.round}`,
      request: await task.agree.populateTransaction(act.round, act.seat, missing, cohortView, signature),
    };
  }

  async function revealSeed(
    act: Extract<MaskedDuty, { kind: "revealSeed" }>,
    state: TaskState,
    round: RoundState,
  ): Promise<Words | undefined> {
    const mine = round.seats.get(act.seat)!;
    const secrets = ownSecrets(round, mine);
    if (secrets === undefined) return undefined;
    const dropped = droppedSeats(round);
    await sharesOf(round).collect(round);
    const shown = dropped.map((seat): SecretOfSeat => ({ seat, kind: "key" }));
    if (!(await mayShow(state, round, [{ seat: act.seat, kind: "seed" }, ...shown]))) return undefined;
    // What its dealer did not let us have is no share, and everybody will see that.
    const keyShares = dropped.map((seat) => hexlify(sharesOf(round).from(seat)?.key ?? NO_SHARE));
    const { keyAddress, sharesHash } = mine.dealing!;
    return {
      words: `reveal in round ${act.round}`,
      request: await task.revealSeed.populateTransaction(
        ...([act.round, act.seat, hexlify(secrets.seed), keyAddress, sharesHash, keyShares] as const),
      ),
    };
  }

  async function giveShares(
    act: Extract<MaskedDuty, { kind: "giveShares" }>,
    state: TaskState,
    round: RoundState,
  ): Promise<Words | undefined> {
    await sharesOf(round).collect(round);
    const owners = act.owners.filter((seat) => sharesOf(round).from(seat) !== undefined);
    const shown = owners.map((seat): SecretOfSeat => ({ seat, kind: "seed" }));
    if (owners.length === 0 || !(await mayShow(state, round, shown))) return undefined;
    const shares = owners.map((seat) => hexlify(sharesOf(round).from(seat)!.seed));
    return {
      words: `give shares in round ${act.round}`,
      request: await task.giveShares.populateTransaction(act.round, act.seat, seatBits(owners), shares),
    };
  }

  async function rebuildSecret(
    { kind: act, seat }: Extract<MaskedDuty, { kind: "rebuildKey" | "rebuildSeed" }>,
    state: TaskState,
    round: RoundState,
  ): Promise<Words | undefined> {
    const owner = round.seats.get(seat)!;
    const kind = act === "rebuildKey" ? "key" : "seed";
    const secret =
      owner.trainer === sender.address ? ownSecrets(round, owner)?.[kind] : shown(rebuilt(round, { seat, kind }));
    if (secret === undefined || !(await mayShow(state, round, [{ seat, kind }]))) return undefined;
    const { keyAddress, maskHash, sharesHash } = owner.dealing!;
    return {
      words: `rebuild the ${kind} of seat ${seat} in round ${round.number}`,
      request:
        kind === "key"
          ? await task.rebuildKey.populateTransaction(round.number, seat, hexlify(secret), maskHash, sharesHash)
          : await task.rebuildSeed.populateTransaction(round.number, seat, hexlify(secret), keyAddress, sharesHash),
    };
  }

  return {
    async follow(state) {
      const round = cohortRoundOf(roundNow(state), sender.address);
      if (round === undefined) return;
      if (round.phase !== "Sharing" && round.phase !== "Committing" && round.set === undefined) return;
      void sharesOf(round)
        .collect(round)
        .catch((error: unknown) => log.debug({ err: error }, "shares were not fetched to the end"));
      // One by one: a node that shows both of one seat must not hide what it shows of another.
      for (const secret of secretsSeen(round)) {
        try {
          await journal.noteSecrets(round.number, [secret]);
        } catch (error) {
          if (!(error instanceof BothSecrets)) throw error;
          spoilt.add(round.number);
          refuse(round, error.message);
        }
      }
    },

    async transactionFor(act, state, means) {
      if (act.kind === "draw") {
        return {
          words: `draw the cohorts of round ${act.round}`,
          request: await task.draw.populateTransaction(act.round),
        };
      }
      const round = cohortRoundOf(roundNow(state), sender.address);
      if (round === undefined) return undefined;
      switch (act.kind) {
        case "share":
          return share(act, round);
        case "commitMasked":
          return commit(act, round, means);
        case "agree":
          return agree(act, round);
        case "revealSeed":
          return revealSeed(act, state, round);
        case "giveShares":
          return giveShares(act, state, round);
        default:
          return rebuildSecret(act, state, round);
      }
    },

    hasMasked(round) {
      const own = seatOf(round, sender.address);
      const keyAddress = own?.state.dealing?.keyAddress;
      return keyAddress !== undefined && journal.update(round.number, keyAddress) !== undefined;
    },

    rebuildable(state, round) {
      for (const secret of missingSecrets(round)) {
        if (rebuilt(round, secret).outcome !== "rebuilt") continue;
        const key = `${round.number} ${secret.kind} ${secret.seat}`;
        const since = noticed.get(key) ?? state.time;
        noticed.set(key, since);
        if (isInOrder(state, round, secret.seat, sender.address, since)) return secret;
      }
      return undefined;
    },
  };
}

/** The secrets that the chain shows, or shares of. */
function secretsSeen(round: RoundState): SecretOfSeat[] {
  const kinds = { key: new Set<number>(), seed: new Set<number>() };
  for (const [seat, { key, seed, keyShares, seedShares }] of round.seats) {
    if (key !== undefined) kinds.key.add(seat);
    if (seed !== undefined) kinds.seed.add(seat);
    if (keyShares !== undefined) for (const dropped of droppedSeats(round)) kinds.key.add(dropped);
    for (const owner of seedShares?.keys() ?? []) kinds.seed.add(owner);
  }
  return (["key", "seed"] as const).flatMap((kind) => [...kinds[kind]].map((seat) => ({ seat, kind })));
}

function shown(rebuilt: Rebuilt): Uint8Array | undefined {
  return rebuilt.outcome === "rebuilt" ? rebuilt.secret : undefined;
}
