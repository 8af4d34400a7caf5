/**
 * One process at a time on a folder: a file `lock` names its holder. A lock whose holder has died is taken over.
 * A process is known by its id and, where the system tells (Linux), the moment it was born: ids are used again, and in
 * a container the next run often gets the same one.
 */
import { link, mkdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { StoreInUse } from "./storageErrors.ts";

interface Holder {
  pid: number;
  born: string | undefined;
}

// Taking over takes milliseconds; whoever has been at it for longer has died meanwhile.
const TAKEOVER_MS = 5_000;
const heldHere = new Set<string>();

/** Takes the lock and returns how to release it. Throws StoreInUse if a living process holds it. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, "lock");
  if (heldHere.has(file)) throw new StoreInUse(folder, process.pid, file);
  heldHere.add(file);
  const mine = `${file}.${process.pid}`;
  try {
    await writeFile(mine, JSON.stringify({ pid: process.pid, born: await bornAt(process.pid) } satisfies Holder));
    await claim(folder, file, mine);
  } catch (error) {
    heldHere.delete(file);
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
  return async () => {
    if (heldHere.delete(file)) await rm(file, { force: true });
  };
}

async function claim(folder: string, file: string, mine: string): Promise<void> {
  for (;;) {
    try {
      await link(mine, file); // fails if it exists, and never shows a half-written lock
      return;
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    }
    const holder = await readHolder(file);
    if (holder !== undefined && (await isAlive(holder))) throw new StoreInUse(folder, holder.pid, file);
    await takeOver(file, mine);
  }
}

/** Removes a dead holder's lock. Only one process at a time may judge a lock dead, else two could end up with it. */
async function takeOver(file: string, mine: string): Promise<void> {
  const turn = `${file}.takeover`;
  try {
    await mkdir(turn);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
    const since = await stat(turn).then(
      (entry) => entry.mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - since > TAKEOVER_MS) await rmdir(turn).catch(() => {});
    await wait(10);
    return;
  }
  try {
    const holder = await readHolder(file);
    if (holder !== undefined && (await isAlive(holder))) return; // somebody was faster
    const dead = `${mine}.dead`;
    await rename(file, dead).catch((error: unknown) => {
      if (!isCode(error, "ENOENT")) throw error;
    });
    await rm(dead, { force: true });
  } finally {
    await rmdir(turn).catch(() => {});
  }
}

// A lock that can't be read as one is nobody's.
async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(file, "utf8")) as Partial<Holder>;
    return Number.isSafeInteger(holder.pid) && holder.pid! > 0 ? { pid: holder.pid!, born: holder.born } : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (isCode(error, "ESRCH")) return false; // EPERM: it lives, as somebody else's
  }
  const born = await bornAt(holder.pid);
  if (born !== undefined && holder.born !== undefined) return born === holder.born;
  return holder.pid !== process.pid; // ours would be in heldHere
}

/** Boot and clock tick at which a process started, on Linux; undefined elsewhere. */
async function bornAt(pid: number): Promise<string | undefined> {
  try {
    const boot = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    const status = await readFile(`/proc/${pid}/stat`, "utf8");
    const afterName = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return `${boot}/${afterName[19]}`; // field 22 of the line, proc(5)
  } catch {
    return undefined;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
