import { expect } from "chai";
import { AbiCoder, concat, getAddress, getBytes, keccak256, solidityPacked, toUtf8Bytes } from "ethers";
import { BadRecipientKeyError, NotARecipientError, TamperedError } from "../../trainer/privacy/envelope.ts";
import { encryptTo, newEncryptionKeyPair } from "../../trainer/privacy/hpke.ts";
import { ORDER, scalarBytes } from "../../trainer/privacy/secp256k1.ts";
import { interpolateSecret } from "../../trainer/privacy/shamir.ts";
import {
  KEY_SHARE,
  MalformedBundleError,
  SEED_SHARE,
  isDealtShare,
  openShares,
  readLeaves,
  sealShares,
  shareLeaf,
  sharesBundleLength,
  sharesHashOf,
} from "../../trainer/privacy/sharesBundle.ts";
import type { OpenSharesRequest } from "../../trainer/privacy/sharesBundle.ts";
import { rejection } from "../support/rejection.ts";
import { randomBytes, randomHex, seededRandom } from "../support/seededRandom.ts";

const SEATS = 6;
const THRESHOLD = 3;
const HEADER_BYTES = 9;
const LEAVES_END = HEADER_BYTES + 64 * SEATS;
const ENTRY_BYTES = 2 + 32 + 80;

