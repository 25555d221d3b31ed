// A page of Stash with a worker in which onnxruntime-web runs the networks.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { launch } from "../../browser/lib/browser.mjs";
import { startStash } from "../../browser/lib/stash.mjs";
import { peerWorker } from "./peer.mjs";

const modules = resolve(import.meta.dirname, "../../../node_modules");

/** Where the page finds everything: the assets of a plugin. */
export const ASSETS = "/plugin/rollcall/assets/";

/**
 * Opens it in Chromium. The peer is given the float graph of each input shape, which `networks` lists;
 * `ask(task)` is answered by `peerWorker`. `before(page)` runs before the page's own scripts; with
 * `searching`, the peer's session has the database.
 */
export async function openPeer(options, name, { before, searching = false } = {}) {
  const pack = JSON.parse(readFileSync(join(options.models, name, "pack.json"), "utf8"));
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
  const close = async () => {
    await browser.close();
    host.close();
    rmSync(floats, { recursive: true, force: true });
  };
  try {
    const rollcall = join(dirname(resolve(options.server)), "rollcall");
    for (const { name: model, shape } of networks) {
      const file = join(floats, `${model}-${shape.join("x")}.onnx`);
      execFileSync(rollcall, ["--quiet", "models", "export", model, "--pack", name, "--shape", shape.join(","), "--out", file]);
    }
    const { page } = await browser.open(`http://localhost:${host.port}/`, { before });
    await page.evaluate((source, assets, searching, task) => new Promise((done, failed) => {
      task.base = new URL(assets, location.href).href;
      if (searching) task.database = { url: `${task.base}database/`, trusted_keys: [], confirmed: null, decoys: false, cache: null };
      const script = `(${source})(self, ${JSON.stringify(task)}).then(() => postMessage("ready"), (error) => postMessage({ error: error?.stack ?? JSON.stringify(error) }))`;
      window.bench = new Worker(URL.createObjectURL(new Blob([script])));
      window.bench.onmessage = ({ data }) => data === "ready" ? done() : failed(new Error(data.error));
      window.bench.onerror = ({ message }) => failed(new Error(message));
      window.askPeer = (task) => new Promise((done, failed) => {
        window.bench.onmessage = ({ data }) => data.error ? failed(new Error(data.error)) : done(data);
        window.bench.postMessage(task);
      });
    }), peerWorker.toString(), ASSETS, searching, { pack: name, embedders: pack.embedders.map(({ model }) => model.name) });
    return { page, networks, version: browser.version, ask: (task) => page.evaluate((task) => window.askPeer(task), task), close };
  } catch (error) {
    await close();
    throw error;
  }
}
