// `cargo xtask bench index`: our database against other people's indexes, natively, on galleries made
// from a seed; `search.mjs` asks it in Chromium. See docs/BENCHMARKS.md for what is measured and how.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { hard, packWith, words } from "./index/galleries.mjs";
import { openNative } from "./index/native.mjs";
import { plots } from "./index/plots.mjs";
import { readOptions } from "./lib/measure.mjs";

const options = readOptions();
const { quick } = options;
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const sizes = quick ? [2e3] : [1e4, 1e5];
const [only512, only128] = [512, 128].map((dimension) => packWith(options, dimension));

const native = openNative(options);
const rows = [];
const results = { peers: {}, ours: {}, others: {} };
compareWithPeers();
if (!quick) {
  oursAlone();
  results.crossover = native.crossover(hard(native, options, 1e5), [1e3, 3e3, 1e4, 2e4, 5e4, 1e5], 200);
  const folder = join(root, "docs", "bench");
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of Object.entries(plots(results))) writeFileSync(join(folder, name), svg);
}
writeFileSync(join(native.work, quick ? "quick.json" : "results.json"), JSON.stringify(results, null, 1));
console.log(JSON.stringify({ rows }));

function compareWithPeers() {
  for (const size of sizes) {
    const folder = hard(native, options, size);
    const ours = native.ours(folder);
    const peers = [...native.peers(folder), native.graph(folder, ours.queries)];
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

function oursAlone() {
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

function top1(what, ours, peer, lost, extra = {}) {
  const { name, top1 } = peer;
  rows.push({
    name: `top-1 (${what})`, ours: ours.top1, peer: top1, peer_name: name, unit: "share", better: "higher",
    n: ours.queries, spread: null, goal: Number(((top1 - lost) / top1).toFixed(6)), ...extra,
  });
}

function bytes(name, ours, peer, goal) {
  rows.push({ name, ours: ours / 1e6, peer: peer.disk_bytes / 1e6, peer_name: peer.name, unit: "MB", better: "lower", n: 1, spread: null, goal });
}
