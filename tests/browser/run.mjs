// Runs the browser tests and ends with "N passed, N failed, N skipped". See README.md.

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { dirname, join, resolve } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
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
  code = await runFiles();
} finally {
  server.kill();
  stash.close();
}
process.exit(code);

async function runFiles() {
  const files = readdirSync(here).filter((file) => file.endsWith(".test.mjs") && (!options.only || file.includes(options.only)));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const tests = run({ files: files.sort().map((file) => join(here, file)), concurrency: 1 });
  const names = [];
  tests.on("test:start", ({ name, nesting }) => { names[nesting] = name; });
  // A suite's own result only repeats those of its tests, except when its set-up fails.
  const report = (word, { name, details, nesting, skip, todo, file }) => {
    const wrapper = name === file;
    if (details.type === "suite" || wrapper) {
      const own = word === "failed" && details.error?.failureType !== "subtestsFailed";
      if (!own && skip === undefined) return;
    }
    const kind = skip !== undefined || todo !== undefined ? "skipped" : word;
    counts[kind] += 1;
    const seconds = (details.duration_ms / 1000).toFixed(1);
    console.log(`${kind === "passed" ? "  ok" : kind.toUpperCase()}  ${[...names.slice(0, nesting), name].join(": ")} (${seconds} s)${typeof skip === "string" ? `: ${skip}` : ""}`);
    if (kind === "failed") console.log(indent(details.error?.cause?.stack ?? details.error?.stack ?? String(details.error)));
  };
  tests.on("test:pass", (test) => report("passed", test));
  tests.on("test:fail", (test) => report("failed", test));
  tests.on("test:stderr", ({ message }) => process.stderr.write(message));
  tests.on("test:stdout", ({ message }) => process.stdout.write(message));
  tests.resume();
  await new Promise((resolve) => tests.once("end", resolve));
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed > 0 || counts.passed === 0 ? 1 : 0;
}

function indent(text) {
  return text.split("\n").map((line) => `        ${line}`).join("\n");
}
