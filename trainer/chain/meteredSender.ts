/** A sender that says what its transactions cost. */
import type { TransactionReceipt } from "ethers";
import type { Sender } from "./sender.ts";

export interface SenderMeter {
  /** @param act The verb of what was done: "commit", "prove". */
  mined(act: string, receipt: TransactionReceipt): void;
  failed(error: unknown): void;
}

export function meteredSender(sender: Sender, { mined, failed }: SenderMeter): Sender {
  return {
    ...sender,
    async send(action, request) {
      try {
        const receipt = await sender.send(action, request);
        mined(action.split(" ", 1)[0] ?? "", receipt);
        return receipt;
      } catch (error) {
        failed(error);
        throw error;
      }
    },
  };
}
