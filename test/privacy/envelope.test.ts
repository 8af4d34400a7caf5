import { createCipheriv, createHash, hkdfSync, randomBytes as randomBytesOf } from "node:crypto";
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { expect } from "chai";
import { keccak256 } from "ethers";
import {
  BadRecipientKeyError,
  EnvelopeTooLargeError,
  MalformedEnvelopeError,
  NotARecipientError,
  SEGMENT_BYTES,
  TamperedError,
  contentKeyHash,
  envelopeLength,
  newContentKey,
  newEncryptionKeyPair,
  openEnvelope,
  sealEnvelope,
} from "../../trainer/privacy/envelope.ts";
import type { EncryptionKeyPair, EnvelopeContext, OpenRequest, SealRequest } from "../../trainer/privacy/envelope.ts";
import { randomBytes, seededRandom } from "../support/seededRandom.ts";

const HEADER_BYTES = 7 + 32 + 100; // prefix, salt, one recipient
const SEALED_SEGMENT = SEGMENT_BYTES + 16;
const TRAINER = address(0xaa);
const CONTEXT: EnvelopeContext = { domain: `0x${"11".repeat(32)}`, round: 7, trainer: TRAINER };

describe("envelope: round trip", () => {
  const sizes: [string, number][] = [
    ["an empty plaintext", 0],
    ["one byte", 1],
    ["one byte less than a segment", SEGMENT_BYTES - 1],
    ["a whole segment", SEGMENT_BYTES],
    ["one byte more than a segment", SEGMENT_BYTES + 1],
    ["three whole segments", 3 * SEGMENT_BYTES],
    ["four segments and a bit", 4 * SEGMENT_BYTES + 12345],
  ];
  for (const [name, length] of sizes) {
    it(`gives back ${name}`, async () => {
      const plaintext = randomBytes(seededRandom(name), length);
      const { sealed, openWith, contentKey } = await anEnvelope({ plaintext });
      expect(sealed.length).to.equal(envelopeLength(length, 1));
      const opened = await openWith();
      expect(Buffer.from(opened.plaintext).equals(plaintext)).to.equal(true);
      expect(opened.contentKey).to.deep.equal(contentKey);
    });
  }

  it("opens for each of several recipients, whatever the case of their address", async () => {
    const plaintext = Uint8Array.of(1, 2, 3);
    const { recipients, keys, openWith, sealed } = await anEnvelope({ plaintext, recipientCount: 5 });
    expect(sealed.length).to.equal(envelopeLength(3, 5));
    for (const [i, { account }] of recipients.entries()) {
      const { plaintext: opened } = await openWith({
        account: account.toUpperCase().replace("0X", "0x"),
        privateKey: keys[i]!.privateKey,
      });
      expect([...opened]).to.deep.equal([1, 2, 3]);
    }
  });

  it("does not depend on how plaintext or envelope arrive in pieces", async () => {
    const random = seededRandom("pieces");
    const plaintext = randomBytes(random, 2 * SEGMENT_BYTES + 99);
    const { sealed, openWith } = await anEnvelope({ plaintext: inPieces(plaintext) });
    expect(Buffer.from((await openWith({ sealed: inPieces(sealed) })).plaintext).equals(plaintext)).to.equal(true);

    async function* inPieces(bytes: Uint8Array) {
      for (let at = 0; at < bytes.length;) {
        const next = at + random.below(9000);
        yield bytes.subarray(at, next);
        at = next;
      }
    }
  });

  it("opens what is sealed by hand from the description of the format", async () => {
    for (const segments of [
      [Buffer.alloc(0)],
      [Buffer.from("short")],
      [Buffer.alloc(SEGMENT_BYTES, 1), Buffer.from("more")],
    ]) {
      const { sealed, request } = await sealedByHand(segments);
      const { plaintext } = await openEnvelope({ ...request, sealed: one(sealed) });
      expect(Buffer.concat(segments).equals(await collect(plaintext))).to.equal(true);
    }
  });

  it("hides the plaintext and repeats nothing when sealed again under the same content key", async () => {
    const contentKey = newContentKey();
    const plaintext = new Uint8Array(1000);
    const { keys, sealed: first } = await anEnvelope({ plaintext, contentKey });
    const { sealed: second } = await anEnvelope({ plaintext, contentKey, keys });
    const bodies = [first, second].map((sealed) => sealed.subarray(HEADER_BYTES, -16));
    expect(bodies[0]).to.not.deep.equal(bodies[1]);
    expect(Buffer.from(first).includes(Buffer.from(contentKey))).to.equal(false);
    expect(Buffer.from(first.subarray(HEADER_BYTES)).includes(Buffer.alloc(16))).to.equal(false);
  });

  it("streams: the first segment leaves before the plaintext has ended", async () => {
    const { recipients } = await aCohort(1);
    const source = endless(new Uint8Array(SEGMENT_BYTES));
    const lengths: number[] = [];
    const request = { contentKey: newContentKey(), context: CONTEXT, recipients, plaintext: source.bytes };
    for await (const part of sealEnvelope(request)) if (lengths.push(part.length) === 3) break;
    expect(lengths).to.deep.equal([HEADER_BYTES, SEALED_SEGMENT, SEALED_SEGMENT]);
    expect(source.closed()).to.equal(true);
  });

  it("names a content key by its keccak256, as the chain does", () => {
    const key = newContentKey();
    expect(contentKeyHash(key)).to.equal(keccak256(key));
  });
});

