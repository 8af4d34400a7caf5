/**
 * Accounts as encrypted keystore files (Web3 Secret Storage, version 3: what geth and other wallets read and write), or
 * from Hardhat's keystore. A private key is never on a command line, in a log or in an error.
 */
import { scrypt as nodeScrypt } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { Wallet, encryptKeystoreJson, isError, isKeystoreJson, scrypt } from "ethers";
import type { HDNodeWallet } from "ethers";

/** The wallet file is missing, no keystore, or the password does not open it. */
export class WalletUnusable extends Error {
  override readonly name = "WalletUnusable";
}

const MAX_KEYSTORE_BYTES = 64 * 1024;
/** Wallets write 2^21; a damaged file must not keep the machine busy for hours or take all its memory. */
const MAX_SCRYPT_COST = 2 ** 23;

// ethers' own scrypt is JavaScript and takes seconds where Node's takes tenths.
const derive = promisify<string | Uint8Array, Uint8Array, number, object, Buffer>(nodeScrypt);
scrypt.register(async (password, salt, N, r, p, length) => {
  if (N * r * p > MAX_SCRYPT_COST) throw new RangeError("The key derivation asks for too much.");
  return `0x${(await derive(password, salt, length, { N, r, p, maxmem: 256 * N * r * p })).toString("hex")}`;
});

/** For passwords that are random anyway, as in demonstrations and tests: geth's light keystores cost as much. */
const LIGHT = { N: 2 ** 12, r: 8, p: 6 };

/** Makes an account and writes its keystore, readable by its owner only. Never overwrites. */
export async function createWallet(
  file: string,
  password: string,
  { light = false }: { readonly light?: boolean } = {},
): Promise<HDNodeWallet> {
  const wallet = Wallet.createRandom();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const account = { address: wallet.address, privateKey: wallet.privateKey };
  const keystore = await encryptKeystoreJson(account, password, light ? { scrypt: LIGHT } : {});
  try {
    await writeFile(file, keystore, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") {
      throw new WalletUnusable(`${file} exists already and is not overwritten. Choose another --name.`);
    }
    throw error;
  }
  await chmod(file, 0o600);
  return wallet;
}

/**
 * The address in a keystore, without opening it.
 * @throws WalletUnusable if there is no such file, it is no keystore, or it does not say its address.
 */
export async function addressOfWallet(file: string): Promise<string> {
  const { address } = JSON.parse(await readKeystore(file)) as { address?: unknown };
  const digits = /^(?:0x)?([0-9a-f]{40})$/i.exec(String(address))?.[1];
  if (digits === undefined) throw new WalletUnusable(`${file} does not say its address. Use one that does.`);
  return `0x${digits}`;
}

/** @throws WalletUnusable if there is no such file, it is no keystore, it is damaged, or the password is wrong. */
export async function openWallet(file: string, password: string): Promise<Wallet | HDNodeWallet> {
  const keystore = await readKeystore(file);
  try {
    return await Wallet.fromEncryptedJson(keystore, password);
  } catch (error) {
    if (isError(error, "INVALID_ARGUMENT") && error.argument === "password") {
      throw new WalletUnusable(
        `The password does not open ${file}. Try again, or give --password-file. ` +
          "If it is the right one, the file is damaged: restore it from a copy.",
      );
    }
    throw new WalletUnusable(`${file} is a damaged keystore, or of a kind that is not known. Restore it from a copy.`);
  }
}

/** The account of Hardhat's network `custom`: configuration variable FOEDUS_PRIVATE_KEY, in its encrypted keystore. */
export async function openHardhatWallet(): Promise<Wallet> {
  const { default: hre } = await import("hardhat");
  const network = hre.config.networks["custom"];
  const accounts = network?.type === "http" ? network.accounts : undefined;
  const [account] = Array.isArray(accounts) ? accounts : [];
  if (account === undefined) throw new WalletUnusable("hardhat.config.ts has no network named custom with an account.");
  try {
    return new Wallet(await account.getHexString());
  } catch {
    throw new WalletUnusable(
      "Hardhat's keystore has no FOEDUS_PRIVATE_KEY. Set it with: npx hardhat keystore set FOEDUS_PRIVATE_KEY.",
    );
  }
}

async function readKeystore(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw new WalletUnusable(
      code === "ENOENT"
        ? `There is no wallet ${file}. Make one with: foedus keys new.`
        : `${file} cannot be read (${code ?? "unknown"}).`,
    );
  });
  if (text.length > MAX_KEYSTORE_BYTES || !isKeystoreJson(text)) {
    throw new WalletUnusable(`${file} is no keystore (Web3 Secret Storage, version 3). Give another with --wallet.`);
  }
  return text;
}
