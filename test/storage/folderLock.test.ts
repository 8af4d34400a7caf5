import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { lockFolder } from "../../trainer/storage/folderLock.ts";
import { StoreInUse } from "../../trainer/storage/storageErrors.ts";
import { failure, Scene } from "./fixtures.ts";

describe("folder lock", () => {
  let scene: Scene;
  let folder: string;
  beforeEach(async () => {
    scene = new Scene();
    folder = await scene.folder();
  });
  afterEach(() => scene.end());

  it("names its holder and keeps others out until released", async () => {
    const release = await lockFolder(folder);
    expect(JSON.parse(await readFile(join(folder, "lock"), "utf8"))).to.include({ pid: process.pid });
    const error = await failure(lockFolder(folder));
    expect(error).to.be.instanceOf(StoreInUse);
    expect(error.message).to.include(String(process.pid)).and.to.include(join(folder, "lock"));
    await release();
    await release();
    expect(await readdir(folder)).to.deep.equal([]);
    await (
      await lockFolder(folder)
    )();
  });

  it("respects another living process", async () => {
    await writeFile(join(folder, "lock"), JSON.stringify({ pid: process.ppid }));
    expect(await failure(lockFolder(folder))).to.be.instanceOf(StoreInUse);
    expect(await readdir(folder)).to.deep.equal(["lock"]);
  });

  it("is taken over from a dead process", async () => {
    const child = fork("-e", ["0"], { execArgv: [], execPath: process.execPath, stdio: "ignore" });
    await once(child, "exit");
    await writeFile(join(folder, "lock"), JSON.stringify({ pid: child.pid }));
    await (
      await lockFolder(folder)
    )();
  });

  it("is taken over from a former process whose number another one has now", async () => {
    for (const pid of [process.pid, process.ppid]) {
      await writeFile(join(folder, "lock"), JSON.stringify({ pid, born: "another boot/1" }));
      if (process.platform === "linux" || pid === process.pid) await (await lockFolder(folder))();
    }
  });

  for (const rubbish of ["", "{", "null", '{"pid":-1}', '{"pid":"1"}']) {
    it(`is taken over when it says ${JSON.stringify(rubbish)}`, async () => {
      await writeFile(join(folder, "lock"), rubbish);
      await (
        await lockFolder(folder)
      )();
    });
  }

  it("is taken over even if somebody died while taking it over", async () => {
    await writeFile(join(folder, "lock"), "");
    await mkdir(join(folder, "lock.takeover"));
    await utimes(join(folder, "lock.takeover"), 0, 0);
    await (
      await lockFolder(folder)
    )();
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it("goes to one of many who find it stale at once", async () => {
    await writeFile(join(folder, "lock"), "");
    const script = `
      import { lockFolder } from ${JSON.stringify(join(import.meta.dirname, "../../trainer/storage/folderLock.ts"))};
      process.once("message", async () => {
        process.send(await lockFolder(${JSON.stringify(folder)}).then(() => "mine", (error) => error.name));
      });
      process.on("message", () => {}); // lives on: a lock whose holder ends is free again
      process.send("ready");
    `;
    const file = join(await scene.folder(), "contender.mjs");
    await writeFile(file, script);
    const contenders = Array.from({ length: 4 }, () => fork(file));
    scene.atEnd(async () => contenders.forEach((child) => child.kill()));
    await Promise.all(contenders.map((child) => once(child, "message")));
    const outcomes = contenders.map((child) => once(child, "message"));
    contenders.forEach((child) => child.send("go"));
    const said = (await Promise.all(outcomes)).map(([outcome]) => outcome as string);
    expect(said.toSorted()).to.deep.equal(["StoreInUse", "StoreInUse", "StoreInUse", "mine"]);
  });
});
