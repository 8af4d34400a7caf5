/** A signed claim as a file: what `foedus rewards sign` prints and `foedus rewards relay` takes. */
import { config } from "zod";
import { signedClaimSchema } from "../../trainer/chain/claimSignature.ts";
import type { SignedClaim } from "../../trainer/chain/claimSignature.ts";

// The page's policy lets no text become code, which is how schemas would be made faster.
config({ jitless: true });

const MOST_BYTES = 16_000;

/** @returns undefined if it is none. */
export async function readSignedClaim(file: Blob): Promise<SignedClaim | undefined> {
  if (file.size > MOST_BYTES) return undefined;
  try {
    return signedClaimSchema.safeParse(JSON.parse(await file.text())).data;
  } catch {
    return undefined;
  }
}

export function signedClaimFile(signed: SignedClaim): Blob {
  return new Blob([`${JSON.stringify(signed, undefined, 2)}\n`], { type: "application/json" });
}
