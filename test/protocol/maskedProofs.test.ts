import { expect } from "chai";
import { concat, dataLength, dataSlice, hexlify, keccak256, toBeHex } from "ethers";
import { chunkTree } from "../../trainer/protocol/chunkTree.ts";
import { packOpening } from "../../trainer/protocol/fraudProofs.ts";
import {
  chunkOpening,
  disputedEdges,
  sharesProof,
  streamHash,
  unmaskingProof,
} from "../../trainer/protocol/maskedProofs.ts";
import { randomBytes, randomHex, randomLanes, seededRandom } from "../support/seededRandom.ts";

const random = seededRandom("masked proofs");
const word = () => randomHex(random, 32);
const anOpening = (lanes = 300, index = 3) => chunkTree(randomLanes(random, lanes)).proof(index);
const aMember = (seat: number) => ({
  seat,
  opening: anOpening(),
  seed: word(),
  key: { x: BigInt(word()), y: BigInt(randomHex(random, 20)) },
  sharesHash: word(),
});
const aDroppedSeat = (seat: number) => ({ seat, key: word(), maskHash: word(), sharesHash: word() });
const aStream = (seat: number) => ({ seat, stream: randomBytes(random, 128) });

describe("maskedProofs: sums and openings", () => {
  it("hold members and dropped seats by seat, whatever order they came in", () => {
    const members = [7, 31, 0].map(aMember);
    const dropped = [30, 2].map(aDroppedSeat);
    const proof = unmaskingProof(members, dropped);
    const size = 256 + 128;
    expect(dataLength(proof.members)).to.equal(3 * size);
    [members[2]!, members[0]!, members[1]!].forEach(({ opening, seed, key, sharesHash }, i) => {
      const part = concat([packOpening(opening), seed, toBeHex(key.x, 32), toBeHex(key.y, 32), sharesHash]);
      expect(dataSlice(proof.members, i * size, (i + 1) * size)).to.equal(part);
    });
    const parts = [dropped[1]!, dropped[0]!].flatMap(({ key, maskHash, sharesHash }) => [key, maskHash, sharesHash]);
    expect(proof.dropped).to.equal(concat(parts));
    expect(unmaskingProof(members, []).dropped).to.equal("0x");
  });

  it("an opening holds one member, and the masks to the others by seat", () => {
    const [member, dropped] = [aMember(3), [aDroppedSeat(5)]];
    const streams = [9, 0, 4].map(aStream);
    const opening = chunkOpening(member, dropped, streams);
    expect(opening.member).to.equal(unmaskingProof([member], []).members);
    expect(opening.dropped).to.equal(unmaskingProof([member], dropped).dropped);
    expect(opening.streams).to.equal(concat([streams[1]!.stream, streams[2]!.stream, streams[0]!.stream]));
  });

  it("refuse seats that are none, come twice or stand on both sides", () => {
    for (const seat of [-1, 256, 0.5, NaN]) {
      expect(() => unmaskingProof([aMember(seat)], [])).to.throw(RangeError, "0 to 255");
      expect(() => unmaskingProof([aMember(1)], [aDroppedSeat(seat)])).to.throw(RangeError, "0 to 255");
      expect(() => chunkOpening(aMember(1), [], [aStream(seat)])).to.throw(RangeError, "0 to 255");
    }
    expect(() => unmaskingProof([aMember(4), aMember(4)], [])).to.throw(RangeError, "Seat 4 is named twice");
    expect(() => unmaskingProof([aMember(4)], [aDroppedSeat(4)])).to.throw(RangeError, "Seat 4 is named twice");
    expect(() => chunkOpening(aMember(4), [], [aStream(4)])).to.throw(RangeError, "Seat 4 is named twice");
  });

  it("refuse no members, openings of other chunks and depths, streams of other lengths", () => {
    expect(() => unmaskingProof([], [])).to.throw(RangeError, "without members");
    for (const opening of [anOpening(300, 4), anOpening(600, 3)]) {
      expect(() => unmaskingProof([aMember(0), { ...aMember(1), opening }], [])).to.throw(RangeError, "same chunk");
    }
    for (const bytes of [0, 127, 129]) {
      const stream = { seat: 2, stream: new Uint8Array(bytes) };
      expect(() => chunkOpening(aMember(1), [], [stream])).to.throw(RangeError, `${bytes} bytes`);
    }
  });

  it("do not repeat a secret that has another length", () => {
    const key = randomHex(random, 31);
    expect(() => unmaskingProof([aMember(0)], [{ ...aDroppedSeat(1), key }]))
      .to.throw(RangeError, "32 bytes")
      .with.property("message")
      .that.does.not.include(key);
  });
});

describe("maskedProofs: shares", () => {
  it("stand in columns by seat, beside all leaves", () => {
    const leaves = randomBytes(random, 64 * 4);
    const of = { kind: 1, keyAddress: randomHex(random, 20), maskHash: word() } as const;
    const shares = [3, 0, 2].map((seat) => ({ seat, share: word() }));
    const proof = sharesProof(of, leaves, shares);
    expect(proof.seats).to.deep.equal([0, 2, 3]);
    expect(proof.shares).to.deep.equal([shares[1]!.share, shares[2]!.share, shares[0]!.share]);
    expect(proof.leaves).to.have.length(8);
    expect(concat(proof.leaves)).to.equal(hexlify(leaves));
    expect(proof).to.include(of);
    expect(() => sharesProof(of, leaves.subarray(32), shares)).to.throw(RangeError, "two hashes");
    expect(() => sharesProof(of, leaves, [...shares, shares[0]!])).to.throw(RangeError, "twice");
  });
});

describe("maskedProofs: disputed edges", () => {
  it("are those about which two members differ", () => {
    const members = [1, 4, 6, 9];
    const masks = new Map<string, string>();
    const mask = (one: number, other: number) => {
      const name = `${Math.min(one, other)}-${Math.max(one, other)}`;
      if (!masks.has(name)) masks.set(name, word());
      return masks.get(name)!;
    };
    const honest = members.map((seat) => ({
      seat,
      key: { x: 1n, y: 2n },
      streams: members.map((other) => (other === seat ? toBeHex(0, 32) : mask(seat, other))),
    }));
    expect(disputedEdges(members, honest)).to.deep.equal([]);
    const lied = honest.map((each) => (each.seat === 6 ? { ...each, streams: each.streams.with(1, word()) } : each));
    const seatsOf = (edges: ReturnType<typeof disputedEdges>) => edges.map((edge) => edge.map(({ seat }) => seat));
    expect(seatsOf(disputedEdges(members, lied.toReversed()))).to.deep.equal([[4, 6]]);
    const all = lied.map((each) => (each.seat === 6 ? { ...each, streams: members.map(word) } : each));
    expect(seatsOf(disputedEdges(members, all))).to.deep.equal([
      [1, 6],
      [4, 6],
      [6, 9],
    ]);
    // Who has shown nothing differs from nobody.
    expect(seatsOf(disputedEdges(members, all.slice(1)))).to.deep.equal([
      [4, 6],
      [6, 9],
    ]);
  });

  it("are compared by keccak256 of the mask's bytes", () => {
    const { stream } = aStream(0);
    expect(streamHash(stream)).to.equal(keccak256(stream));
  });
});
