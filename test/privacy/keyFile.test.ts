import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { EncryptionKeyPair } from "../../trainer/privacy/envelope.ts";
import { KeyFileUnusable, createKeyFile, openKeyFile, publicKeyOf } from "../../trainer/privacy/keyFile.ts";
import { rejection } from "../support/rejection.ts";

const PASSWORD = "correct horse";

describe("Key files", () => {
  let folder: string;
  let file: string;
  let pair: EncryptionKeyPair;
  let content: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "foedus-keys-"));
    file = join(folder, "keys", "default.encryption.json");
    pair = await createKeyFile(file, PASSWORD);
    content = await readFile(file, "utf8");
  });

  after(() => rm(folder, { recursive: true, force: true }));

  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

  const saysNothingSecret = ({ message, stack = "", cause }: Error) => {
    expect(`${message}${stack}${String(cause)}`)
      .not.to.include(hex(pair.privateKey))
      .and.not.include(PASSWORD);
  };

  async function written(text: string | Uint8Array): Promise<string> {
    const other = join(folder, "other.json");
    await writeFile(other, text);
    return other;
  }

  async function changed(change: Record<string, unknown>): Promise<string> {
    return written(JSON.stringify({ ...(JSON.parse(content) as object), ...change }));
  }

  it("gives back the pair under its password", async () => {
    expect(await openKeyFile(file, PASSWORD)).to.deep.equal(pair);
  });

  it("says the public key without a password", async () => {
    expect(await publicKeyOf(file)).to.equal(`0x${hex(pair.publicKey)}`);
  });

  it("holds no private key that can be read", () => {
    expect(content).to.include(hex(pair.publicKey)).and.not.include(hex(pair.privateKey));
  });

  it("holds other bytes for another pair, salt and nonce included", async () => {
    const other = join(folder, "second.json");
    const second = await createKeyFile(other, PASSWORD);
    expect(hex(second.privateKey)).not.to.equal(hex(pair.privateKey));
    const [one, two] = [content, await readFile(other, "utf8")].map(
      (text) => JSON.parse(text) as Record<string, string>,
    );
    for (const field of ["publicKey", "salt", "nonce", "sealed"]) expect(one![field]).not.to.equal(two![field]);
  });

  it("can be read by its owner only, and so can its folder", async () => {
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect((await stat(join(folder, "keys"))).mode & 0o777).to.equal(0o700);
  });

  it("is never overwritten", async () => {
    const error = await rejection(createKeyFile(file, "another password"), KeyFileUnusable);
    expect(error.message).to.include("is not overwritten").and.include("--name");
    expect(await readFile(file, "utf8")).to.equal(content);
  });

  it("does not open with a wrong password, and says what to do", async () => {
    const error = await rejection(openKeyFile(file, "wrong horse"), KeyFileUnusable);
    expect(error.message).to.match(/^The password does not open .*\. Try again, or give --password-file\./);
    saysNothingSecret(error);
  });

  const flipped = (text: string) => (text.startsWith("0") ? "1" : "0") + text.slice(1);
  for (const field of ["publicKey", "salt", "nonce", "sealed"]) {
    it(`does not open when its ${field} was changed`, async () => {
      const before = (JSON.parse(content) as Record<string, string>)[field]!;
      const error = await rejection(
        openKeyFile(await changed({ [field]: flipped(before) }), PASSWORD),
        KeyFileUnusable,
      );
      expect(error.message).to.include("the file is damaged");
      saysNothingSecret(error);
    });
  }

  it("says that the file is missing and how to make one", async () => {
    const missing = join(folder, "missing.json");
    for (const read of [openKeyFile, publicKeyOf]) {
      expect((await rejection(read(missing, PASSWORD), KeyFileUnusable)).message).to.match(
        /There is no encryption key .*foedus keys new/,
      );
    }
  });

  it("says that a folder cannot be read", async () => {
    expect((await rejection(openKeyFile(folder, PASSWORD), KeyFileUnusable)).message).to.include("EISDIR");
  });

  const others: Record<string, () => Promise<string>> = {
    "an empty file": () => written(""),
    "half a file": () => written(content.slice(0, 100)),
    null: () => written("null"),
    bytes: () => written(Uint8Array.from({ length: 500 }, (_, index) => index)),
    "a wallet": () => written('{ "version": 3, "address": "00" }'),
    "another version": () => changed({ version: 2 }),
    "a shorter salt": () => changed({ salt: "00" }),
    "a longer sealed key": () => changed({ sealed: "00".repeat(64) }),
    "a number for a key": () => changed({ publicKey: 7 }),
    "a field more": () => changed({ privateKey: "00" }),
  };
  for (const [name, make] of Object.entries(others)) {
    it(`says that ${name} is no encryption key`, async () => {
      const other = await make();
      for (const read of [openKeyFile, publicKeyOf]) {
        expect((await rejection(read(other, PASSWORD), KeyFileUnusable)).message).to.match(
          /is no encryption key, or damaged/,
        );
      }
    });
  }
});