describe("sharesBundle", () => {
  const random = seededRandom("sharesBundle");

  it("gives every recipient shares that rebuild both secrets", async () => {
    const { secrets, recipients, bundle, openAs } = await aBundle();
    expect(bundle.length).to.equal(sharesBundleLength(SEATS, recipients.length));
    const shares = await Promise.all(recipients.map(({ seat }) => openAs(seat)));
    for (const kind of ["key", "seed"] as const) {
      const some = shares
        .slice(1, 1 + THRESHOLD)
        .map((pair, i) => ({ seat: recipients[i + 1]!.seat, share: pair[kind] }));
      expect(interpolateSecret(some, THRESHOLD), kind).to.deep.equal(secrets[kind]);
    }
  });

  it("has leaves that the contract can compute, zeros for seats that got none", async () => {
    const { recipients, bundle, sharesHash, openAs } = await aBundle();
    const abi = AbiCoder.defaultAbiCoder();
    let expected = "0x";
    for (let seat = 0; seat < SEATS; seat++) {
      const got = recipients.some((recipient) => recipient.seat === seat) ? await openAs(seat) : undefined;
      for (const [kind, share] of [got?.key, got?.seed].entries()) {
        const leaf = share && keccak256(abi.encode(["uint8", "uint16", "bytes32"], [kind, seat, share]));
        expected += leaf?.slice(2) ?? "00".repeat(32);
      }
    }
    expect(Buffer.from(bundle.subarray(HEADER_BYTES, LEAVES_END)).toString("hex")).to.equal(expected.slice(2));
    expect(sharesHash).to.equal(keccak256(expected));
    const leaves = await readLeaves({ bundle: once(bundle), seats: SEATS, sharesHash });
    expect(sharesHashOf(leaves)).to.equal(sharesHash);
  });

  it("tells a dealt share from one of another seat, kind or value", async () => {
    const { bundle, recipients, openAs } = await aBundle();
    const leaves = bundle.subarray(HEADER_BYTES, LEAVES_END);
    const [first, second] = [recipients[0]!, recipients[1]!];
    const { key, seed } = await openAs(first.seat);
    expect(isDealtShare(leaves, KEY_SHARE, first.seat, key)).to.equal(true);
    expect(isDealtShare(leaves, SEED_SHARE, first.seat, seed)).to.equal(true);
    expect(isDealtShare(leaves, SEED_SHARE, first.seat, key)).to.equal(false);
    expect(isDealtShare(leaves, KEY_SHARE, second.seat, key)).to.equal(false);
    expect(isDealtShare(leaves, KEY_SHARE, SEATS, key)).to.equal(false);
    expect(isDealtShare(leaves, KEY_SHARE, first.seat, key.subarray(1))).to.equal(false);
    // A dealer may commit to a value that is no scalar; no such share counts.
    const bad = leaves.slice();
    bad.set(shareLeaf(KEY_SHARE, 0, scalarBytes(ORDER)), 0);
    expect(isDealtShare(bad, KEY_SHARE, 0, scalarBytes(ORDER))).to.equal(false);
  });

  it("does not open as another round's, task's, dealer's or seat's: shares cannot be replayed", async () => {
    const { dealer, recipients, openAs, keys } = await aBundle();
    const { seat } = recipients[0]!;
    const others: Partial<OpenSharesRequest>[] = [
      { dealer: { ...dealer, round: dealer.round + 1 } },
      { dealer: { ...dealer, domain: randomHex(random, 32) } },
      { dealer: { ...dealer, trainer: randomHex(random, 20) } },
      { dealer: { ...dealer, seat: (dealer.seat + 1) % SEATS } },
      { recipient: { seat, account: randomHex(random, 20), privateKey: keys.get(seat)! } },
      { recipient: { ...recipients[1]!, privateKey: keys.get(seat)! } },
      { recipient: { ...recipients[0]!, privateKey: randomBytes(random, 32) } },
    ];
    for (const [i, other] of others.entries()) {
      expect((await rejection(openAs(seat, other), TamperedError)).message, `${i}`).to.contain("do not open");
    }
  });

  it("does not open with the leaves of another dealing of the same secrets", async () => {
    const { dealer, secrets, recipients, bundle, openAs } = await aBundle();
    const again = await sealShares({ dealer, secrets, threshold: THRESHOLD, seats: SEATS, recipients });
    const { seat } = recipients[0]!;
    await rejection(openAs(seat, { sharesHash: again.sharesHash }), TamperedError);
    const mixed = Buffer.concat([again.bundle.subarray(0, LEAVES_END), bundle.subarray(LEAVES_END)]);
    await rejection(openAs(seat, { bundle: once(mixed), sharesHash: again.sharesHash }), TamperedError);
  });

  it("refuses shares that are not those of the leaves", async () => {
    // A dealer that seals one thing and commits to another, and goes by the book in all else.
    const { dealer, recipients, keys, bundle, openAs } = await aBundle();
    const { seat, account, encryptionKey } = recipients[0]!;
    const shares = await openAs(seat);
    const sealed = async (pair: typeof shares) => {
      const leaves = bundle.slice(HEADER_BYTES, LEAVES_END);
      leaves.set(shareLeaf(KEY_SHARE, seat, shares.key), 64 * seat);
      leaves.set(shareLeaf(SEED_SHARE, seat, shares.seed), 64 * seat + 32);
      const sharesHash = keccak256(leaves);
      const info = getBytes(
        concat([
          toUtf8Bytes("Foedus/v1 shares"),
          solidityPacked(["bytes32", "uint32", "uint16"], [dealer.domain, dealer.round, dealer.seat]),
          solidityPacked(["address", "uint16", "address"], [dealer.trainer, seat, account]),
          sharesHash,
        ]),
      );
      const { encapsulated, ciphertext } = await encryptTo(encryptionKey, info, Buffer.concat([pair.key, pair.seed]));
      const forged = bundle.slice();
      forged.set(leaves, HEADER_BYTES);
      forged.set(encapsulated, LEAVES_END + 2);
      forged.set(ciphertext, LEAVES_END + 2 + 32);
      const recipient = { seat, account, privateKey: keys.get(seat)! };
      return openShares({ dealer, seats: SEATS, sharesHash, bundle: once(forged), recipient });
    };
    expect(await sealed(shares)).to.deep.equal(shares);
    for (const kind of ["key", "seed"] as const) {
      const changed = { ...shares, [kind]: randomBytes(random, 32) };
      expect((await rejection(sealed(changed), TamperedError)).message).to.contain("not those of its leaves");
    }
    expect((await rejection(sealed({ key: shares.seed, seed: shares.key }), TamperedError)).message).to.contain(
      "leaves",
    );
  });

  it("refuses a bundle of which any byte of header, leaves or own entry was changed", async () => {
    const { recipients, bundle, openAs } = await aBundle();
    const own = LEAVES_END; // the first recipient's entry comes first
    const places = [
      0,
      3,
      4,
      5,
      6,
      7,
      8,
      HEADER_BYTES,
      LEAVES_END - 1,
      own,
      own + 2,
      own + 33,
      own + 34,
      own + ENTRY_BYTES - 1,
    ];
    for (let i = 0; i < 30; i++) places.push(random.below(own + ENTRY_BYTES));
    for (const place of places) {
      const changed = bundle.slice();
      changed[place]! ^= 1 + random.below(255);
      const error = await rejection(openAs(recipients[0]!.seat, { bundle: once(changed) }), Error);
      expect(error, `byte ${place}: ${error.message}`).to.satisfy(
        (thrown: Error) =>
          thrown instanceof TamperedError ||
          thrown instanceof MalformedBundleError ||
          (thrown instanceof NotARecipientError && place >= own && place < own + 2),
      );
    }
  });

  it("refuses a bundle that is cut, longer, of another cohort, or endless", async () => {
    const { recipients, bundle, openAs } = await aBundle();
    const { seat } = recipients[0]!;
    for (const length of [0, 1, HEADER_BYTES - 1, HEADER_BYTES, LEAVES_END, bundle.length - 1]) {
      await rejection(openAs(seat, { bundle: once(bundle.subarray(0, length)) }), MalformedBundleError);
    }
    await rejection(openAs(seat, { bundle: once(Buffer.concat([bundle, Buffer.alloc(1)])) }), MalformedBundleError);
    await rejection(openAs(seat, { seats: SEATS + 1 }), MalformedBundleError);
    let drawn = 0;
    await rejection(openAs(seat, { bundle: endless(bundle, () => drawn++) }), MalformedBundleError);
    expect(drawn).to.be.lessThan(4);
  });

  it("refuses entries out of order or twice", async () => {
    const { recipients, bundle, openAs } = await aBundle();
    const entry = (i: number) => bundle.subarray(LEAVES_END + i * ENTRY_BYTES, LEAVES_END + (i + 1) * ENTRY_BYTES);
    for (const order of [
      [1, 0, 2, 3],
      [0, 0, 2, 3],
    ]) {
      const changed = Buffer.concat([bundle.subarray(0, LEAVES_END), ...order.map(entry)]);
      await rejection(openAs(recipients[0]!.seat, { bundle: once(changed) }), MalformedBundleError);
    }
  });

  it("serves a cohort that is any seats of a large task, with leaves for all of the task's", async () => {
    const seats = 256;
    const { bundle, sharesHash, secrets, recipients, openAs } = await aBundle({ seats, cohort: [3, 40, 41, 255] });
    expect(bundle.length).to.equal(sharesBundleLength(seats, 4));
    const shares = await Promise.all(
      recipients.map(async ({ seat }) => ({ seat, share: (await openAs(seat, { seats })).seed })),
    );
    expect(interpolateSecret(shares.slice(1), THRESHOLD)).to.deep.equal(secrets.seed);
    const leaves = await readLeaves({ bundle: once(bundle), seats, sharesHash });
    expect(leaves.length).to.equal(64 * seats);
    for (const { seat, share } of shares) {
      expect(isDealtShare(leaves, SEED_SHARE, seat, share)).to.equal(true);
    }
    await rejection(openAs(2, { seats }), NotARecipientError);
  });

  it("says that a seat was left out", async () => {
    const { openAs } = await aBundle();
    await rejection(openAs(5), NotARecipientError);
  });

  it("names the account whose registered key is no key, and refuses recipients that cannot be", async () => {
    const { dealer, secrets, recipients } = await aBundle();
    const deal = (changed: typeof recipients, seats = SEATS) =>
      sealShares({ dealer, secrets, threshold: THRESHOLD, seats, recipients: changed });
    for (const encryptionKey of [new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31)), new Uint8Array(31)]) {
      const error = await rejection(
        deal([...recipients.slice(1), { ...recipients[0]!, encryptionKey }]),
        BadRecipientKeyError,
      );
      expect(error.account).to.equal(recipients[0]!.account);
    }
    await rejection(deal([...recipients, { ...recipients[0]!, seat: dealer.seat }]), RangeError);
    await rejection(deal([...recipients, recipients[0]!]), RangeError);
    await rejection(deal(recipients, 3), RangeError);
    await rejection(deal(recipients, 257), RangeError);
  });

  it("stops when told to", async () => {
    const { recipients, openAs } = await aBundle();
    const reason = new Error("enough");
    const aborted = openAs(recipients[0]!.seat, { signal: AbortSignal.abort(reason) });
    expect(await rejection(aborted, Error)).to.equal(reason);
  });

  it("shows no share and no secret", async () => {
    const { bundle, secrets, recipients, openAs } = await aBundle();
    const plain = Buffer.from(bundle);
    for (const secret of [secrets.key, secrets.seed]) expect(plain.includes(Buffer.from(secret))).to.equal(false);
    for (const { seat } of recipients) {
      const { key, seed } = await openAs(seat);
      expect([key, seed].some((share) => plain.includes(Buffer.from(share)))).to.equal(false);
    }
  });

  /** Seat 1 deals to the others of its cohort: if the test does not say otherwise, of 6, where seat 5 is empty. */
  async function aBundle({ seats = SEATS, cohort = [0, 2, 3, 4] } = {}) {
    const dealer = { domain: randomHex(random, 32), round: 5, seat: 1, trainer: getAddress(randomHex(random, 20)) };
    const secrets = { key: randomBytes(random, 32), seed: randomBytes(random, 32) };
    const keys = new Map<number, Uint8Array>();
    const recipients = await Promise.all(
      cohort.map(async (seat) => {
        const { publicKey, privateKey } = await newEncryptionKeyPair();
        keys.set(seat, privateKey);
        return { seat, account: getAddress(randomHex(random, 20)), encryptionKey: publicKey };
      }),
    );
    const { bundle, sharesHash } = await sealShares({
      dealer,
      secrets,
      threshold: THRESHOLD,
      seats,
      recipients: recipients.toReversed(),
    });
    const openAs = (seat: number, changed: Partial<OpenSharesRequest> = {}) => {
      const account = recipients.find((recipient) => recipient.seat === seat)?.account ?? randomHex(random, 20);
      const recipient = { seat, account, privateKey: keys.get(seat) ?? randomBytes(random, 32) };
      return openShares({ dealer, seats: SEATS, sharesHash, recipient, bundle: once(bundle), ...changed });
    };
    return { dealer, secrets, keys, recipients, bundle, sharesHash, openAs };
  }
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* endless(first: Uint8Array, onDraw: () => void): AsyncGenerator<Uint8Array> {
  for (let piece = first; ; piece = new Uint8Array(1024)) {
    onDraw();
    yield piece;
  }
}