describe("envelope: who may open it", () => {
  it("tells an account that is not among the recipients", async () => {
    const { openWith } = await anEnvelope();
    const error = await failureOf(openWith({ account: address(0xbb) }));
    expect(error).to.be.instanceOf(NotARecipientError);
    expect(error.message).to.include(address(0xbb));
  });

  it("does not open with another private key", async () => {
    const { openWith } = await anEnvelope();
    const { privateKey } = await newEncryptionKeyPair();
    expect(await failureOf(openWith({ privateKey }))).to.be.instanceOf(TamperedError);
  });

  it("does not open one recipient's wrapped key for another", async () => {
    const { recipients, keys, openWith } = await anEnvelope({ recipientCount: 2 });
    const crossed = { account: recipients[0]!.account, privateKey: keys[1]!.privateKey };
    expect(await failureOf(openWith(crossed))).to.be.instanceOf(TamperedError);
  });

  const elsewhere: [string, Partial<EnvelopeContext>][] = [
    ["trainer: a copied envelope is not the copier's own", { trainer: address(0xab) }],
    ["round", { round: 8 }],
    ["task or chain", { domain: `0x${"11".repeat(31)}12` }],
  ];
  for (const [name, change] of elsewhere) {
    it(`does not open for another ${name}`, async () => {
      const { sealed, request } = await anEnvelope();
      const opened = openEnvelope({ ...request, sealed: one(sealed), context: { ...CONTEXT, ...change } });
      expect(await failureOf(opened), "before a segment is read").to.be.instanceOf(TamperedError);
    });
  }

  it("does not open when somebody wraps the content key again, for itself as trainer", async () => {
    // The copier is a recipient, so it knows the content key; the payload is bound to the first trainer even so.
    const { sealed, contentKey, keys, openWith } = await anEnvelope();
    const own = { ...CONTEXT, trainer: address(0xab) };
    const copy = await anEnvelope({ contentKey, context: own, keys });
    const forged = Buffer.concat([copy.sealed.subarray(0, HEADER_BYTES), sealed.subarray(HEADER_BYTES)]);
    expect(await failureOf(openWith({ sealed: one(forged), context: own }))).to.be.instanceOf(TamperedError);
  });
});

