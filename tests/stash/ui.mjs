// Bundles the page of the double, once a process.

import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

let files;

/** The page's scripts and styles by their path, as `assets/index.js`. */
export function uiFiles() {
  files ??= bundle();
  return files;
}

async function bundle() {
  const folder = join(dirname(fileURLToPath(import.meta.url)), "ui");
  const { outputFiles } = await build({
    jsx: "automatic",
    entryPoints: { index: join(folder, "main.jsx") },
    // Pages come in pieces, as Stash's do: what they register is not there before they are shown.
    bundle: true, splitting: true, format: "esm", write: false, minify: true, target: "es2022",
    outdir: join(folder, "assets"), loader: { ".graphql": "text" }, logLevel: "warning",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return new Map(outputFiles.map(({ path, contents }) => [relative(folder, path), Buffer.from(contents)]));
}
