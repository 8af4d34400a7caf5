/** A signed claim as a file: what `foedus rewards sign` prints and `foedus rewards relay` takes. */
import { signedClaimSchema } from "../../trainer/chain/claimSignature.ts";
import type { SignedClaim } from "../../trainer/chain/claimSignature.ts";

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

export function signedClaimFile(signed: SignedClaim): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(signed, undefined, 2)}\n`);
}
