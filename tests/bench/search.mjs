// `cargo xtask bench search`: our database in Chromium, what it fetches and how long a search takes, on
// the galleries of `index.mjs`. See docs/BENCHMARKS.md for what is measured and how.

import { readdirSync } from "node:fs";
import { measureBrowser, measureFirstName } from "./index/browser.mjs";
import { hard, packWith, words } from "./index/galleries.mjs";
import { openNative } from "./index/native.mjs";
import { readOptions } from "./lib/measure.mjs";

const options = readOptions();
const people = options.quick ? 2e3 : 1e5;
const queries = options.quick ? 25 : 300;
const scenes = options.quick ? 1000 : 20_000;
const where = `Chromium, 512-d, ${words(people)}`;

const native = openNative(options);
const single = { folder: hard(native, options, people), pack: packWith(options, 512) };
const pack = packWith(options);
const both = { folder: native.gallery(`hard-both-${words(people)}`, { pack, people, queries: queries + 1 }), pack };
const { single: one, both: two, again } = await measureBrowser(options, single, both, queries, scenes);
const photo = readdirSync(options.samples).find((file) => /obama2\./.test(file));
const first = await measureFirstName(options, single, photo);

console.log(JSON.stringify({
  rows: [
    row(`search p95 (${where})`, one.p95, "ms", 10, { n: one.n, spread: one.spread, median: one.median, cold_median: one.coldMilliseconds }),
    row(`index bytes to the provisional answer (${where})`, one.provisional.bytes / 1e6, "MB", 7.5, one.provisional),
    row(`index bytes to the full answer (${where})`, one.complete.bytes / 1e6, "MB", 14, one.complete),
    row(`requests of a cold query (${where})`, one.coldRequests, "requests", 10),
    row(`bytes of a cold query (${where})`, one.coldBytes / 1e6, "MB", 0.7),
    row(`requests of warm queries (${where})`, one.warmRequests, "requests", 0, { n: one.n }),
    {
      ...row(`ensemble query, 512-d + 128-d (${where})`, two.median, "ms", 2, { n: two.n, spread: two.spread, p95: two.p95, provisional: two.provisional, complete: two.complete }),
      peer: one.median, peer_name: "one model",
    },
    row(`two people in each of ${words(scenes)} kept scenes (${where})`, again, "s", scenes * 60 / 20_000),
    row(`all bytes from a cold click to the first answer (${where})`, first.all / 1e6, "MB", 30, { details: first }),
  ],
}));

function row(name, ours, unit, goal, extra = {}) {
  return { name, ours, peer: null, peer_name: null, unit, better: "lower", n: 1, spread: null, goal, ...extra };
}
