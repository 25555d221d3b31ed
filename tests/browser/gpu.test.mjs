// The GPU engine on Chromium's software WebGPU (SwiftShader): right, reported truthfully, and
// replaced by the CPU when it is lost. A missing adapter is a failure here, not a skip.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { GPU_PATIENCE, launch } from "./lib/browser.mjs";
import { config } from "./lib/config.mjs";
import { inWorkers } from "./lib/workers.mjs";

const OBAMA = join(config.samples, "obama2.jpg");
const site = `http://localhost:${config.site}`;

/** Lets a test destroy the worker's GPU device, or kill the worker, by a message to "test". */
const SABOTAGE = `{
  const channel = new BroadcastChannel("test");
  const devices = [];
  const request = self.GPUAdapter?.prototype.requestDevice;
  if (request) GPUAdapter.prototype.requestDevice = async function (...how) {
    const device = await request.apply(this, how);
    devices.push(device);
    channel.postMessage("device");
    return device;
  };
  channel.onmessage = ({ data }) => {
    if (data === "lose") devices.forEach((device) => device.destroy());
    if (data === "die") setTimeout(() => { throw new Error("killed by a test"); });
  };
}`;

/** Sends `word` to the workers once the page is past \`stage\` of a job. */
function sabotage(page, word, stage) {
  return page.page.waitForFunction((stage) => {
    const state = document.documentElement.dataset;
    return state.state === "working" && document.getElementById("busy-text").textContent === stage;
  }, { timeout: GPU_PATIENCE, polling: 20 }, stage).then(() =>
    page.page.evaluate((word) => new BroadcastChannel("test").postMessage(word), word));
}

describe("WebGPU on SwiftShader", () => {
  let browser;
  before(async () => { browser = await launch("chromium", { gpu: true }); });
  after(() => browser?.close());

  test("the adapter is there", async () => {
    const page = await browser.open(`${site}/?engine=cpu`);
    const software = await page.page.evaluate(async () =>
      (await navigator.gpu?.requestAdapter())?.info.isFallbackAdapter);
    assert.equal(software, true);
    await page.close();
  });

  test("auto takes the CPU and says why", async () => {
    browser.proxy.requests.length = 0;
    const page = await browser.open(site);
    await page.ready();
    const { name, why } = await page.page.evaluate(() => window.rollcallPage.engine);
    assert.equal(name, "simd");
    assert.match(why, /software|SwiftShader|program/i);
    assert.ok((await page.text("#facts")).toLowerCase().includes(why.toLowerCase().replace(/\.$/, "")));
    assert.ok(!browser.proxy.requests.some(({ url }) => url.includes("rollcall_gpu")));
    await page.close();
  });

  test("forced, it names the person and reports adapter and dispatches", async () => {
    const page = await browser.open(`${site}/?engine=gpu`);
    page.patience = GPU_PATIENCE;
    await page.ready();
    const { answer } = await page.identify(OBAMA);
    assert.equal(answer.engine.name, "wonnx");
    assert.ok(answer.engine.adapter, "the adapter has a name");
    assert.equal(answer.engine.software_adapter, true);
    assert.ok(answer.engine.dispatches > 0, `${answer.engine.dispatches} dispatches`);
    assert.equal(answer.matches[0].name, "Barack Obama");
    assert.ok(answer.matches[0].similarity > 0.6);
    assert.ok(browser.proxy.requests.some(({ url }) => url.endsWith("rollcall_gpu_bg.wasm")));
    assert.deepEqual(page.errors, []);
    await page.close();
  });

  for (const [word, what] of [["lose", "the device is lost"], ["die", "the worker dies"]]) {
    test(`${what}: the CPU goes on and no picture is lost`, async () => {
      const page = await browser.open(`${site}/?engine=gpu`, { before: inWorkers(SABOTAGE) });
      page.patience = GPU_PATIENCE;
      await page.ready();
      await page.choose(OBAMA);
      await sabotage(page, word, "Looking for faces");
      const { answer } = await page.answer();
      assert.equal(answer.engine.name, "simd");
      assert.match(answer.engine.why, /GPU|graphics/i);
      assert.equal(answer.matches[0].name, "Barack Obama");
      // And the next one too.
      const next = await page.identify(join(config.samples, "astronaut.png"));
      assert.equal(next.answer.matches[0].unknown, true);
      await page.close();
    });
  }
});

describe("without WebGPU", () => {
  let browser;
  before(async () => { browser = await launch("chromium"); });
  after(() => browser?.close());

  test("auto takes the CPU, says why, and never downloads the GPU's module", async () => {
    const page = await browser.open(`http://stash.test:${config.site}/`);
    await page.ready();
    const { name, why } = await page.page.evaluate(() => window.rollcallPage.engine);
    assert.equal(name, "simd");
    assert.match(why, /plain http|secure/i);
    assert.ok(!browser.proxy.requests.some(({ url }) => url.includes("rollcall_gpu")));
    await page.close();
  });

  test("forced, the start fails with a sentence", async () => {
    const page = await browser.open(`http://stash.test:${config.site}/?engine=gpu`);
    assert.equal(await page.state("ready", "error"), "error");
    assert.match(await page.problem(), /GPU|graphics|WebGPU/);
    assert.match(await page.text("#problem-text"), /[.!?]$/);
    // Another engine helps at once.
    await page.page.select("#engine", "cpu");
    await page.state("ready");
    await page.close();
  });
});

describe("a CPU worker", () => {
  let browser;
  before(async () => { browser = await launch("chromium"); });
  after(() => browser?.close());

  test("that dies is started again and loses no picture", async () => {
    const page = await browser.open(`${site}/?engine=cpu`, { before: inWorkers(SABOTAGE) });
    await page.ready();
    await page.choose(OBAMA);
    await page.page.evaluate(() => new BroadcastChannel("test").postMessage("die"));
    const { answer } = await page.answer();
    assert.equal(answer.matches[0].name, "Barack Obama");
    assert.match(answer.engine.why, /started again/);
    await page.close();
  });
});
