// Bundles the page and the client: `node web/build.mjs --out DIR`.
//
// DIR also receives the wasm-bindgen output (by `cargo xtask`); together they are all a host serves:
// index.html, page.js, page.css, icon.svg, client.js, rollcall_{cpu,gpu}.js and their .wasm, and what
// `web/compress.mjs` makes of them afterwards.

import { copyFile, mkdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const web = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({ options: { out: { type: "string", default: join(web, "dist") } } });
const out = resolve(values.out);

await mkdir(out, { recursive: true });
// First: a host must not send an old page in place of the new one.
const compressed = ["page.js", "page.css", "client.js", "index.html", "icon.svg"]
  .flatMap((file) => [`${file}.br`, `${file}.gz`]);
await Promise.all(compressed.map((file) => rm(join(out, file), { force: true })));
const shared = {
  absWorkingDir: web,
  bundle: true,
  minify: true,
  target: "es2022",
  logLevel: "warning",
};
await Promise.all([
  build({ ...shared, entryPoints: ["page/main.ts"], outfile: join(out, "page.js"), format: "iife" }),
  build({ ...shared, entryPoints: ["page/page.css"], outfile: join(out, "page.css") }),
  build({ ...shared, entryPoints: ["client/index.ts"], outfile: join(out, "client.js"), format: "esm" }),
  ...["index.html", "icon.svg"].map((file) => copyFile(join(web, "page", file), join(out, file))),
]);
console.log(`The page is in ${out}.`);