describe("envelope: tampering", () => {
  it("is found in every byte of the header, before any plaintext", async () => {
    const { sealed, openWith } = await anEnvelope({ plaintext: Uint8Array.of(1, 2, 3) });
    for (let i = 0; i < HEADER_BYTES; i++) {
      const { error, released } = await drawUntilFailure(openWith, flipped(sealed, i));
      expect(error, `byte ${i}`).to.satisfy(isRefusal);
      expect(released, `byte ${i}`).to.equal(0);
    }
  });

  it("is found in every byte of another recipient's entry", async () => {
    const { sealed, openWith } = await anEnvelope({ recipientCount: 2 });
    for (let i = HEADER_BYTES; i < HEADER_BYTES + 100; i++) {
      const { error, released } = await drawUntilFailure(openWith, flipped(sealed, i));
      expect(error, `byte ${i}`).to.be.instanceOf(TamperedError);
      expect(released, `byte ${i}`).to.equal(0);
    }
  });

  it("is found in every bit of a short body and its tag", async () => {
    const { sealed, openWith } = await anEnvelope({ plaintext: Uint8Array.of(1, 2, 3) });
    for (let i = HEADER_BYTES; i < sealed.length; i++) {
      for (let bit = 0; bit < 8; bit++) {
        const { error, released } = await drawUntilFailure(openWith, flipped(sealed, i, 1 << bit));
        expect(error, `byte ${i}`).to.be.instanceOf(TamperedError);
        expect(released).to.equal(0);
      }
    }
  });

  it("is found before a byte of that segment is released, and ends the stream", async () => {
    const { sealed, openWith } = await anEnvelope({ plaintext: new Uint8Array(3 * SEGMENT_BYTES) });
    for (const segment of [0, 1, 2]) {
      const start = HEADER_BYTES + segment * SEALED_SEGMENT;
      for (const at of [start, start + SEGMENT_BYTES - 1, start + SEGMENT_BYTES, start + SEALED_SEGMENT - 1]) {
        const { error, released } = await drawUntilFailure(openWith, flipped(sealed, at));
        expect(error).to.be.instanceOf(TamperedError);
        expect(released).to.equal(segment * SEGMENT_BYTES);
      }
    }
  });

  it("is found when the end is missing, wherever it is cut", async () => {
    const { sealed, openWith } = await anEnvelope({ plaintext: new Uint8Array(2 * SEGMENT_BYTES + 10) });
    const borders = [1, 2].map((segments) => HEADER_BYTES + segments * SEALED_SEGMENT);
    const cuts = [
      0,
      6,
      7,
      38,
      HEADER_BYTES - 1,
      HEADER_BYTES,
      HEADER_BYTES + 15,
      HEADER_BYTES + 16,
      HEADER_BYTES + 1000,
    ];
    for (const length of [...cuts, ...borders, ...borders.map((at) => at + 16), sealed.length - 1]) {
      const { error } = await drawUntilFailure(openWith, sealed.subarray(0, length));
      expect(error, `cut to ${length} bytes`).to.satisfy(isRefusal);
    }
  });

  it("is found when something is appended", async () => {
    for (const length of [0, 10, SEGMENT_BYTES, SEGMENT_BYTES + 10]) {
      const { sealed, openWith } = await anEnvelope({ plaintext: new Uint8Array(length) });
      for (const more of [1, 16, 17, SEALED_SEGMENT]) {
        const { error } = await drawUntilFailure(openWith, Buffer.concat([sealed, Buffer.alloc(more)]));
        expect(error, `${more} after ${length}`).to.be.instanceOf(TamperedError);
      }
      const lastAgain = sealed.subarray(Math.max(HEADER_BYTES, sealed.length - SEALED_SEGMENT));
      const { error } = await drawUntilFailure(openWith, Buffer.concat([sealed, lastAgain]));
      expect(error).to.be.instanceOf(TamperedError);
    }
  });

  it("is found when segments change places, repeat or are left out", async () => {
    const { sealed, openWith } = await anEnvelope({ plaintext: new Uint8Array(4 * SEGMENT_BYTES) });
    const header = sealed.subarray(0, HEADER_BYTES);
    const segment = (i: number) =>
      sealed.subarray(HEADER_BYTES + i * SEALED_SEGMENT, HEADER_BYTES + (i + 1) * SEALED_SEGMENT);
    for (const [order, intact] of [
      [[1, 0, 2, 3], 0],
      [[0, 2, 1, 3], 1],
      [[0, 1, 3, 2], 2],
      [[0, 0, 1, 2, 3], 1],
      [[0, 2, 3], 1],
      [[0, 1, 2, 2], 3],
      [[3], 0],
    ] as const) {
      const { error, released } = await drawUntilFailure(openWith, Buffer.concat([header, ...order.map(segment)]));
      expect(error, order.join()).to.be.instanceOf(TamperedError);
      expect(released, order.join()).to.equal(intact * SEGMENT_BYTES);
    }
  });

  it("is found when a segment comes from another envelope under the same content key", async () => {
    const contentKey = newContentKey();
    const plaintext = new Uint8Array(2 * SEGMENT_BYTES);
    const { keys, sealed: other } = await anEnvelope({ plaintext, contentKey });
    const { sealed, openWith } = await anEnvelope({ plaintext, contentKey, keys });
    const border = HEADER_BYTES + SEALED_SEGMENT;
    const { error } = await drawUntilFailure(
      openWith,
      Buffer.concat([sealed.subarray(0, border), other.subarray(border)]),
    );
    expect(error).to.be.instanceOf(TamperedError);
  });

  it("is found when its own trainer splits the plaintext in another way", async () => {
    // One plaintext has one form: no empty segment but that of an empty plaintext, and only the last one is short.
    const [whole, short, empty] = [Buffer.alloc(SEGMENT_BYTES), Buffer.alloc(100), Buffer.alloc(0)];
    for (const segments of [
      [whole, empty],
      [empty, empty],
      [short, short],
      [empty, whole],
    ]) {
      const { sealed, request } = await sealedByHand(segments);
      const { plaintext } = await openEnvelope({ ...request, sealed: one(sealed) });
      expect(await failureOf(collect(plaintext))).to.be.instanceOf(TamperedError);
    }
  });

  it("is told from bytes that are no envelope at all", async () => {
    const { openWith, sealed } = await anEnvelope();
    const count = (recipients: number) => {
      const changed = Uint8Array.from(sealed);
      new DataView(changed.buffer).setUint16(5, recipients);
      return changed;
    };
    for (const bytes of [new Uint8Array(0), Buffer.from("not an envelope"), flipped(sealed, 4), count(0), count(257)]) {
      expect(await failureOf(openWith({ sealed: one(bytes) }))).to.be.instanceOf(MalformedEnvelopeError);
    }
  });
});

