// `cargo xtask bench web`: in one Chromium page, our CPU engine against onnxruntime-web (wasm, one
// thread), for every model and for `identify` as a whole.
//
// Both run in the same blob worker, in turns, so that a noisy machine disturbs them alike. The peer
// is given the float graph of each input shape (`rollcall models export`), all its optimisations and
// a warm start. For the whole, our session is opened with the peer in the place of its GPU engine:
// decoding, letterboxing, alignment and search are the same code.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launch } from "../browser/lib/browser.mjs";
import { startStash } from "../browser/lib/stash.mjs";
import { peerWorker } from "./lib/peer.mjs";

const PACK = "opencv-mbf";
/** Ours may take this much of the peer's time (issue A). */
const GOALS = { embedding: 1.2, detection: 1.5, whole: 1.3 };

const { values: options } = parseArgs({
  options: {
    server: { type: "string" }, web: { type: "string" }, models: { type: "string" },
    database: { type: "string" }, samples: { type: "string" }, quick: { type: "boolean", default: false },
  },
});
const runs = options.quick ? 3 : 30;
const modules = resolve(dirname(fileURLToPath(import.meta.url)), "../../node_modules");
const pack = JSON.parse(readFileSync(join(options.models, PACK, "pack.json"), "utf8"));
const networks = [
  ...pack.detector.sizes.map((side) => ({ name: pack.detector.model.name, side, kind: "detection" })),
  ...pack.embedders.map(({ model }) => ({ name: model.name, side: 112, kind: "embedding" })),
].map((network) => ({ ...network, shape: [1, 3, network.side, network.side] }));

const floats = mkdtempSync(join(tmpdir(), "rollcall-bench-"));
const host = await startStash({
  web: resolve(options.web), models: resolve(options.models), database: resolve(options.database),
  samples: resolve(options.samples), floats, peer: join(modules, "onnxruntime-web", "dist"),
});
const browser = await launch("chromium");
try {
  const rollcall = join(dirname(resolve(options.server)), "rollcall");
  for (const { name, shape } of networks) {
    const file = join(floats, `${name}-${shape.join("x")}.onnx`);
    execFileSync(rollcall, ["--quiet", "models", "export", name, "--pack", PACK, "--shape", shape.join(","), "--out", file]);
  }
  const { page } = await browser.open(`http://localhost:${host.port}/`);
  await page.evaluate((source, task) => new Promise((done, failed) => {
    task.base = new URL("/plugin/rollcall/assets/", location.href).href;
    const script = `(${source})(self, ${JSON.stringify(task)}).then(() => postMessage("ready"), (error) => postMessage({ error: error?.stack ?? JSON.stringify(error) }))`;
    window.bench = new Worker(URL.createObjectURL(new Blob([script])));
    window.bench.onmessage = ({ data }) => data === "ready" ? done() : failed(new Error(data.error));
    window.bench.onerror = ({ message }) => failed(new Error(message));
  }), peerWorker.toString(), { pack: PACK, embedders: pack.embedders.map(({ model }) => model.name) });
  const ask = (task) => page.evaluate((task) => new Promise((done, failed) => {
    window.bench.onmessage = ({ data }) => data.error ? failed(new Error(data.error)) : done(data);
    window.bench.postMessage(task);
  }), task);

  const rows = [];
  for (const { name, side, shape, kind } of networks) {
    rows.push(row(`${name} ${side}x${side}`, GOALS[kind], await ask({ model: name, shape, runs })));
  }
  const photos = readdirSync(options.samples).filter((file) => /(^|-)(obama2|t1)\./.test(file));
  if (photos.length !== 2) throw new Error(`the sample photos obama2 and t1 are missing in ${options.samples}`);
  for (const photo of photos) {
    rows.push(row(`identify_image ${photo}`, GOALS.whole, await ask({ photo, runs: Math.ceil(runs / 2) })));
  }
  console.log(JSON.stringify({ rows }));
} finally {
  await browser.close();
  host.close();
  rmSync(floats, { recursive: true, force: true });
}

function row(name, goal, { ours, peer }) {
  const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
  const quartiles = ours.toSorted((a, b) => a - b);
  const spread = (quartiles[Math.floor(ours.length * 0.75)] - quartiles[Math.floor(ours.length * 0.25)]) / median(ours);
  return {
    name, goal, ours: median(ours), peer: median(peer), peer_name: "onnxruntime-web", unit: "ms",
    better: "lower", n: ours.length, spread,
  };
}
