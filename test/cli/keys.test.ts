import { expect } from "chai";
import { readFile, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Wallet } from "ethers";
import { openKeyFile } from "../../trainer/privacy/keyFile.ts";
import { PASSWORD, json, useScene } from "./scene.ts";
import type { Account } from "./scene.ts";

describe("foedus keys", function () {
  this.timeout(60_000);
  const scene = useScene();
  let home: string;
  let owner: Account;

  before(async () => {
    home = join(scene().folder, "new-keys");
    owner = { address: "", home, passwordFile: await scene().file("new-password", `${PASSWORD}\n`) };
  });

  it("makes an account and an encryption key under one password, readable by their owner only", async () => {
    const made = await scene().foedus(["keys", "new", "--name", "clinic", "--json"], owner);
    expect(made.code).to.equal(0);
    const { address, encryptionKey, files } = json<{
      address: string;
      encryptionKey: string;
      files: { account: string; encryption: string };
    }>(made);
    for (const file of Object.values(files)) expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect((await stat(join(home, "keys"))).mode & 0o777).to.equal(0o700);
    const wallet = await Wallet.fromEncryptedJson(await readFile(files.account, "utf8"), PASSWORD);
    expect(wallet.address).to.equal(address);
    const { publicKey, privateKey } = await openKeyFile(files.encryption, PASSWORD);
    expect(`0x${Buffer.from(publicKey).toString("hex")}`).to.equal(encryptionKey);
    expect(`0x${Buffer.from(privateKey).toString("hex")}`, "two keys, not one").not.to.equal(wallet.privateKey);
    for (const secret of [wallet.privateKey.slice(2), Buffer.from(privateKey).toString("hex")]) {
      expect(`${made.stdout}${made.stderr}`).not.to.include(secret);
    }

    const shown = await scene().foedus(["keys", "show", "--name", "clinic"], { ...owner, passwordFile: "/nowhere" });
    expect(shown.code, "showing needs no password").to.equal(0);
    expect(shown.stdout).to.include(address).and.include(encryptionKey);
  });

  it("never overwrites keys, nor leaves half a pair behind", async () => {
    const before = await readFile(join(home, "keys", "clinic.json"), "utf8");
    const again = await scene().foedus(["keys", "new", "--name", "clinic"], owner);
    expect(again.code).to.equal(1);
    expect(again.stderr).to.include("clinic.json exists already").and.include("Choose another --name");
    expect(await readFile(join(home, "keys", "clinic.json"), "utf8")).to.equal(before);

    await rm(join(home, "keys", "clinic.json"));
    const half = await scene().foedus(["keys", "new", "--name", "clinic"], owner);
    expect(half.code).to.equal(1);
    expect(half.stderr).to.include("clinic.encryption.json exists already");
    expect(await readdir(join(home, "keys"))).to.deep.equal(["clinic.encryption.json"]);
  });

  it("says how to make keys where there are none", async () => {
    const shown = await scene().foedus(["keys", "show", "--name", "nobody"], owner);
    expect(shown.code).to.equal(1);
    expect(shown.stderr).to.include("There is no wallet").and.include("foedus keys new");
  });

  it("takes no empty password", async () => {
    const passwordFile = await scene().file("empty-password", "\n");
    const made = await scene().foedus(["keys", "new", "--name", "open"], { ...owner, passwordFile });
    expect(made.code).to.equal(1);
    expect(made.stderr).to.include("is empty");
  });
});
