/** What an error says, as it may be shown: nodes, wallets, gateways and files have their say in it. */
import { printable } from "../../trainer/observe/printable.ts";
import { asError } from "../../trainer/protocol/asError.ts";

const MOST = 500;

/** On one line and bounded. */
export function errorText(error: unknown, most = MOST): string {
  return printable(asError(error).message, most);
}
