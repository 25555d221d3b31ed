// Runs test files and counts, for people and for `cargo xtask test`.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";

/** Runs the test files of a folder (`only` those with this in their name) one after the other, prints
 *  a line for each test and "N passed, N failed, N skipped" at last. Gives the code to exit with. */
export async function runFiles(here, only) {
  const files = readdirSync(here).filter((file) => file.endsWith(".test.mjs") && (!only || file.includes(only)));
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
