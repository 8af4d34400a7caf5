// Our side: one graph of a masked round by the functions of trainer/privacy, without chain and storage.
import { createCipheriv } from "node:crypto";
import { keyAddress, maskHash } from "../../trainer/privacy/dealing.ts";
import { edgeSeed, edgeSeedOfKnownKey } from "../../trainer/privacy/edgeSeed.ts";
import { newEncryptionKeyPair } from "../../trainer/privacy/hpke.ts";
import type { EncryptionKeyPair } from "../../trainer/privacy/hpke.ts";
import { mask, unmask } from "../../trainer/privacy/masking.ts";
import type { LooseEdge, OwnEdge, OwnMask } from "../../trainer/privacy/masking.ts";
import { provePossession, recoverRoundKey } from "../../trainer/privacy/possession.ts";
import type { PossessionProof, TrainerOfRound } from "../../trainer/privacy/possession.ts";
import { deriveRoundSecrets, newDealingNonce } from "../../trainer/privacy/roundSecrets.ts";
import type { RoundSecrets } from "../../trainer/privacy/roundSecrets.ts";
import type { CurvePoint } from "../../trainer/privacy/secp256k1.ts";
import { interpolateSecret } from "../../trainer/privacy/shamir.ts";
import { openShares, sealShares, sharesBundleLength } from "../../trainer/privacy/sharesBundle.ts";
import type { SealedShares, SharePair } from "../../trainer/privacy/sharesBundle.ts";
import { addLanes } from "../../trainer/protocol/lanes.ts";
import { median } from "../median.ts";
import { processorTime } from "../processorTime.ts";
import { MEASURED } from "./cell.ts";
import type { Cell, ClientCost, ServerCost } from "./cell.ts";

const ROUND = { domain: `0x${"5e".repeat(32)}`, round: 1 };
/** Words of calldata in what a trainer sends in every masked round, when nobody vanishes. */
const CALLDATA_WORDS = { share: 8, commitMasked: 4, agree: 9, reveal: 7 };
const SELECTOR_BYTES = 4;
/** Masking is measured for at least so long: one is over in milliseconds. */
const LEAST_MS = 2000;

export interface FoedusRound {
  readonly client: ClientCost & MaskSpeed;
  readonly server: readonly ServerCost[];
  /** Milliseconds to rebuild the mask seed of one trainer that committed and did not show it. */
  readonly rebuildSeed: number;
}

/** Masking beside its limit, on the same core in turns; medians. */
interface MaskSpeed {
  readonly mask: number;
  /** What the cipher alone takes for the same bytes. */
  readonly bareCipher: number;
  /** Milliseconds on the clock with a thread a core. */
  readonly maskAllCores: number;
}

interface Member {
  readonly subject: TrainerOfRound;
  readonly seat: number;
  /** Registered once, not made in every round. */
  readonly encryption: EncryptionKeyPair;
  readonly secrets: RoundSecrets;
  readonly keyAddress: string;
  readonly possession: PossessionProof;
}

/**
 * One round of one graph. Trainer i's vector is `vector` rotated i places to the right.
 *
 * @throws Error unless each sum is the plain one bit for bit.
 */
export async function foedusRound({ trainers, threshold, dropouts }: Cell, vector: Int32Array): Promise<FoedusRound> {
  const [keys, shares, agree]: [number[], number[], number[]] = [[], [], []];
  const members: Member[] = [];
  for (let seat = 0; seat < trainers; seat++) {
    const encryption = await newEncryptionKeyPair();
    keys.push(await processorTime(() => members.push(aMember(seat, encryption))));
  }
  const dealt: SealedShares[] = [];
  for (const member of members) {
    shares.push(await processorTime(async () => dealt.push(await deal(member, members, threshold))));
  }
  const known: Agreed[] = [];
  const masked: Int32Array[] = [];
  for (const member of members) {
    agree.push(await processorTime(async () => known.push(await agreeWith(member, members, dealt))));
    const { edges } = known[member.seat]!;
    const own = { seat: member.seat, seed: member.secrets.seed, edges };
    const update = rotated(vector, member.seat);
    masked.push(await mask(update, own));
  }
  const server: ServerCost[] = [];
  for (const dropped of dropouts) server.push(await addUp(dropped));
  const speed = await maskSpeed(vector, { seat: 0, seed: members[0]!.secrets.seed, edges: known[0]!.edges });
  const calldata = Object.values(CALLDATA_WORDS).reduce((bytes, words) => bytes + SELECTOR_BYTES + 32 * words, 0);
  return {
    client: {
      keys: median(keys.slice(0, MEASURED)),
      shares: median(shares.slice(0, MEASURED)),
      agree: median(agree.slice(0, MEASURED)),
      ...speed,
      extraBytes: sharesBundleLength(trainers, trainers - 1) + calldata,
      vectorBytes: vector.byteLength,
    },
    server,
    rebuildSeed: await seedRebuilding(),
  };

  async function seedRebuilding(): Promise<number> {
    const [{ secrets }, ...others] = members as [Member, ...Member[]];
    const given = others.map((other) => ({ seat: other.seat, share: known[other.seat]!.shares.get(0)!.seed }));
    const costs: number[] = [];
    for (let i = 0; i < MEASURED; i++) {
      costs.push(
        await processorTime(() => {
          const rebuilt = interpolateSecret(given, threshold);
          if (maskHash(rebuilt) !== maskHash(secrets.seed)) throw new Error("A seed is rebuilt wrongly.");
        }),
      );
    }
    return median(costs);
  }

  /** What a proposer does beyond its work as a trainer. Those who committed show their seeds themselves. */
  async function addUp(dropped: number): Promise<ServerCost> {
    const gone = members.filter(({ seat }) => seat % 3 === 2).slice(0, dropped);
    const left = members.filter((member) => !gone.includes(member));
    const total = new Int32Array(vector.length);
    const sum = await processorTime(() => {
      for (const { seat } of left) addLanes(total, masked[seat]!);
    });
    const edges: LooseEdge[] = [];
    const recover = await processorTime(() => {
      for (const { seat: missing, keyAddress: expected } of gone) {
        const given = left.map(({ seat }) => ({ seat, share: known[seat]!.shares.get(missing)!.key }));
        const key = interpolateSecret(given, threshold);
        if (keyAddress(key) !== expected) throw new Error("A key is rebuilt wrongly; the bench measures nothing.");
        for (const { seat: member } of left) {
          const peer = known[missing]!.points.get(member)!;
          edges.push({ member, missing, seed: edgeSeedOfKnownKey(key, peer, ROUND, [member, missing]) });
        }
      }
    });
    const seeds = left.map(({ secrets }) => secrets.seed);
    let plain = total;
    const unmasking = await processorTime(async () => (plain = await unmask(total, { seeds, edges }, { threads: 1 })));
    const expected = new Int32Array(vector.length);
    for (const { seat } of left) addLanes(expected, rotated(vector, seat));
    if (!expected.every((lane, i) => lane === plain[i])) {
      throw new Error(`The sum without ${dropped} trainers is wrong; the bench measures nothing.`);
    }
    return { dropped, sum, recover, unmask: unmasking };
  }
}

