// `cargo xtask bench index`: our database against other people's indexes, natively and in Chromium,
// on galleries made from a seed. See docs/BENCHMARKS.md for what is measured and how.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { measureBrowser, measureFirstName } from "./index/browser.mjs";
import { openNative } from "./index/native.mjs";
import { plots } from "./index/plots.mjs";
import { readOptions } from "./lib/measure.mjs";

const options = readOptions();
/** The pack with both embedders, the models of which our galleries pretend to come from. */
options.pack = "opencv-mbf";
const { quick } = options;
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const sizes = quick ? [1e4] : [1e4, 1e5];
const queries = quick ? 100 : 1000;
/** The largest gallery that is asked in the browser. */
const most = sizes.at(-1);
const words = (count) => (count >= 1e6 ? `${count / 1e6}M` : `${count / 1e3}k`);

const pack = JSON.parse(readFileSync(join(options.models, options.pack, "pack.json"), "utf8"));
const withModels = (dimension) => ({ ...pack, name: `only-${dimension}`, embedders: pack.embedders.filter((model) => model.dimension === dimension) });
const [only512, only128] = [512, 128].map(withModels);

const native = openNative(options);
const rows = [];
const results = { peers: {}, ours: {}, others: {} };
await compareWithPeers();
if (!quick) await oursAlone();
await inChromium();
if (!quick) {
  results.crossover = native.crossover(gallery(1e5), [1e3, 3e3, 1e4, 2e4, 5e4, 1e5], 200);
  const folder = join(root, "docs", "bench");
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of Object.entries(plots(results))) writeFileSync(join(folder, name), svg);
}
writeFileSync(join(native.work, quick ? "quick.json" : "results.json"), JSON.stringify(results, null, 1));
console.log(JSON.stringify({ rows }));

function gallery(people) {
  return native.gallery(`hard-512-${words(people)}`, { pack: only512, people, queries, matrices: true });
}

async function compareWithPeers() {
  for (const size of sizes) {
    const folder = gallery(size);
    const ours = native.ours(folder);
    const peers = [...native.peers(folder), native.graph(folder, queries)];
    results.ours[size] = ours;
    results.peers[size] = peers;
    const named = (name) => peers.find((peer) => peer.name === name);
    const what = `hard 512-d, ${words(size)}`;
    agree(named("faiss-flat").top1, ours.exact_top1);
    top1(what, ours, { name: "faiss-flat", top1: named("faiss-flat").top1 }, 0.005, { details: { ours, peers } });
    top1(what, ours, named("voyager E4M3"), 0);
    bytes(`bytes to the first answer (${what})`, ours.provisional.bytes, named("voyager E4M3"), 1 / 20);
    bytes(`bytes on disk (${what})`, ours.disk_bytes, named("voyager float32"), 1);
  }
}

/** faiss and the generator's own exact search may differ by a tie. */
function agree(a, b) {
  if (Math.abs(a - b) > 0.002) throw new Error(`two exact searches find ${a} and ${b}`);
}

async function oursAlone() {
  const alone = (name, wanted, keep = false) => {
    const folder = native.gallery(name, wanted);
    const ours = native.ours(folder);
    results.others[name] = ours;
    top1(name.replaceAll("-", " "), ours, { name: "exact search", top1: ours.exact_top1 }, 0.005, { details: { ours } });
    if (!keep) native.drop(folder);
    return ours;
  };
  alone("easy-512-100k", { pack: only512, people: 1e5, queries: 500, kind: "easy" });
  alone("hard-128-100k", { pack: only128, people: 1e5, queries: 500 });
  for (const people of [4e5, 1e6]) {
    results.ours[people] = alone(`hard-512-${words(people)}`, { pack: only512, people, queries: 200 });
  }
  const photos = join(process.env.ROLLCALL_SHARED || join(root, "..", "shared"), "data", "faces-dev", "people");
  if (existsSync(photos)) {
    const real = native.realFaces(photos, "opencv");
    alone("real-faces-among-10k", { pack: only128, people: 1e4, queries: 0, real });
  }
}

async function inChromium() {
  const asked = quick ? 25 : 300;
  const single = { folder: gallery(most), pack: only512 };
  const both = { folder: native.gallery(`hard-both-${words(most)}`, { pack, people: most, queries: asked + 1 }), pack };
  const measured = await measureBrowser(options, single, both, asked);
  results.browser = measured;
  const { single: one, both: two } = measured;
  const where = `Chromium, 512-d, ${words(most)}`;
  row(`search p95 (${where})`, one.p95, "ms", 10, { n: one.n, spread: one.spread, median: one.median, cold_median: one.coldMilliseconds });
  row(`index bytes to the provisional answer (${where})`, one.provisional.bytes / 1e6, "MB", 7.5, one.provisional);
  row(`index bytes to the full answer (${where})`, one.complete.bytes / 1e6, "MB", 14, one.complete);
  row(`requests of a cold query (${where})`, one.coldRequests, "requests", 10);
  row(`bytes of a cold query (${where})`, one.coldBytes / 1e6, "MB", 0.7);
  row(`requests of warm queries (${where})`, one.warmRequests, "requests", 0, { n: one.n });
  compared(`ensemble query, 512-d + 128-d (${where})`, two.median, one.median, "one model", "ms", 2, { n: two.n, spread: two.spread, p95: two.p95, provisional: two.provisional, complete: two.complete });
  const photo = readdirSync(options.samples).find((file) => /obama2\./.test(file));
  const first = await measureFirstName(options, single, photo);
  results.first = first;
  row(`all bytes from a cold click to the first answer (${where})`, first.all / 1e6, "MB", 30, { details: first });
}

function top1(what, ours, peer, lost, extra = {}) {
  const { name, top1 } = peer;
  rows.push({
    name: `top-1 (${what})`, ours: ours.top1, peer: top1, peer_name: name, unit: "share", better: "higher",
    n: ours.queries, spread: null, goal: Number(((top1 - lost) / top1).toFixed(6)), ...extra,
  });
}

function bytes(name, ours, peer, goal) {
  compared(name, ours / 1e6, peer.disk_bytes / 1e6, peer.name, "MB", goal, { n: 1 });
}

function compared(name, ours, peer, peerName, unit, goal, extra) {
  rows.push({ name, ours, peer, peer_name: peerName, unit, better: "lower", spread: null, goal, ...extra });
}

function row(name, ours, unit, goal, extra = {}) {
  rows.push({ name, ours, peer: null, peer_name: null, unit, better: "lower", n: 1, spread: null, goal, ...extra });
}
