import { expect } from "chai";
import { AbiCoder, computeAddress, concat, getAddress, hexlify, keccak256, ZeroHash } from "ethers";
import { cohortView, keyAddress, maskHash } from "../../trainer/privacy/dealing.ts";
import { randomBytes, randomHex, seededRandom } from "../support/seededRandom.ts";

const abi = AbiCoder.defaultAbiCoder();

describe("dealing", () => {
  const random = seededRandom("dealing");

  it("hashes a seed and a key's address as Ethereum does", () => {
    for (let i = 0; i < 20; i++) {
      const secret = randomBytes(random, 32);
      expect(maskHash(secret)).to.equal(keccak256(secret));
      expect(keyAddress(secret)).to.equal(computeAddress(hexlify(secret)));
    }
  });

  it("digests a view of the cohort; who did not commit has an empty root", () => {
    const seats = [0, 3, 31].map((seat) => ({
      seat,
      trainer: getAddress(randomHex(random, 20)),
      dealing: randomHex(random, 32),
      root: seat === 3 ? undefined : randomHex(random, 32),
    }));
    const expected = keccak256(
      concat(
        seats.map(({ seat, trainer, dealing, root }) =>
          abi.encode(["uint16", "address", "bytes32", "bytes32"], [seat, trainer, dealing, root ?? ZeroHash]),
        ),
      ),
    );
    expect(cohortView(seats)).to.equal(expected);
    expect(cohortView(seats.slice(1))).not.to.equal(expected);
    expect(() => cohortView(seats.toReversed())).to.throw(RangeError, "ascending");
    expect(() => cohortView([seats[0]!, seats[0]!])).to.throw(RangeError, "ascending");
  });

  it("refuses fields of another size", () => {
    expect(() =>
      cohortView([{ seat: 70_000, trainer: randomHex(random, 20), dealing: randomHex(random, 32) }]),
    ).to.throw(RangeError, "seat");
    expect(() => cohortView([{ seat: 1, trainer: "0x12", dealing: randomHex(random, 32) }])).to.throw(
      RangeError,
      "trainer",
    );
    expect(() => maskHash(new Uint8Array(32))).to.throw(RangeError, "secret");
  });
});