describe("envelope: bounds", () => {
  it("refuses a plaintext that is longer than the task allows, without reading on", async () => {
    const { sealed, openWith } = await anEnvelope({ plaintext: new Uint8Array(5 * SEGMENT_BYTES) });
    let pieces = 0;
    const source = (async function* () {
      for (let at = 0; at < sealed.length; at += 4096, pieces++) yield sealed.subarray(at, at + 4096);
    })();
    const maxPlaintextBytes = 2 * SEGMENT_BYTES - 1;
    expect(await failureOf(openWith({ sealed: source, maxPlaintextBytes }))).to.be.instanceOf(EnvelopeTooLargeError);
    expect(pieces * 4096).to.be.below(3 * SEALED_SEGMENT);
  });

  it("allows exactly the limit", async () => {
    const { openWith } = await anEnvelope({ plaintext: new Uint8Array(2 * SEGMENT_BYTES) });
    expect((await openWith({ maxPlaintextBytes: 2 * SEGMENT_BYTES })).plaintext.length).to.equal(2 * SEGMENT_BYTES);
    const tooSmall = openWith({ maxPlaintextBytes: 2 * SEGMENT_BYTES - 1 });
    expect(await failureOf(tooSmall)).to.be.instanceOf(EnvelopeTooLargeError);
  });

  it("takes 1 to 256 recipients, each once", async () => {
    const { recipients } = await aCohort(1);
    const recipient = recipients[0]!;
    const many = Array.from({ length: 257 }, (_, i) => ({ ...recipient, account: address(i + 1) }));
    expect((await sealAll({ recipients: many.slice(0, 256) })).length).to.equal(envelopeLength(0, 256));
    expect(await failureOf(sealAll({ recipients: many })))
      .to.have.property("message")
      .that.includes("not 257");
    expect(await failureOf(sealAll({ recipients: [] }))).to.be.instanceOf(RangeError);
    const twice = [recipient, { ...recipient, account: recipient.account.toUpperCase().replace("0X", "0x") }];
    expect(await failureOf(sealAll({ recipients: twice })))
      .to.have.property("message")
      .that.includes("appears twice");
  });

  it("names a recipient whose key is of low order or the wrong length", async () => {
    const { recipients } = await aCohort(3);
    // The points of order 1, 2, 4 and 8 on Curve25519 (RFC 7748, section 6.1): every shared secret with them is zero.
    const lowOrder = [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ].map((key) => Uint8Array.from(Buffer.from(key, "hex")));
    for (const encryptionKey of [...lowOrder, new Uint8Array(31), new Uint8Array(33).fill(9), new Uint8Array(0)]) {
      const withOneBad = recipients.map((recipient, i) => (i === 1 ? { ...recipient, encryptionKey } : recipient));
      const error = await failureOf(sealAll({ recipients: withOneBad }));
      expect(error).to.be.instanceOf(BadRecipientKeyError).with.property("account", recipients[1]!.account);
      expect(error.message).to.include("Seal without this recipient");
    }
  });

  it("refuses malformed contexts, accounts and keys", async () => {
    const { recipients } = await aCohort(1);
    const { openWith } = await anEnvelope();
    for (const change of [{ round: -1 }, { round: 2 ** 32 }, { round: 0.5 }, { trainer: "0x1" }, { domain: "11" }]) {
      const context = { ...CONTEXT, ...change };
      expect(await failureOf(sealAll({ recipients, context }))).to.be.instanceOf(RangeError);
      expect(await failureOf(openWith({ context }))).to.be.instanceOf(RangeError);
    }
    expect(await failureOf(sealAll({ recipients, contentKey: new Uint8Array(31) }))).to.be.instanceOf(RangeError);
    expect(await failureOf(openWith({ account: "nobody" }))).to.be.instanceOf(RangeError);
    expect(await failureOf(openWith({ privateKey: new Uint8Array(31) }))).to.be.instanceOf(RangeError);
  });

  it("says nothing of a key or the plaintext in its errors", async () => {
    const { openWith, keys, contentKey, sealed } = await anEnvelope({ plaintext: Buffer.from("secret plaintext") });
    const errors = [
      await failureOf(openWith({ account: address(0xbb) })),
      await failureOf(openWith({ context: { ...CONTEXT, round: 8 } })),
      (await drawUntilFailure(openWith, flipped(sealed, sealed.length - 1))).error,
    ];
    const secrets = [keys[0]!.privateKey, contentKey].map((key) => Buffer.from(key).toString("hex"));
    for (const error of errors) {
      for (const secret of [...secrets, "secret plaintext"]) expect(String(error)).to.not.include(secret);
    }
  });
});

