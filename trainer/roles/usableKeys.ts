/** Sealing to all whose registered key can be used: whether it can shows only when something is sealed to it. */
import { BadRecipientKeyError } from "../privacy/envelope.ts";

/**
 * What `seal` gives for all recipients but those whose key is unusable.
 * @param onLeftOut Told the account of each of those.
 */
export async function sealedToUsableKeys<Recipient extends { readonly account: string }, Sealed>(
  recipients: readonly Recipient[],
  seal: (usable: readonly Recipient[]) => Promise<Sealed>,
  onLeftOut: (account: string) => void,
): Promise<Sealed> {
  for (let usable = recipients; ;) {
    try {
      return await seal(usable);
    } catch (error) {
      if (!(error instanceof BadRecipientKeyError)) throw error;
      onLeftOut(error.account);
      usable = usable.filter(({ account }) => account !== error.account);
    }
  }
}
