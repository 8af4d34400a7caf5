/** foedus keys: an account and an encryption key, two different keys in two files under one password. */
import { Command } from "commander";
import { addressOfWallet, createWallet } from "../../chain/wallets.ts";
import { createKeyFile, publicKeyOf } from "../../privacy/keyFile.ts";
import { withCommon, withKeys } from "../options.ts";
import type { KeyOptions } from "../options.ts";
import { choosePassword } from "../password.ts";
import { inSession } from "../session.ts";

export function keysCommand(): Command {
  return new Command("keys").description("make and show keys").addCommand(newKeys()).addCommand(show());
}

function newKeys(): Command {
  return withKeys(withCommon(new Command("new")))
    .description("make an account (a keystore file other wallets can read) and an encryption key")
    .addHelpText("after", "\nExample:\n  $ foedus keys new --name clinic")
    .action(
      inSession("command", async (session, { name, passwordFile }: KeyOptions) => {
        const password = await choosePassword(passwordFile, session.signal);
        const files = filesOf(session, name);
        const { address } = await createWallet(files.account, password);
        const { publicKey } = await createKeyFile(files.encryption, password);
        const encryptionKey = `0x${Buffer.from(publicKey).toString("hex")}`;
        session.show({ address, encryptionKey, files }, [
          `account         ${address}`,
          `encryption key  ${encryptionKey}`,
          `Kept in ${files.account} and ${files.encryption}. Copy both to a safe place.`,
        ]);
      }),
    );
}

function show(): Command {
  return withKeys(withCommon(new Command("show")))
    .description("show address and public encryption key; needs no password")
    .addHelpText("after", "\nExample:\n  $ foedus keys show --name clinic")
    .action(
      inSession("command", async (session, { name }: KeyOptions) => {
        const files = filesOf(session, name);
        const address = await addressOfWallet(files.account);
        const encryptionKey = await publicKeyOf(files.encryption);
        session.show({ address, encryptionKey, files }, [
          `account         ${address}`,
          `encryption key  ${encryptionKey}`,
        ]);
      }),
    );
}

function filesOf(session: { path(...parts: string[]): string }, name: string) {
  return { account: session.path("keys", `${name}.json`), encryption: session.path("keys", `${name}.encryption.json`) };
}
