/**
 * What a trainer of masked rounds must not forget: the nonce of each dealing, which masked vector it has committed under
 * it, for which set of updates it has voted and shown secrets, and of which seats it has seen which kind of secret. An entry
 * is on disk before what it speaks of leaves the process. Nothing is ever dropped: a node could pretend that a round is long
 * over, and two thousand bytes a round are little.
 *
 * There is no secret in it: a round's secrets are derived from the encryption key and the nonce.
 */
import { z } from "zod";
import { openJournalFile } from "../journalFile.ts";

const word = z.string().regex(/^0x[0-9a-f]{64}$/);
const round = z.int().min(1);

const dealingSchema = z.strictObject({
  round,
  nonce: word,
  keyAddress: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
  maskHash: word,
  sharesHash: word,
  /** Where the encrypted shares lie. */
  sharesId: word,
});

const updateSchema = z.strictObject({
  round,
  /** Of the dealing that it is masked with. */
  keyAddress: z.string(),
  root: word,
  /** Where it lies; not known until it is stored. */
  contentId: word.optional(),
});

const setSchema = z.strictObject({ round, members: z.string().regex(/^\d{1,10}$/), cohortView: word });

const chunkSchema = z.strictObject({ round, chunk: z.int().min(0) });

const secretSchema = z.strictObject({ round, seat: z.int().min(0).max(31), kind: z.enum(["key", "seed"]) });

const journalSchema = z.strictObject({
  dealings: z.array(dealingSchema),
  updates: z.array(updateSchema),
  votes: z.array(setSchema),
  /** The sets that secrets were shown for. */
  sets: z.array(setSchema),
  /** What was opened of sums out of range. */
  chunks: z.array(chunkSchema),
  secrets: z.array(secretSchema),
});

export type WrittenDealing = z.infer<typeof dealingSchema>;
export type WrittenUpdate = z.infer<typeof updateSchema>;
/** A set of updates, and what was seen of the cohort. */
export type WrittenSet = z.infer<typeof setSchema>;
/** `key`: of a seat's edges; `seed`: of its own mask. Who knows both of one seat can read its update. */
export type SecretKind = z.infer<typeof secretSchema>["kind"];

export interface SecretOfSeat {
  readonly seat: number;
  readonly kind: SecretKind;
}

export interface SecretsJournal {
  /** Newest first. */
  dealings(round: number): WrittenDealing[];
  /** The vector committed, or to be committed, under a dealing: one at most, for two would show their difference. */
  update(round: number, keyAddress: string): WrittenUpdate | undefined;
  /** The vote that was signed in a round: one at most, so that no two sets can both have enough. */
  vote(round: number): WrittenSet | undefined;
  /** Each returns when it is on disk; throws if there is another one already that it would contradict. */
  writeDealing(dealing: WrittenDealing): Promise<void>;
  /** Once before the vector is stored, where others can fetch it, and once with where it lies. */
  writeUpdate(update: WrittenUpdate): Promise<void>;
  writeVote(vote: WrittenSet): Promise<void>;
  /** The set that secrets of its round are shown for. @throws AnotherSet if they have been shown for another one. */
  writeSet(set: WrittenSet): Promise<void>;
  /** The chunk that is opened of a round whose sum is out of range. @throws Error if another one has been opened. */
  writeChunk(round: number, chunk: number): Promise<void>;
  /**
   * Notes that these secrets of a round are shown, by oneself or by others.
   * @throws BothSecrets, and writes nothing, if of one of the seats the other kind is noted or among them.
   */
  noteSecrets(round: number, secrets: readonly SecretOfSeat[]): Promise<void>;
}

/** Of this seat the other secret has been seen, on this chain or on a fork of it. */
export class BothSecrets extends Error {
  override readonly name = "BothSecrets";

