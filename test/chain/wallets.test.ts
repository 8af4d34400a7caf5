import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet, encryptKeystoreJsonSync } from "ethers";
import { WalletUnusable, addressOfWallet, createWallet, openWallet } from "../../trainer/chain/wallets.ts";
import { rejection } from "../support/rejection.ts";

const PASSWORD = "correct horse";

interface Keystore {
  address?: unknown;
  version: number;
  crypto?: unknown;
  Crypto: { ciphertext: string; mac: string; kdf: string; kdfparams: Record<string, unknown>; cipher: string };
}

describe("Wallet files", () => {
  let folder: string;
  let file: string;
  let made: { address: string; privateKey: string };
  let keystore: string;

  // Deriving a key takes a second, so one wallet serves all tests that only read.
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "foedus-wallets-"));
    file = join(folder, "keys", "default.json");
    made = await createWallet(file, PASSWORD);
    keystore = await readFile(file, "utf8");
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** A copy of the keystore with something about it changed. */
  async function changed(change: (keystore: Keystore) => void): Promise<string> {
    const copy = JSON.parse(keystore) as Keystore;
    change(copy);
    return written(JSON.stringify(copy));
  }

  async function written(content: string | Uint8Array): Promise<string> {
    const other = join(folder, "other.json");
    await writeFile(other, content);
    return other;
  }

  const saysNothingSecret = ({ message, stack = "", cause }: Error) => {
    const shown = `${message}${stack}${String(cause)}`;
    expect(shown).not.to.include(made.privateKey.slice(2)).and.not.include(PASSWORD);
  };

  it("gives back the account under its password", async () => {
    const opened = await openWallet(file, PASSWORD);
    expect([opened.address, opened.privateKey]).to.deep.equal([made.address, made.privateKey]);
  });

  it("says its address without a password", async () => {
    expect((await addressOfWallet(file)).toLowerCase()).to.equal(made.address.toLowerCase());
  });

  it("holds no key that can be read", () => {
    expect(keystore).not.to.include(made.privateKey.slice(2));
    expect(keystore).not.to.match(/mnemonic/i);
  });

  it("can be read by its owner only, and so can its folder", async () => {
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect((await stat(join(folder, "keys"))).mode & 0o777).to.equal(0o700);
  });

  it("is never overwritten", async () => {
    const error = await rejection(createWallet(file, "another password"), WalletUnusable);
    expect(error.message).to.include("is not overwritten").and.include("--name");
    expect(await readFile(file, "utf8")).to.equal(keystore);
  });

  it("is what other wallets write and read", async () => {
    const { address, privateKey } = made;
    const foreign = await written(encryptKeystoreJsonSync({ address, privateKey }, PASSWORD, { scrypt: { N: 1024 } }));
    expect((await openWallet(foreign, PASSWORD)).address).to.equal(made.address);
    expect((await Wallet.fromEncryptedJson(keystore, PASSWORD)).address).to.equal(made.address);
  });

  it("does not open with a wrong password, and says what to do", async () => {
    const error = await rejection(openWallet(file, "wrong horse"), WalletUnusable);
    expect(error.message).to.match(
      /^The password does not open .*default\.json\. Try again, or give --password-file\./,
    );
    saysNothingSecret(error);
  });

  it("says that the file is missing and how to make one", async () => {
    const missing = join(folder, "missing.json");
    for (const read of [openWallet, addressOfWallet]) {
      expect((await rejection(read(missing, PASSWORD), WalletUnusable)).message).to.match(
        /There is no wallet .*foedus keys new/,
      );
    }
  });

  it("says that a folder cannot be read", async () => {
    expect((await rejection(openWallet(folder, PASSWORD), WalletUnusable)).message).to.include("EISDIR");
  });

  const noKeystores: Record<string, string | Uint8Array> = {
    "an empty file": "",
    "half a keystore": '{ "version": 3, "cry',
    "other JSON": '{ "version": 4 }',
    null: "null",
    bytes: Uint8Array.from({ length: 500 }, (_, index) => index),
    "a large file": `{ "version": 3, "more": "${"x".repeat(70_000)}" }`,
  };
  for (const [name, content] of Object.entries(noKeystores)) {
    it(`says that ${name} is no keystore`, async () => {
      const other = await written(content);
      for (const read of [openWallet, addressOfWallet]) {
        expect((await rejection(read(other, PASSWORD), WalletUnusable)).message).to.match(/is no keystore .*--wallet/);
      }
    });
  }

  it("says that the file may be damaged when the right password does not open it", async () => {
    const damaged = await changed(({ Crypto }) => {
      const first = Crypto.ciphertext.startsWith("0") ? "1" : "0";
      Crypto.ciphertext = first + Crypto.ciphertext.slice(1);
    });
    const error = await rejection(openWallet(damaged, PASSWORD), WalletUnusable);
    expect(error.message).to.include("If it is the right one, the file is damaged");
    saysNothingSecret(error);
  });

  const damages: Record<string, (keystore: Keystore) => void> = {
    "no crypto": (copy) => delete (copy as Partial<Keystore>).Crypto,
    "another cipher": ({ Crypto }) => (Crypto.cipher = "rot13"),
    "another derivation": ({ Crypto }) => (Crypto.kdf = "md5"),
    "a derivation that would take all memory": ({ Crypto }) => (Crypto.kdfparams["n"] = 2 ** 30),
    "a derivation that would take hours": ({ Crypto }) => (Crypto.kdfparams["p"] = 2 ** 20),
    "a derivation of no sense": ({ Crypto }) => (Crypto.kdfparams["n"] = 1000),
    "another address": (copy) => (copy.address = "00".repeat(20)),
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`says that a keystore with ${name} is damaged`, async () => {
      const damaged = await changed(damage);
      const error = await rejection(openWallet(damaged, PASSWORD), WalletUnusable);
      expect(error.message).to.include("damaged keystore");
      saysNothingSecret(error);
    });
  }

  for (const address of [undefined, 7, "0x12", null, { to: "string" }]) {
    it(`says that a keystore does not say its address: ${JSON.stringify(address)}`, async () => {
      const silent = await changed((copy) => (copy.address = address));
      expect((await rejection(addressOfWallet(silent), WalletUnusable)).message).to.include("does not say its address");
    });
  }
});
