/** A node in a process of its own: storeProcess.ts FOLDER NAME BYTES. Says id and addresses, then serves until killed. */
import { openHeliaStore } from "../../trainer/storage/heliaStore.ts";
import { bytesNamed } from "./fixtures.ts";

const [folder, name, bytes] = process.argv.slice(2);
const store = await openHeliaStore({ folder: folder! });
const id = await store.put(bytesNamed(name!, Number(bytes)));
console.log(JSON.stringify({ id, addresses: await store.addresses() }));