  constructor(round: number, { seat, kind }: SecretOfSeat) {
    const other = kind === "key" ? "mask's seed" : "round key";
    super(
      `Of seat ${seat} in round ${round} the ${other} has been seen, and now its ${kind} is asked for: together they ` +
        "would show its update. Nothing more is shown in this round. The chain was reorganised, or a node lies: compare " +
        "the one at --rpc with another one.",
    );
  }
}

/** Secrets have been shown for another set of updates in the same round. */
export class AnotherSet extends Error {
  override readonly name = "AnotherSet";

  constructor(round: number) {
    super(
      `In round ${round} secrets have been shown for another set of updates than the chain has now: together they could ` +
        "show an update. Nothing more is shown in this round. The chain was reorganised, or a node lies: compare the one " +
        "at --rpc with another one.",
    );
  }
}

/** @throws JournalDamaged if the file is there but cannot be understood. */
export async function openSecretsJournal(file: string): Promise<SecretsJournal> {
  const journal = await openJournalFile<Journal>(file, {
    schema: journalSchema,
    empty: { dealings: [], updates: [], votes: [], sets: [], chunks: [], secrets: [] },
    wayOut:
      "Move it away and sit out the rounds under way: what it held cannot be unmasked by you any more, which costs the " +
      "fine for a missed deadline, but no other stake.",
  });
  const write = journal.change;

  return {
    dealings: (round) => journal.content.dealings.filter((dealing) => dealing.round === round).reverse(),
    update: (round, keyAddress) =>
      journal.content.updates.find((update) => update.round === round && update.keyAddress === keyAddress),
    vote: (round) => journal.content.votes.find((vote) => vote.round === round),
    writeDealing: (dealing) => write((old) => ({ ...old, dealings: [...old.dealings, dealing] })),
    writeUpdate: (update) =>
      write((old) => {
        const others = old.updates.filter(({ keyAddress }) => keyAddress !== update.keyAddress);
        const before = old.updates.find(({ keyAddress }) => keyAddress === update.keyAddress);
        if (before !== undefined && (before.root !== update.root || before.contentId !== undefined)) {
          throw new Error(`Under the dealing ${update.keyAddress} a vector has been masked before.`);
        }
        return { ...old, updates: [...others, update] };
      }),
    writeVote: (vote) =>
      write((old) => {
        const before = old.votes.find(({ round }) => round === vote.round);
        if (before === undefined) return { ...old, votes: [...old.votes, vote] };
        if (isSame(before, vote)) return old;
        throw new Error(`In round ${vote.round} another set has been voted for before.`);
      }),
    writeSet: (set) =>
      write((old) => {
        const before = old.sets.find(({ round }) => round === set.round);
        if (before === undefined) return { ...old, sets: [...old.sets, set] };
        if (isSame(before, set)) return old;
        throw new AnotherSet(set.round);
      }),
    writeChunk: (round, chunk) =>
      write((old) => {
        const before = old.chunks.find((entry) => entry.round === round);
        if (before === undefined) return { ...old, chunks: [...old.chunks, { round, chunk }] };
        if (before.chunk === chunk) return old;
        throw new Error(`Of round ${round} chunk ${before.chunk} has been opened, and no other one ever is.`);
      }),
    noteSecrets: (round, secrets) =>
      write((old) => {
        const noted = new Map(
          old.secrets.filter((entry) => entry.round === round).map(({ seat, kind }) => [seat, kind]),
        );
        const fresh: Journal["secrets"] = [];
        for (const { seat, kind } of secrets) {
          const before = noted.get(seat);
          if (before !== undefined && before !== kind) throw new BothSecrets(round, { seat, kind });
          if (before === undefined) fresh.push({ round, seat, kind });
          noted.set(seat, kind);
        }
        return fresh.length === 0 ? old : { ...old, secrets: [...old.secrets, ...fresh] };
      }),
  };
}

type Journal = z.infer<typeof journalSchema>;

function isSame(one: WrittenSet, other: WrittenSet): boolean {
  return one.members === other.members && one.cohortView === other.cohortView;
}
