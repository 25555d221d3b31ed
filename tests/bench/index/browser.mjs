// The browser's side: our own server, one Chromium page and worker per database, asked in turns.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../../browser/lib/browser.mjs";
import { startHost } from "../lib/host.mjs";
import { PACK } from "./galleries.mjs";
import { searchWorker } from "./worker.mjs";

/** So many queries, at five shards each, fit into the shards a database keeps in memory. */
const COLD = 15;
const CHUNK = 25;
/** So many people are looked up at once when kept scenes are named again: two in each of two thousand scenes. */
const TOGETHER = 4000;

/**
 * Asks a database of one 512-d model and one of two models. Each is `{ folder, pack }` as
 * `openNative().gallery` leaves it. The first is also asked for two people in each of so many scenes, many
 * scenes at once.
 */
export async function measureBrowser(options, single, both, queries, scenes) {
  const browser = await launch("chromium");
  const open = [];
  try {
    // One more query, for the first answer.
    const asked = [single, both].map(({ folder, pack }) => readQueries(folder, pack, queries + 1));
    for (const [i, { folder, pack }] of [single, both].entries()) {
      open.push(await openDatabase(options, browser, folder, pack, asked[i].pop()));
    }
    const results = [[], []];
    for (let at = 0; at < queries; at += CHUNK) {
      for (const i of [0, 1]) {
        results[i].push(...await open[i].ask({ task: "search", queries: asked[i].slice(at, at + CHUNK) }));
      }
    }
    const again = await open[0].ask({ task: "rename", queries: asked[0], together: TOGETHER, times: Math.ceil((2 * scenes) / TOGETHER) });
    for (const [i, { name }] of results[0].entries()) {
      if (again.names[i] !== name) throw new Error(`query ${i} is answered in two ways`);
    }
    const [ours, ensemble] = results.map((spans, i) => ({ ...summary(spans), ...open[i].opened }));
    return { browser: browser.version, single: ours, both: ensemble, again: again.seconds };
  } finally {
    open.forEach(({ close }) => close());
    await browser.close();
  }
}

/** From nothing to the first answer about a photo, in a browser that was never here before. */
export async function measureFirstName(options, { folder, pack }, photo) {
  const models = mkdtempSync(join(tmpdir(), "rollcall-bench-"));
  const browser = await launch("chromium");
  let host;
  try {
    // A pack of just the models that the database has.
    const home = join(models, pack.name);
    mkdirSync(home);
    writeFileSync(join(home, "pack.json"), JSON.stringify(pack));
    for (const { sha256 } of [pack.detector.model, ...pack.embedders.map(({ model }) => model)]) {
      cpSync(join(options.models, PACK, `${sha256}.onnx`), join(home, `${sha256}.onnx`));
    }
    host = await startHost({ ...options, models, database: join(folder, "database") });
    const ask = await startWorker(browser, host.port);
    const { people, requests } = await ask({ task: "identify", pack: pack.name, photo: `http://localhost:${host.port}/samples/${photo}` });
    if (people === 0) throw new Error(`nobody was seen in ${photo}`);
    const sum = (...starts) => requests.filter(({ path }) => starts.some((start) => path.startsWith(start))).reduce((sum, { bytes }) => sum + bytes, 0);
    return { all: sum("/"), wasm: sum("/rollcall"), models: sum("/models/"), index: sum("/database/"), requests: requests.length };
  } finally {
    host?.close();
    await browser.close();
    rmSync(models, { recursive: true });
  }
}

async function openDatabase(options, browser, folder, pack, query) {
  const host = await startHost({ ...options, database: join(folder, "database") });
  const ask = await startWorker(browser, host.port);
  const opened = await ask({ task: "open", pack: JSON.stringify(pack), query });
  return { ask, close: host.close, opened };
}

/** A function that gives the worker of a fresh page a task and waits for its result. */
async function startWorker(browser, port) {
  const base = `http://localhost:${port}/`;
  // A document of the same host which runs nothing itself.
  const { page } = await browser.open(`${base}icon.svg`);
  await page.evaluate((source, base) => {
    const script = `(${source})(self, { base: ${JSON.stringify(base)} }).then(() => postMessage({ result: "ready" }), (error) => postMessage({ error: error?.stack ?? JSON.stringify(error) }))`;
    window.bench = new Worker(URL.createObjectURL(new Blob([script])));
  }, searchWorker.toString(), base);
  const ask = (task) => page.evaluate((task) => new Promise((done, failed) => {
    window.bench.onmessage = ({ data }) => (data.error ? failed(new Error(data.error)) : done(data.result));
    window.bench.onerror = ({ message }) => failed(new Error(message));
    if (task) window.bench.postMessage(task);
  }), task);
  await ask(null);
  return ask;
}

/** The first queries of a gallery, the models' embeddings one after the other. */
function readQueries(folder, pack, count) {
  const rows = pack.embedders.map(({ dimension }, model) => {
    const bytes = readFileSync(join(folder, `queries-${model}.npy`));
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 10 + bytes.readUInt16LE(8), bytes.byteOffset + bytes.length));
    return (i) => values.slice(i * dimension, (i + 1) * dimension);
  });
  return Array.from({ length: count }, (_, i) => rows.flatMap((row) => [...row(i)]));
}

function summary(spans) {
  const times = spans.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const at = (share) => times[Math.round(share * (times.length - 1))];
  const cold = spans.slice(0, COLD);
  const most = (values) => Math.max(...values);
  return {
    n: times.length, median: at(0.5), p95: at(0.95), spread: (at(0.75) - at(0.25)) / at(0.5),
    coldMilliseconds: cold.map(({ coldMilliseconds }) => coldMilliseconds).sort((a, b) => a - b)[Math.floor(cold.length / 2)],
    coldRequests: most(cold.map(({ coldRequests }) => coldRequests)),
    coldBytes: most(cold.map(({ coldBytes }) => coldBytes)),
    warmRequests: spans.reduce((sum, { warmRequests }) => sum + warmRequests, 0),
  };
}

