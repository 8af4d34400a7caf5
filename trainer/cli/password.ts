/** The password of keystores: from a file, or asked for on the terminal. Never from the command line. */
import askPassword from "@inquirer/password";
import { readInput } from "./inputFile.ts";

const MAX_BYTES = 4_096;

/** No password could be had. */
export class NoPassword extends Error {
  override readonly name = "NoPassword";
}

export async function readPassword(file: string | undefined, signal: AbortSignal): Promise<string> {
  if (file !== undefined) {
    const password = (await readInput(file, MAX_BYTES)).replace(/\r?\n$/, "");
    if (password === "") throw new NoPassword(`The password file ${file} is empty.`);
    return password;
  }
  if (!process.stdin.isTTY) {
    throw new NoPassword("There is no terminal to ask for the password. Give a file with --password-file.");
  }
  return askPassword({ message: "Password of the keystore:" }, { signal, output: process.stderr });
}

/** Asks twice for a new password, or takes the file's. */
export async function choosePassword(file: string | undefined, signal: AbortSignal): Promise<string> {
  if (file !== undefined || !process.stdin.isTTY) return readPassword(file, signal);
  const context = { signal, output: process.stderr };
  const first = await askPassword({ message: "New password:", validate: (text) => text.length > 0 }, context);
  const second = await askPassword({ message: "Once more:" }, context);
  if (first !== second) throw new NoPassword("The two passwords differ. Try again.");
  return first;
}
