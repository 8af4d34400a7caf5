import { expect } from "chai";
import { isSecretName, redact, REDACTED, redactText } from "../../trainer/observe/redact.ts";

describe("redact", () => {
  for (const name of [
    "privateKey",
    "private_key",
    "PASSWORD",
    "mnemonic",
    "contentKey",
    "salt",
    "x-api-key",
    "maskSeed",
  ]) {
    it(`takes ${name} for a secret`, () => expect(isSecretName(name)).to.equal(true));
  }
  for (const name of ["round", "seed", "root", "publicKey", "token", "keyId", "gas", "result", "address", "cid"]) {
    it(`takes ${name} for none`, () => expect(isSecretName(name)).to.equal(false));
  }

  it("finds secrets in objects, arrays, errors and their causes", () => {
    const error = Object.assign(new Error("refused", { cause: { wallet: [{ mnemonic: "test junk" }] } }), {
      request: { body: { passphrase: "hunter2" } },
    });
    const text = JSON.stringify(redact({ list: [{ deep: { contentKey: "c0ffee" } }], error }));
    expect(text).to.include("refused").and.include(REDACTED);
    for (const secret of ["junk", "hunter2", "c0ffee"]) expect(text).not.to.include(secret);
  });

  it("never prints bytes, nor what an object of a class holds", () => {
    class Wallet {
      readonly inner = "0xsecret";
    }
    expect(redact({ a: new Uint8Array(32), b: { 0: 17, 1: 4 }, c: new Wallet() })).to.deep.equal({
      a: "[32 bytes]",
      b: "[2 bytes]",
      c: "[Wallet]",
    });
  });

  it("keeps what may be said: a CID's text, a bigint, a date", () => {
    class Cid {
      toString(): string {
        return "bafy";
      }
    }
    expect(redact([new Cid(), 12n, new Date(0), null, true])).to.deep.equal([
      "bafy",
      "12",
      "1970-01-01T00:00:00.000Z",
      null,
      true,
    ]);
  });

  it("ends on circles, depth and length", () => {
    const circle: Record<string, unknown> = { many: new Array(5000).fill(1), long: "x".repeat(1e6) };
    circle["self"] = circle;
    let deep: unknown = "bottom";
    for (let level = 0; level < 10_000; level++) deep = [deep];
    circle["deep"] = deep;
    expect(JSON.stringify(redact(circle)).length).to.be.below(10_000);
  });

  const texts: [string, string][] = [
    ["password=hunter2, next", "hunter2"],
    [`{"privateKey": "0x12ab cd"}`, "cd"],
    ["Mnemonic: test test test junk", "junk"],
    ["Authorization: Bearer abc.def", "abc.def"],
    ["POST https://user:pw@node.example/x failed", "pw"],
    ["https://main.example/v3/0123456789abcdef0123456789abcdef", "0123456789abcdef"],
    ["https://main.example/?apikey=k3y", "k3y"],
  ];
  for (const [text, secret] of texts) {
    it(`hides ${secret} in: ${text}`, () => expect(redactText(text)).to.include(REDACTED).and.not.include(secret));
  }

  it("leaves other text as it is", () => {
    const text = "The password is wrong. Root 0x12 of round 3 at http://127.0.0.1:8545 was committed.";
    expect(redactText(text)).to.equal(text);
  });
});
