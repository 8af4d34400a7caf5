// The X25519 key pair that updates are encrypted to, in a file under a password: scrypt (RFC 7914) and AES-256-GCM. It is
// kept apart from the account's key: whoever learns one has not learnt the other.

import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { newEncryptionKeyPair } from "./envelope.ts";
import type { EncryptionKeyPair } from "./envelope.ts";

/** The file is missing, damaged, or the password does not open it. */
export class KeyFileUnusable extends Error {
  override readonly name = "KeyFileUnusable";
}

/** What deriving the key costs: 2^17 takes a third of a second and 128 MiB. */
const SCRYPT_COST = 2 ** 17;
/** For passwords that are random anyway, as in demonstrations and tests. */
const LIGHT_SCRYPT_COST = 2 ** 12;
const MAX_SCRYPT_COST = 2 ** 20;
const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const keyFile = z.strictObject({
  version: z.literal(1),
  /** N of scrypt; r is 8 and p is 1. */
  cost: z.int().min(2).max(MAX_SCRYPT_COST),
  publicKey: hex(32),
  salt: hex(32),
  nonce: hex(12),
  sealed: hex(32 + 16),
});

const derive = promisify<string, Uint8Array, number, object, Buffer>(scrypt);

/** Makes a key pair and writes it, readable by its owner only. Never overwrites. */
export async function createKeyFile(
  file: string,
  password: string,
  { light = false }: { readonly light?: boolean } = {},
): Promise<EncryptionKeyPair> {
  const cost = light ? LIGHT_SCRYPT_COST : SCRYPT_COST;
  const pair = await newEncryptionKeyPair();
  const [salt, nonce] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv("aes-256-gcm", await deriveKey(password, salt, cost), nonce).setAAD(pair.publicKey);
  const sealed = Buffer.concat([cipher.update(pair.privateKey), cipher.final(), cipher.getAuthTag()]);
  const content: z.infer<typeof keyFile> = {
    version: 1,
    cost,
    publicKey: Buffer.from(pair.publicKey).toString("hex"),
    salt: salt.toString("hex"),
    nonce: nonce.toString("hex"),
    sealed: sealed.toString("hex"),
  };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    await writeFile(file, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new KeyFileUnusable(`${file} exists already and is not overwritten. Choose another --name.`);
  }
  return pair;
}

/** The public key in a key file, as 0x-prefixed hex, without opening it. */
export async function publicKeyOf(file: string): Promise<string> {
  return `0x${(await readKeyFile(file)).publicKey}`;
}

/** @throws KeyFileUnusable if there is no such file, it is damaged, or the password is wrong. */
export async function openKeyFile(file: string, password: string): Promise<EncryptionKeyPair> {
  const content = await readKeyFile(file);
  const bytes = (field: "publicKey" | "salt" | "nonce" | "sealed") => Buffer.from(content[field], "hex");
  const [publicKey, sealed] = [bytes("publicKey"), bytes("sealed")];
  const decipher = createDecipheriv(
    "aes-256-gcm",
    await deriveKey(password, bytes("salt"), content.cost),
    bytes("nonce"),
  );
  decipher.setAAD(publicKey).setAuthTag(sealed.subarray(32));
  const privateKey = decipher.update(sealed.subarray(0, 32));
  try {
    decipher.final();
  } catch {
    throw new KeyFileUnusable(
      `The password does not open ${file}. Try again, or give --password-file. ` +
        "If it is the right one, the file is damaged: restore it from a copy.",
    );
  }
  return { publicKey: new Uint8Array(publicKey), privateKey: new Uint8Array(privateKey) };
}

async function readKeyFile(file: string): Promise<z.infer<typeof keyFile>> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw new KeyFileUnusable(
      code === "ENOENT"
        ? `There is no encryption key ${file}. Make one with: foedus keys new.`
        : `${file} cannot be read (${code ?? "unknown"}).`,
    );
  });
  try {
    return keyFile.parse(JSON.parse(text));
  } catch {
    throw new KeyFileUnusable(`${file} is no encryption key, or damaged. Restore it from a copy.`);
  }
}

function deriveKey(password: string, salt: Uint8Array, cost: number): Promise<Buffer> {
  return derive(password, salt, 32, { N: cost, r: 8, p: 1, maxmem: 2 * 128 * 8 * cost });
}
