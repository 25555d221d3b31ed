// Builds the plugin's folder: `node plugin/build.mjs --out DIR --web DIR --models DIR
// [--database-url URL]`.
//
// DIR is what Stash unpacks: rollcall.yml, rollcall.js, rollcall.css and assets/<version>/ with what is loaded
// when it is first needed: the client, the plugin's own page and other rarely used parts (later.js), the worker's
// WebAssembly, the default model pack, translations.
// `--web` is what `cargo xtask web` made; `--models` holds prepared packs. Without them (unit tests) the
// assets stay empty.

import { cp, mkdir, readFile, rename, rm, utimes, readdir } from "node:fs/promises";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** All of Stash waits for the script: bytes, gzipped. */
const SCRIPT_BUDGET = 40_000;
const PACK = "opencv";

const plugin = dirname(fileURLToPath(import.meta.url));
const root = dirname(plugin);

export async function buildPlugin({ out, web, models, databaseUrl = "" }) {
  await rm(out, { recursive: true, force: true });
  await mkdir(join(out, "assets", "locales"), { recursive: true });
  const shared = { absWorkingDir: root, bundle: true, minify: true, target: "es2022", logLevel: "warning", charset: "utf8" };
  await Promise.all([
    build({ ...shared, entryPoints: ["plugin/src/rollcall.css"], outfile: join(out, "rollcall.css") }),
    cp(join(plugin, "rollcall.yml"), join(out, "rollcall.yml")),
    build({ ...shared, entryPoints: ["web/client/index.ts"], outfile: join(out, "assets", "client.js"), format: "esm" }),
    cp(join(plugin, "locales"), join(out, "assets", "locales"), { recursive: true, filter: (file) => !file.endsWith("en.json") }),
  ]);
  if (web) {
    const files = ["cpu", "gpu"].flatMap((engine) => [`rollcall_${engine}.js`, `rollcall_${engine}_bg.wasm`]);
    await Promise.all(files.map((file) => cp(join(web, file), join(out, "assets", file))));
  }
  if (models) {
    const files = (await readdir(join(models, PACK))).filter((file) => file === "pack.json" || file.endsWith(".onnx"));
    await Promise.all(files.map((file) => cp(join(models, PACK, file), join(out, "assets", "models", PACK, file), { recursive: true })));
  }
  await buildScripts(out, { ...shared, jsxFactory: "React.createElement", jsxFragment: "React.Fragment", loader: { ".graphql": "text" } }, databaseUrl);
  await settle(out, changed());
  const size = gzipSync(await readFile(join(out, "rollcall.js")), { level: 9 }).length;
  if (size > SCRIPT_BUDGET) throw new Error(`rollcall.js has ${size} bytes gzipped; at most ${SCRIPT_BUDGET} may be, since all of Stash waits for it`);
  return { size };
}

/** What Stash waits for, what comes later, and where: in a folder of its own for each version. Modules that both
 *  use are in the first alone, which gives them to the second: a session, or a language, is one for both. */
async function buildScripts(out, shared, databaseUrl) {
  const main = (version, more) => build({ ...shared, outfile: join(out, "rollcall.js"), format: "iife", define: { DATABASE_URL: JSON.stringify(databaseUrl), VERSION: JSON.stringify(version) }, ...more });
  const { metafile } = await main("", { entryPoints: ["plugin/src/main.tsx"], metafile: true, write: false });
  const modules = Object.keys(metafile.inputs).filter((path) => /\.tsx?$/.test(path) && !path.endsWith("/main.tsx"));
  const given = {
    name: "given",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\.tsx?$/ }, ({ path, resolveDir }) => {
        const place = modules.indexOf(relative(root, resolve(resolveDir, path)).replaceAll("\\", "/"));
        return place < 0 ? undefined : { path: String(place), namespace: "given" };
      });
      onLoad({ filter: /./, namespace: "given" }, ({ path }) => ({ contents: `module.exports = window.rollcallModules[${path}]` }));
    },
  };
  await build({ ...shared, entryPoints: ["plugin/src/later.ts"], outfile: join(out, "assets", "later.js"), format: "esm", plugins: [given] });
  // Stash says nothing of how long its files may be kept, so browsers keep them for a tenth of their age: an
  // update must not meet half of the version before.
  const version = await versionOf(join(out, "assets"));
  await rename(join(out, "assets"), join(out, version));
  await mkdir(join(out, "assets"));
  await rename(join(out, version), join(out, "assets", version));
  const imports = modules.map((path, place) => `import * as m${place} from "./${path}";`).join("\n");
  const contents = `${imports}\nwindow.rollcallModules = [${modules.map((_, place) => `m${place}`)}];\nimport "./plugin/src/main.tsx";`;
  await main(version, { stdin: { contents, resolveDir: root } });
}

/** What a folder's files are called while nothing in them changes: 16 hex digits. */
async function versionOf(folder) {
  const hash = createHash("sha256");
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).replaceAll("\\", "/"));
  for (const path of paths.sort()) hash.update(`${path}\n`).update(createHash("sha256").update(await readFile(join(folder, path))).digest());
  return hash.digest("hex").slice(0, 16);
}

/** When the plugin last changed: the same checkout gives the same date, by which Stash tells updates. */
function changed() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given) return new Date(Number(given) * 1000);
  try {
    const folders = ["plugin", "web", "crates/core", "crates/engine", "crates/index", "models"];
    return new Date(Number(execFileSync("git", ["log", "-1", "--format=%ct", "--", ...folders], { cwd: root, encoding: "utf8" })) * 1000);
  } catch {
    return new Date();
  }
}

async function settle(folder, date) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await settle(path, date);
    await utimes(path, date, date);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { out: { type: "string" }, web: { type: "string" }, models: { type: "string" }, "database-url": { type: "string" } } });
  const out = resolve(values.out ?? join(plugin, "dist"));
  const { size } = await buildPlugin({ out, databaseUrl: values["database-url"], web: values.web && resolve(values.web), models: values.models && resolve(values.models) });
  console.log(`The plugin is in ${out}; its script has ${Math.round(size / 1000)} kB gzipped, budget ${SCRIPT_BUDGET / 1000} kB.`);
}
