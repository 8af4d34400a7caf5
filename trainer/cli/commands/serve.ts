/** foedus serve: keeps the own content online, for a sponsor after opening and a trainer after the last round. */
import { Command } from "commander";
import type { Endpoint } from "../../observe/metricsServer.ts";
import { printable } from "../../observe/printable.ts";
import { register } from "../../roles/directory.ts";
import { rulesHere } from "../../roles/escrow.ts";
import { serveContent } from "../../roles/serveContent.ts";
import { storeGenesis } from "../../roles/sponsor.ts";
import { parseTaskFile } from "../../roles/taskFile.ts";
import { contentIdToString } from "../../storage/contentId.ts";
import { serveGateway } from "../../storage/gateway.ts";
import { readJson } from "../inputFile.ts";
import { endpoint, withChain, withMetrics, withStore, withWallet } from "../options.ts";
import type { StoreOptions } from "../options.ts";
import { inSession } from "../session.ts";

interface ServeOptions extends StoreOptions {
  readonly gateway?: Endpoint;
}

export function serveCommand(): Command {
  return withMetrics(withStore(withWallet(withChain(new Command("serve")))))
    .description("serve the content in your store to others, until Ctrl-C; registers its addresses")
    .argument(
      "[files...]",
      "task files, to hold the model and manifest of tasks that are opened elsewhere, from the page",
    )
    .option("--gateway <port>", "let browsers read it over HTTP at this port of loopback, or at host:port", endpoint)
    .addHelpText("after", "\nExample:\n  $ foedus serve --listen /ip4/0.0.0.0/tcp/4101 --gateway 8480")
    .action(
      inSession("bot", async (session, options: ServeOptions, paths: string[] = []) => {
        const files = await Promise.all(paths.map(async (path) => parseTaskFile(await readJson(path))));
        const deployment = await session.deployment();
        const sender = await session.sender();
        const store = await session.store();
        await register(deployment, sender, await session.encryptionKey(), store);
        for (const file of files) {
          const rules = await rulesHere(deployment, sender.address, file);
          const { modelId, manifestId } = await storeGenesis(store, file, rules);
          const held = { model: contentIdToString(modelId), manifest: contentIdToString(manifestId) };
          session.show({ event: "held", title: file.title, ...held }, [
            `Holds ${printable(file.title)}: model ${held.model}, manifest ${held.manifest}.`,
          ]);
        }
        const addresses = await store.addresses();
        const gateway = options.gateway === undefined ? undefined : await serveGateway(store, options.gateway);
        session.show({ event: "serving", addresses, ...(gateway === undefined ? {} : { gateway: gateway.url }) }, [
          `Serving at ${addresses.join(", ")}. Stop with Ctrl-C.`,
          ...(gateway === undefined ? [] : [`Browsers read it at ${gateway.url}.`]),
        ]);
        try {
          await serveContent(await session.retention(), session.signal);
        } finally {
          await gateway?.close();
        }
      }),
    );
}
