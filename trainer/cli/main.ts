/** Where a process begins: `foedus` with the arguments it was given. */
import { foedusCommand } from "./program.ts";

await foedusCommand().parseAsync();
