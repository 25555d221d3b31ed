// Every model of both packs, in the browser, gives what onnxruntime gives for the file as it is
// shipped (tests/reference): within 1e-3 of the range of each output.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { GPU_PATIENCE, launch } from "./lib/browser.mjs";
import { config } from "./lib/config.mjs";

/** Holds every model that the pack `opencv` has, and one more. */
const PACK = "opencv-mbf";
const TOLERANCE = 1e-3;

const pack = JSON.parse(readFileSync(join(config.models, PACK, "pack.json"), "utf8"));
const models = [pack.detector, ...pack.embedders].map(({ model }) => model.name);
const folder = config.references;

/** Runs in a blob worker: loads one engine and runs cases on it. */
async function worker(scope, { engine, base, pack }) {
  const assets = `${base}web/`;
  const load = async (name) => {
    importScripts(`${assets}${name}.js`);
    // A `let` of a classic script is seen by name only.
    const module = name === "rollcall_cpu" ? rollcall_cpu : rollcall_gpu;
    await module({ module_or_path: await fetch(`${assets}${name}_bg.wasm`) });
    return module;
  };
  let run;
  if (engine === "gpu") {
    const { GpuEngine } = await load("rollcall_gpu");
    const folder = `${base}models/${pack.name}/`;
    const files = [pack.detector, ...pack.embedders].map(async ({ model }) =>
      [model.name, new Uint8Array(await (await fetch(`${folder}${model.sha256}.onnx`)).arrayBuffer())]);
    const opened = await GpuEngine.create(await Promise.all(files), true);
    run = async (...input) => ({ outputs: await opened.run(...input), report: opened.report() });
  } else {
    const { Session } = await load("rollcall_cpu");
    const hooks = {
      progress() {}, cancelled: () => false, breathe: async () => {}, now: () => performance.now(),
      keepModels() {}, helpers: { isReady: () => false, atOnce: () => 1 },
    };
    const settings = { assets, models: `${base}models/${pack.name}/`, database: null, engine: "cpu", because: null, facts: null };
    const opened = await Session.open(settings, hooks);
    run = async (...input) => ({ outputs: await opened.runNetwork(...input), report: opened.engine() });
  }
  const floats = async (model, { file }) =>
    new Float32Array(await (await fetch(`${base}references/${model}/${encodeURIComponent(file)}`)).arrayBuffer());
  scope.onmessage = async ({ data: { model, one } }) => {
    try {
      const input = await floats(model, one.input);
      const { outputs, report } = await run(model, new Uint32Array(one.input.shape), input);
      const wanted = await Promise.all(one.outputs.map((output) => floats(model, output)));
      const differences = wanted.map((values, i) => {
        const given = outputs[i]?.[1] ?? [];
        let [low, high, worst] = [Infinity, -Infinity, given.length === values.length ? 0 : Infinity];
        for (let at = 0; at < values.length; at += 1) {
          low = Math.min(low, values[at]);
          high = Math.max(high, values[at]);
          const apart = Math.abs(values[at] - given[at]);
          if (!(apart <= worst)) worst = Number.isNaN(apart) ? Infinity : apart;
        }
        return { output: one.outputs[i].name, share: worst / (high - low) };
      });
      scope.postMessage({ differences, outputs: outputs.length, report });
    } catch (error) {
      scope.postMessage({ error: error?.message ?? JSON.stringify(error) });
    }
  };
  scope.postMessage("ready");
}

for (const [kind, engine] of [["chromium", "cpu"], ["firefox", "cpu"], ["chromium", "gpu"]]) {
  describe(`${engine} in ${kind} agrees with onnxruntime`, { skip: !folder && "run.mjs was not given --references" }, () => {
    let browser, page;
    before(async () => {
      browser = await launch(kind, { gpu: engine === "gpu" });
      ({ page } = await browser.open(`http://localhost:${config.stash}/`));
      await page.evaluate((source, task) => new Promise((resolve, reject) => {
        task.base = new URL("/plugin/rollcall/assets/", location.href).href;
        const script = `(${source})(self, ${JSON.stringify(task)}).catch((error) => postMessage({ error: error?.message ?? JSON.stringify(error) }))`;
        window.engine = new Worker(URL.createObjectURL(new Blob([script])));
        window.engine.onmessage = ({ data }) => data === "ready" ? resolve() : reject(new Error(data.error));
        window.engine.onerror = ({ message }) => reject(new Error(message));
      }), worker.toString(), { engine, pack });
    });
    after(() => browser?.close());

    for (const model of folder ? models : []) {
      const { cases } = JSON.parse(readFileSync(join(folder, model, "index.json"), "utf8"));
      for (const one of engine === "gpu" ? few(cases) : cases) {
        test(`${model}, ${one.name}`, { timeout: GPU_PATIENCE }, async () => {
          const answer = await page.evaluate((task) => new Promise((resolve) => {
            window.engine.onmessage = ({ data }) => resolve(data);
            window.engine.postMessage(task);
          }), { model, one });
          assert.equal(answer.error, undefined);
          assert.equal(answer.outputs, one.outputs.length);
          for (const { output, share } of answer.differences) {
            assert.ok(share < TOLERANCE, `${output} is off by ${share} of its range`);
          }
          assert.equal(answer.report.name, engine === "gpu" ? "wonnx" : "simd");
          if (engine === "gpu") {
            assert.ok(answer.report.adapter, "the adapter has a name");
            assert.ok(answer.report.dispatches > 0);
          }
        });
      }
    }
  });
}

/** Of each model the smallest input, and a batch: a software GPU is slow. */
function few(cases) {
  const size = ({ input }) => input.shape.reduce((product, length) => product * length, 1);
  const single = cases.filter(({ input }) => input.shape[0] === 1).sort((a, b) => size(a) - size(b));
  return [single[0], ...cases.filter(({ input }) => input.shape[0] > 1)];
}
