/** A sender that says what its transactions cost. */
import type { TransactionReceipt } from "ethers";
import type { Sender } from "./sender.ts";

export interface SenderMeter {
  /** @param act The verb of what was done: "commit", "prove"; "other" for what a bot does not do. */
  mined(act: string, receipt: TransactionReceipt): void;
  failed(error: unknown): void;
}

/** A bot's actions begin with one of these, so that what is counted by them stays few. */
const VERBS = new Set([
  ...["register", "deposit", "allow", "enter", "draw", "share", "commit", "agree", "reveal", "give", "rebuild"],
  ...["attest", "propose", "end", "announce", "prove", "accuse", "ask", "show", "say", "take", "collect", "claim"],
]);

export function meteredSender(sender: Sender, { mined, failed }: SenderMeter): Sender {
  return {
    ...sender,
    async send(action, request) {
      try {
        const receipt = await sender.send(action, request);
        const verb = action.split(" ", 1)[0] ?? "";
        mined(VERBS.has(verb) ? verb : "other", receipt);
        return receipt;
      } catch (error) {
        failed(error);
        throw error;
      }
    },
  };
}