describe("envelope: abort", () => {
  it("seals nothing once the signal has aborted", async () => {
    const { recipients } = await aCohort(1);
    const signal = AbortSignal.abort(new Error("enough"));
    expect(await failureOf(sealAll({ recipients, signal }))).to.equal(signal.reason);
  });

  it("stops sealing between segments and closes the source", async () => {
    const { recipients } = await aCohort(1);
    const controller = new AbortController();
    const source = endless(new Uint8Array(SEGMENT_BYTES));
    let segments = 0;
    const sealing = (async () => {
      const request = { contentKey: newContentKey(), context: CONTEXT, recipients, plaintext: source.bytes };
      for await (const _ of sealEnvelope({ ...request, signal: controller.signal })) {
        if (++segments === 4) controller.abort(new Error("enough"));
      }
    })();
    expect(await failureOf(sealing)).to.equal(controller.signal.reason);
    expect(segments).to.equal(4);
    expect(source.closed()).to.equal(true);
  });

  it("stops opening while it waits for bytes that never come", async () => {
    const { sealed, openWith } = await anEnvelope({ plaintext: new Uint8Array(SEGMENT_BYTES) });
    for (const given of [3, HEADER_BYTES, HEADER_BYTES + 100]) {
      const controller = new AbortController();
      const source = (async function* () {
        yield sealed.subarray(0, given);
        queueMicrotask(() => controller.abort(new Error("enough")));
        yield await new Promise<never>(() => undefined);
      })();
      const error = await failureOf(openWith({ sealed: source, signal: controller.signal }));
      expect(error, `after ${given} bytes`).to.equal(controller.signal.reason);
    }
  });

  it("closes the source when the reader stops early or the envelope is refused", async () => {
    const { sealed, request } = await anEnvelope({ plaintext: new Uint8Array(3 * SEGMENT_BYTES) });
    const left = endless(sealed);
    const { plaintext } = await openEnvelope({ ...request, sealed: left.bytes });
    for await (const _ of plaintext) break;
    expect(left.closed()).to.equal(true);

    const refused = endless(sealed);
    await failureOf(openEnvelope({ ...request, account: address(0xbb), sealed: refused.bytes }));
    expect(refused.closed()).to.equal(true);
  });
});

interface Made {
  readonly plaintext?: SealRequest["plaintext"];
  readonly contentKey?: Uint8Array;
  readonly context?: EnvelopeContext;
  readonly recipientCount?: number;
  /** Seals to these keys instead of new ones. */
  readonly keys?: readonly EncryptionKeyPair[];
}