function aMember(seat: number, encryption: EncryptionKeyPair): Member {
  const subject = { ...ROUND, trainer: `0x${(seat + 1).toString(16).padStart(40, "0")}` };
  const secrets = deriveRoundSecrets(encryption.privateKey, newDealingNonce(), ROUND);
  const address = keyAddress(secrets.key);
  return { subject, seat, encryption, secrets, keyAddress: address, possession: provePossession(secrets.key, subject) };
}

function deal(
  { subject, seat, secrets }: Member,
  members: readonly Member[],
  threshold: number,
): Promise<SealedShares> {
  const recipients = members
    .filter((other) => other.seat !== seat)
    .map((other) => ({
      seat: other.seat,
      account: other.subject.trainer,
      encryptionKey: other.encryption.publicKey,
    }));
  return sealShares({ dealer: { ...subject, seat }, secrets, threshold, seats: members.length, recipients });
}

/** What a trainer knows of the others before it masks. */
interface Agreed {
  readonly edges: readonly OwnEdge[];
  /** Public round keys, by seat. */
  readonly points: ReadonlyMap<number, CurvePoint>;
  /** Its own shares of others' secrets, by dealer. */
  readonly shares: ReadonlyMap<number, SharePair>;
}

async function agreeWith(own: Member, members: readonly Member[], dealt: readonly SealedShares[]): Promise<Agreed> {
  const points = new Map<number, CurvePoint>();
  const shares = new Map<number, SharePair>();
  const edges: OwnEdge[] = [];
  const recipient = { seat: own.seat, account: own.subject.trainer, privateKey: own.encryption.privateKey };
  for (const { subject, seat, possession, keyAddress: address } of members) {
    if (seat === own.seat) continue;
    const { bundle, sharesHash } = dealt[seat]!;
    const dealer = { ...subject, seat };
    shares.set(seat, await openShares({ bundle: once(bundle), seats: members.length, sharesHash, dealer, recipient }));
    const point = recoverRoundKey(possession, subject, address);
    points.set(seat, point);
    edges.push({ seat, seed: edgeSeed(own.secrets.key, point, ROUND, [own.seat, seat]) });
  }
  return { edges, points, shares };
}

async function maskSpeed(vector: Int32Array, own: OwnMask): Promise<MaskSpeed> {
  const [oneCore, bareCipher, allCores]: [number[], number[], number[]] = [[], [], []];
  for (const end = performance.now() + LEAST_MS; oneCore.length < MEASURED || performance.now() < end;) {
    bareCipher.push(await processorTime(() => encipher(vector.byteLength, own.edges.length + 1)));
    oneCore.push(await processorTime(() => mask(vector, own, { threads: 1 })));
    const before = performance.now();
    await mask(vector, own);
    allCores.push(performance.now() - before);
  }
  return { mask: median(oneCore), bareCipher: median(bareCipher), maskAllCores: median(allCores) };
}

/** As many bytes as each of so many keys gives when a vector is masked, in pieces that stay in the cache. */
function encipher(bytes: number, keys: number): void {
  const zeros = new Uint8Array(64 * 1024);
  for (let key = 0; key < keys; key++) {
    const cipher = createCipheriv("chacha20", new Uint8Array(32).fill(key), new Uint8Array(16));
    for (let at = 0; at < bytes; at += zeros.length) cipher.update(zeros.subarray(0, bytes - at));
  }
}

function rotated(vector: Int32Array, places: number): Int32Array<ArrayBuffer> {
  const result = new Int32Array(vector.length);
  result.set(vector.subarray(0, vector.length - places), places);
  result.set(vector.subarray(vector.length - places));
  return result;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
