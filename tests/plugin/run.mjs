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
process.exit(await runFiles(import.meta.dirname, values.only));
