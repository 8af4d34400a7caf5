/** foedus keys: an account and an encryption key, two different keys in two files under one password. */
import { access } from "node:fs/promises";
import { Command } from "commander";
import { getAddress } from "ethers";
import { WalletUnusable, addressOfWallet, createWallet } from "../../chain/wallets.ts";
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
        const files = filesOf(session, name);
        await refuseToOverwrite(Object.values(files));
        const password = await choosePassword(passwordFile, session.signal);
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
        const address = getAddress(await addressOfWallet(files.account));
        const encryptionKey = await publicKeyOf(files.encryption);
        session.show({ address, encryptionKey, files }, [
          `account         ${address}`,
          `encryption key  ${encryptionKey}`,
        ]);
      }),
    );
}

/** Both or none: half a pair of keys would be left behind otherwise. */
async function refuseToOverwrite(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) throw new WalletUnusable(`${file} exists already and is not overwritten. Choose another --name.`);
  }
}

function filesOf(session: { path(...parts: string[]): string }, name: string) {
  return { account: session.path("keys", `${name}.json`), encryption: session.path("keys", `${name}.encryption.json`) };
}
