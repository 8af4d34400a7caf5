// postinstall: fetches what npm has just left out because it ran under an older Node (see nativeCore.mjs).
import { missingNativeCore, missingNode } from "./freshness.mjs";
import { SECOND_LOOK, installUnderBundledNode } from "./nativeCore.mjs";
import { ROOT } from "./paths.mjs";

if (process.env[SECOND_LOOK] === undefined && !missingNode(ROOT) && missingNativeCore(ROOT)) {
  process.exitCode = installUnderBundledNode(ROOT) ? 0 : 1;
}
