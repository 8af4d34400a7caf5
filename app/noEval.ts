/** The page's policy forbids code made of text; the library that checks data is told, so that it does not try. */

declare global {
  var __zod_globalConfig: { jitless?: boolean } | undefined;
}

globalThis.__zod_globalConfig = { jitless: true };

export {};
