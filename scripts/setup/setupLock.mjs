// One set-up at a time in a clone: a lock file with its holder's process id. A holder that died is noticed and robbed.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/**
 * Runs `work` while holding the clone's set-up lock; waits for whoever holds it.
 * @template T
 * @param {string} root
 * @param {() => Promise<T> | T} work
 * @param {(holder: number, file: string) => void} onWait called once, when there is somebody to wait for
 * @returns {Promise<T>}
 */
export async function withSetupLock(root, work, onWait = () => {}) {
  const file = join(root, "cache", "setup.lock");
  let waiting = false;
  while (!take(file)) {
    const holder = readHolder(file);
    if (holder === null) continue;
    if (!alive(holder)) {
      rob(file, holder);
      continue;
    }
    if (!waiting) onWait(holder, file);
    waiting = true;
    await delay(200);
  }
  const release = () => rmSync(file, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

/** @param {string} file */
function take(file) {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * @param {string} file
 * @returns {number | null} null when the lock is gone or not yet written
 */
function readHolder(file) {
  try {
    const holder = Number(readFileSync(file, "utf8"));
    return Number.isSafeInteger(holder) && holder > 0 ? holder : null;
  } catch {
    return null;
  }
}

/** @param {number} holder */
function alive(holder) {
  try {
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
  }
}

/**
 * Renaming first means that of several who saw the same dead holder one alone removes its lock; whoever finds that it
 * has taken a fresh lock instead puts it back.
 * @param {string} file
 * @param {number} dead
 */
function rob(file, dead) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (readHolder(aside) === dead) rmSync(aside, { force: true });
  else renameSync(aside, file);
}
