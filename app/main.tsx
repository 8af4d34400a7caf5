/** The page: reads its settings from the link or from the last visit, and shows the view that the address names. */
import "./noEval.ts";
import { effect } from "@preact/signals";
import { render } from "preact";
import { discoverWallets, wallets } from "./chain/discovery.ts";
import { readBy, startClock } from "./chain/node.ts";
import { useWalletAgain } from "./chain/wallet.ts";
import { followAddress, place } from "./router.ts";
import { applyLink, settings } from "./settingsInUse.ts";
import { VIEWS } from "./views.ts";
import { Framed } from "./views/parts/Framed.tsx";
import { Page } from "./views/parts/Page.tsx";
import { applyTheme } from "./theme.ts";
import { applyLanguage } from "./words/words.ts";

applyTheme();
applyLanguage();
// A meta tag cannot forbid frames, and not every host sends the header that can.
if (window.top === window.self) start();
else render(<Framed />, document.getElementById("page")!);

function start(): void {
  followAddress();
  applyLink();
  // Fetched while the node is asked; what fails is said when it is shown.
  if (Object.hasOwn(VIEWS, place.value.view)) VIEWS[place.value.view]?.load().catch(() => undefined);
  startClock();
  discoverWallets();
  effect(() => {
    if (settings.value !== undefined) readBy(settings.value);
  });
  effect(() => {
    // A wallet that has gone since the last visit is no fault: one can choose another.
    if (wallets.value.length > 0) useWalletAgain().catch(() => undefined);
  });
  render(<Page />, document.getElementById("page")!);
}
