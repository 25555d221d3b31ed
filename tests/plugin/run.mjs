// Runs the plugin's tests and ends with "N passed, N failed, N skipped": see README.md.
//
//     node tests/plugin/run.mjs [--plugin DIR --library DIR --database DIR --models DIR --shots DIR --programs DIR] [--only WORD]

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runFiles } from "../lib/run_files.mjs";

const FOLDERS = ["plugin", "library", "database", "models", "shots", "programs"];
const text = { type: "string" };
const { values } = parseArgs({ options: { only: text, ...Object.fromEntries(FOLDERS.map((name) => [name, text])) } });
if (FOLDERS.every((name) => values[name])) {
  process.env.ROLLCALL_PLUGIN_TESTS = JSON.stringify(Object.fromEntries(FOLDERS.map((name) => [name, resolve(values[name])])));
}
// A page and its worker are busy in turns: two files at a time take little more than half of the time.
process.exit(await runFiles(import.meta.dirname, values.only, 2));
