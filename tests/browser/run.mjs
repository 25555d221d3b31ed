// Runs the browser tests and ends with "N passed, N failed, N skipped". See README.md.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runFiles } from "../lib/run_files.mjs";
import { startStash } from "./lib/stash.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    server: { type: "string" }, web: { type: "string" }, models: { type: "string" },
    database: { type: "string" }, samples: { type: "string" }, published: { type: "string" },
    references: { type: "string" }, only: { type: "string" },
  },
});
for (const name of ["server", "web", "models", "database", "samples", "published"]) {
  if (!options[name]) throw new Error(`--${name} is missing; see tests/browser/README.md`);
}
const folder = (name) => options[name] && resolve(options[name]);

const server = spawn(resolve(options.server), [
  "--web", folder("web"), "--models", folder("models"), "--database", folder("database"),
  "--samples", folder("samples"), "--port", "0", "--log-level", "warn",
  // The name of an origin that is not secure; the proxy leads it here.
  "--name", "stash.test",
], { stdio: ["ignore", "pipe", "inherit"] });
const stash = await startStash({
  web: folder("web"), models: folder("models"), database: folder("database"), references: folder("references"),
  // The whole stand-alone page on a sub-path.
  "web/models": folder("models"), "web/database": folder("database"), "web/samples": folder("samples"),
});
let code = 1;
try {
  const site = await new Promise((resolve, reject) => {
    createInterface(server.stdout).once("line", (line) => resolve(Number(new URL(line).port)));
    server.once("exit", (status) => reject(new Error(`rollcall-server stopped (${status})`)));
    server.once("error", reject);
  });
  process.env.ROLLCALL_BROWSER_TESTS = JSON.stringify({
    site, stash: stash.port, web: folder("web"), models: folder("models"),
    database: folder("database"), samples: folder("samples"), references: folder("references") ?? null,
    server: folder("server"), published: folder("published"),
  });
  code = await runFiles(here, options.only);
} finally {
  server.kill();
  stash.close();
}
process.exit(code);
