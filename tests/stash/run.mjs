// Runs the double's own tests and ends with "N passed, N failed, N skipped".
//
//     node tests/stash/run.mjs [--library DIR] [--only WORD]

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runFiles } from "../lib/run_files.mjs";

const { values } = parseArgs({ options: { only: { type: "string" }, library: { type: "string" } } });
if (values.library) process.env.ROLLCALL_STASH_LIBRARY = resolve(values.library);
process.exit(await runFiles(import.meta.dirname, values.only));
