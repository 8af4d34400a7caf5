/** foedus model fetch: the current model with its manifest, checked against the chain, into a folder. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { currentModel } from "../../roles/publishedModel.ts";
import { encodeManifest } from "../../roles/manifest.ts";
import { withChain, withKeys, withStore } from "../options.ts";
import type { StoreOptions } from "../options.ts";
import { inSession } from "../session.ts";

export function modelFetch(): Command {
  return withStore(withKeys(withChain(new Command("fetch"))))
    .description("fetch a task's current model, check it against its root on chain, and write it as float32 weights")
    .argument("<task>", "number or address")
    .option("--out <folder>", "where to write weights.f32 and manifest.json", "model")
    .addHelpText("after", "\nExample:\n  $ foedus model fetch 1 --out model")
    .action(
      inSession("command", async (session, { out }: StoreOptions & { out: string }, name: string) => {
        const { manifest, weights, root, round } = await currentModel(session, await session.task(name));
        await mkdir(out, { recursive: true });
        const bytes = Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength);
        await writeFile(join(out, "weights.f32"), bytes);
        await writeFile(join(out, "manifest.json"), encodeManifest(manifest));
        session.show({ round, root, parameters: weights.length, folder: out }, [
          `The model of round ${round} (${weights.length} parameters, root ${root}) is in ${out}:`,
          "weights.f32 (little-endian float32, layer after layer) and manifest.json (the architecture).",
        ]);
      }),
    );
}
