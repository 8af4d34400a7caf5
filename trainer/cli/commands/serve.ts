/** foedus serve: keeps the own content online, for a sponsor after opening and a trainer after the last round. */
import { Command } from "commander";
import { register } from "../../roles/directory.ts";
import { serveContent } from "../../roles/serveContent.ts";
import { withChain, withMetrics, withStore, withWallet } from "../options.ts";
import type { StoreOptions } from "../options.ts";
import { inSession } from "../session.ts";

export function serveCommand(): Command {
  return withMetrics(withStore(withWallet(withChain(new Command("serve")))))
    .description("serve the content in your store to others, until Ctrl-C; registers its addresses")
    .addHelpText("after", "\nExample:\n  $ foedus serve --listen /ip4/0.0.0.0/tcp/4101")
    .action(
      inSession("bot", async (session, _: StoreOptions) => {
        const deployment = await session.deployment();
        const sender = await session.sender();
        const store = await session.store();
        await register(deployment, sender, await session.encryptionKey(), store);
        const addresses = await store.addresses();
        session.show({ event: "serving", addresses }, [`Serving at ${addresses.join(", ")}. Stop with Ctrl-C.`]);
        await serveContent(await session.retention(), session.signal);
      }),
    );
}
