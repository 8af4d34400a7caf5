// Where a browser may be installed, and the one that is.
import { existsSync } from "node:fs";

export const BROWSERS = [
  ...(process.env["FOEDUS_CHROMIUM"] === undefined ? [] : [process.env["FOEDUS_CHROMIUM"]]),
  ...["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`),
];
export const BROWSER = BROWSERS.find((path) => existsSync(path));
