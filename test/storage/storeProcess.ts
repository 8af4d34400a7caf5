/** A node in a process of its own: storeProcess.ts FOLDER NAME BYTES. Says id and addresses, then serves until killed. */
import { createHash } from "node:crypto";
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";

const [folder, name, bytes] = process.argv.slice(2);
const store = await openHeliaStore({ folder: folder! });
const blocks = Array.from({ length: Math.ceil(Number(bytes) / 64) }, (_, block) =>
  createHash("sha512").update(`${name}/${block}`).digest(),
);
const id = await store.put(Buffer.concat(blocks).subarray(0, Number(bytes)));
console.log(JSON.stringify({ id, addresses: await store.addresses() }));
