import { expect } from "chai";
import { AbiCoder, concat, dataLength, dataSlice, keccak256 } from "ethers";
import { chunkTree, verifyChunk } from "../../trainer/protocol/chunkTree.ts";
import type { ChunkProof } from "../../trainer/protocol/chunkTree.ts";
import {
  MalformedOpeningError,
  claimOf,
  encodingProof,
  packOpening,
  pathToModelRoot,
  stepProof,
  sumProof,
  unpackOpening,
} from "../../trainer/protocol/fraudProofs.ts";
import { combineRoots } from "../../trainer/protocol/modelRoot.ts";
import { randomHex, randomLanes, seededRandom } from "../support/seededRandom.ts";
import { hex, referenceNode } from "../vectors/reference.ts";

const random = seededRandom("fraud proofs");
const word = () => randomHex(random, 32);
const anOpening = (lanes = 300, index = 3) => chunkTree(randomLanes(random, lanes)).proof(index);

describe("fraudProofs: openings", () => {
  it("are the chunk and its path, one after another", () => {
    const { chunk, proof } = anOpening();
    const packed = packOpening({ chunk, proof });
    expect(dataLength(packed)).to.equal(128 + 32 * 4);
    expect(dataSlice(packed, 0, 128)).to.equal(hex(chunk));
    expect(dataSlice(packed, 128)).to.equal(concat(proof));
  });

  it("come back as they were, with what is above their vector's root", () => {
    for (const lanes of [1, 32, 33, 1000, 5000]) {
      const tree = chunkTree(randomLanes(random, lanes));
      const index = random.below(2 ** tree.depth);
      const { chunk, proof } = tree.proof(index);
      for (const above of [[], [word()], [word(), word()]]) {
        const read = unpackOpening(packOpening({ chunk, proof }, ...above), tree.depth, above.length);
        expect(read).to.deep.equal({ chunk, proof, above });
        expect(verifyChunk(tree.root, tree.depth, { index, ...read })).to.equal(true);
      }
    }
  });

  it("are read only at their exact length, and only from hex", () => {
    const packed = packOpening(anOpening());
    const wrong = [
      "",
      "0x",
      packed.slice(0, -2),
      packed.slice(0, -1),
      packed.slice(0, -64),
      `${packed}00`,
      `${packed}${word().slice(2)}`,
      packed.slice(2),
      `${packed.slice(0, -1)}g`,
    ];
    for (const opening of wrong) {
      expect(() => unpackOpening(opening, 4), opening).to.throw(MalformedOpeningError, "256 bytes");
    }
    expect(() => unpackOpening(packed, 3)).to.throw(MalformedOpeningError);
    expect(() => unpackOpening(packed, 4, 1)).to.throw(MalformedOpeningError);
    for (const depth of [-1, 1.5, 33, NaN]) expect(() => unpackOpening(packed, depth)).to.throw(RangeError);
  });

  for (const vectors of [1, 2, 3]) {
    it(`lead on to the root of a model of ${vectors} vector(s)`, () => {
      const roots = Array.from({ length: vectors }, word);
      roots.forEach((root, vector) => {
        let hash = Buffer.from(root.slice(2), "hex") as Uint8Array;
        let position = vector;
        for (const beside of pathToModelRoot(roots, vector)) {
          const sibling = Buffer.from(beside.slice(2), "hex");
          hash = position % 2 === 0 ? referenceNode(hash, sibling) : referenceNode(sibling, hash);
          position = Math.floor(position / 2);
        }
        expect(hex(hash), `vector ${vector}`).to.equal(combineRoots(roots));
      });
      expect(() => pathToModelRoot(roots, vectors)).to.throw(RangeError, `no vector ${vectors}`);
      expect(() => pathToModelRoot(roots, -1)).to.throw(RangeError);
    });
  }
});

describe("fraudProofs: sums", () => {
  const sum = anOpening();
  const seatOpening = (seat: number) => ({ seat, opening: anOpening(), contentKeyHash: word() });

  it("name the seats by bits and hold their openings by seat, whatever order they came in", () => {
    const seats = [7, 255, 0, 130, 64].map(seatOpening);
    const proof = sumProof(seats, sum);
    expect(proof.seats).to.equal(1n | (1n << 7n) | (1n << 64n) | (1n << 130n) | (1n << 255n));
    expect(proof.sum).to.equal(packOpening(sum));
    const size = 256 + 32;
    expect(dataLength(proof.updates)).to.equal(5 * size);
    const bySeat = [0, 7, 64, 130, 255].map((seat) => seats.find((each) => each.seat === seat)!);
    bySeat.forEach(({ opening, contentKeyHash }, i) => {
      expect(dataSlice(proof.updates, i * size, (i + 1) * size)).to.equal(
        concat([packOpening(opening), contentKeyHash]),
      );
    });
  });

  it("refuse a seat that is none or comes twice, and openings of other chunks and depths", () => {
    for (const seat of [-1, 256, 0.5])
      expect(() => sumProof([seatOpening(seat)], sum)).to.throw(RangeError, "0 to 255");
    expect(() => sumProof([seatOpening(3), seatOpening(3)], sum)).to.throw(RangeError, "Seat 3 is in the sum twice");
    for (const opening of [anOpening(300, 4), anOpening(600, 3)]) {
      expect(() => sumProof([{ ...seatOpening(1), opening }], sum)).to.throw(RangeError, "cannot be held against");
    }
  });
});

describe("fraudProofs: steps, encodings and claims", () => {
  it("a step holds the openings of the model and its moments one after another", () => {
    const sum = anOpening();
    const [from, next] = [0, 1].map(() => [anOpening(), anOpening(), anOpening()]) as [ChunkProof[], ChunkProof[]];
    expect(stepProof(sum, from, next)).to.deep.equal({
      sum: packOpening(sum),
      from: concat(from.map((each) => packOpening(each))),
      next: concat(next.map((each) => packOpening(each))),
    });
    expect(() => stepProof(sum, from, next.slice(1))).to.throw(RangeError, "from 3 vectors");
    expect(() => stepProof(sum, [], [])).to.throw(RangeError);
    expect(() => stepProof(anOpening(300, 2), from, next)).to.throw(RangeError, "cannot be held against");
  });

  it("an encoding holds one update's opening, of whatever depth", () => {
    const [update, contentKeyHash] = [anOpening(32, 0), word()];
    expect(encodingProof(update, contentKeyHash)).to.deep.equal({ update: hex(update.chunk), contentKeyHash });
  });

  it("a claim binds the challenger and every byte of the calldata", () => {
    const [challenger, calldata] = [randomHex(random, 20), randomHex(random, 100)];
    const claim = claimOf(challenger, calldata);
    const encoded = AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [challenger, keccak256(calldata)]);
    expect(claim).to.equal(keccak256(encoded));
    expect(claimOf(randomHex(random, 20), calldata)).not.to.equal(claim);
    expect(claimOf(challenger, `${calldata}00`)).not.to.equal(claim);
  });
});