/** An envelope and how its first recipient would open it. */
async function anEnvelope(made: Made = {}) {
  const { recipients, keys } = await aCohort(made.recipientCount ?? 1, made.keys);
  const contentKey = made.contentKey ?? newContentKey();
  const { plaintext = Uint8Array.of(42), context = CONTEXT } = made;
  const sealed = await sealAll({ contentKey, context, recipients, plaintext });
  const request: Omit<OpenRequest, "sealed"> = {
    account: recipients[0]!.account,
    privateKey: keys[0]!.privateKey,
    context: CONTEXT,
    maxPlaintextBytes: 10 * SEGMENT_BYTES,
  };
  const openWith = async (change: Partial<OpenRequest> & { onSegment?: (bytes: number) => void } = {}) => {
    const opened = await openEnvelope({ ...request, sealed: one(sealed), ...change });
    const segments: Uint8Array[] = [];
    for await (const segment of opened.plaintext) {
      change.onSegment?.(segment.length);
      segments.push(segment);
    }
    return { contentKey: opened.contentKey, plaintext: Uint8Array.from(Buffer.concat(segments)) };
  };
  return { sealed, contentKey, recipients, keys, request, openWith };
}

/** An envelope as the head of trainer/privacy/envelope.ts describes it, cut into segments at will. */
async function sealedByHand(segments: readonly Uint8Array[]) {
  const { keys, recipients } = await aCohort(1);
  const { account, encryptionKey } = recipients[0]!;
  const contentKey = newContentKey();
  const salt = randomBytesOf(32);
  const binding = Buffer.from(`${"11".repeat(32)}00000007${TRAINER.slice(2)}`, "hex"); // domain, round, trainer
  const accountBytes = Buffer.from(account.slice(2), "hex");

  const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const info = Uint8Array.from(Buffer.concat([Buffer.from("Foedus/v1 content key"), binding, accountBytes])).buffer;
  const recipientPublicKey = await suite.kem.deserializePublicKey(Uint8Array.from(encryptionKey).buffer);
  const { enc, ct } = await suite.seal({ recipientPublicKey, info }, contentKey);
  const prefix = Buffer.from([...Buffer.from("FDSE"), 1, 0, 1]);
  const header = Buffer.concat([prefix, salt, accountBytes, new Uint8Array(enc), new Uint8Array(ct)]);

  const key = Buffer.from(hkdfSync("sha256", contentKey, salt, "Foedus/v1 payload", 32));
  const associated = Buffer.concat([binding, createHash("sha256").update(header).digest()]);
  const payload = segments.map((segment, i) => {
    const nonce = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, i, i === segments.length - 1 ? 1 : 0]);
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(associated);
    return Buffer.concat([cipher.update(segment), cipher.final(), cipher.getAuthTag()]);
  });
  const { privateKey } = keys[0]!;
  const request = { account, privateKey, context: CONTEXT, maxPlaintextBytes: 10 * SEGMENT_BYTES };
  return { sealed: Buffer.concat([header, ...payload]), request };
}

/** Recipients with keys of their own. */
async function aCohort(count: number, given?: readonly EncryptionKeyPair[]) {
  const keys = given ?? (await Promise.all(Array.from({ length: count }, newEncryptionKeyPair)));
  const recipients = keys.map(({ publicKey }, i) => ({ account: address(0xc0 + i), encryptionKey: publicKey }));
  return { keys, recipients };
}

async function sealAll(request: Partial<SealRequest> & Pick<SealRequest, "recipients">): Promise<Uint8Array> {
  const defaults = { contentKey: newContentKey(), context: CONTEXT, plaintext: new Uint8Array(0) };
  return collect(sealEnvelope({ ...defaults, ...request }));
}

/** Opens an envelope that must fail; tells how, and how many bytes of plaintext came out before. */
async function drawUntilFailure(
  openWith: Awaited<ReturnType<typeof anEnvelope>>["openWith"],
  sealed: Uint8Array,
): Promise<{ error: unknown; released: number }> {
  let released = 0;
  try {
    await openWith({ sealed: one(sealed), onSegment: (bytes) => (released += bytes) });
  } catch (error) {
    return { error, released };
  }
  return expect.fail("the envelope should have been refused");
}

function isRefusal(error: unknown): boolean {
  return [MalformedEnvelopeError, NotARecipientError, TamperedError].some((kind) => error instanceof kind);
}

function flipped(bytes: Uint8Array, index: number, mask = 1): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[index]! ^= mask;
  return changed;
}

/** Repeats a piece for ever, and knows whether it was told to stop. */
function endless(piece: Uint8Array) {
  let closed = false;
  const bytes = (async function* () {
    try {
      for (;;) yield piece;
    } finally {
      closed = true;
    }
  })();
  return { bytes, closed: () => closed };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Uint8Array.from(Buffer.concat(parts));
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail("it should have failed"),
    (error: unknown) => error as Error,
  );
}

function address(last: number): string {
  return `0x${last.toString(16).padStart(40, "0")}`;
}
