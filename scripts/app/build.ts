// npm run app:build: the page into app/dist, as files that any static host can serve.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { PAGE_FOLDER, buildPage } from "./pageBuild.ts";

await buildPage();
const files = globSync("**/*.*", { cwd: PAGE_FOLDER }).sort();
for (const file of files) {
  const bytes = readFileSync(join(PAGE_FOLDER, file));
  const compressed = gzipSync(bytes).length;
  console.log(
    `${(bytes.length / 1000).toFixed(1).padStart(8)} kB ${(compressed / 1000).toFixed(1).padStart(7)} kB gz  ${file}`,
  );
}
