// The main job: a photo in, a name out, in every browser, on safe and unsafe origins, and nothing
// leaves but GET requests without a body to the own host.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch } from "./lib/browser.mjs";
import { config } from "./lib/config.mjs";

const OBAMA = join(config.samples, "obama2.jpg");
const STRANGER = join(config.samples, "astronaut.png");

for (const kind of ["chromium", "firefox"]) {
  for (const host of ["localhost", "stash.test"]) {
    describe(`${kind} on http://${host}`, () => {
      const origin = `http://${host}:${config.site}`;
      let browser, page;
      before(async () => {
        browser = await launch(kind);
        page = await browser.open(`${origin}/?engine=cpu`);
        await page.ready();
      });
      after(() => browser?.close());

      test("the origin is as secure as it should be", async () => {
        assert.equal(await page.page.evaluate(() => isSecureContext), host === "localhost");
      });

      test("a known face gets its name", async () => {
        const { answer, timings } = await page.identify(OBAMA);
        assert.equal(answer.engine.name, "simd");
        assert.equal(answer.matches.length, answer.performers_detected);
        const [match] = answer.matches;
        assert.equal(match.name, "Barack Obama");
        assert.ok(match.similarity > 0.6, `similarity ${match.similarity}`);
        assert.ok(timings.total > 0);
        assert.equal(answer.database?.performers, 2);
        assert.equal(await page.text("#cards h3"), "Barack Obama");
        assert.equal(await page.text("#cards .chip"), "Sure");
      });

      test("a stranger is unknown, and the page says so", async () => {
        const { answer } = await page.identify(STRANGER);
        assert.equal(answer.matches.length, 1);
        assert.equal(answer.matches[0].unknown, true);
        assert.equal(await page.text("#cards h3"), "Unknown");
        const best = Math.max(-1, ...answer.matches[0].candidates.map((one) => one.similarity));
        assert.ok(best < 0.45, `similarity ${best}`);
      });

      test("a sample does the same", async () => {
        await page.page.click('[data-sample="obama2.jpg"]');
        const { answer } = await page.answer();
        assert.equal(answer.matches[0].name, "Barack Obama");
      });

      test("only GETs without a body, to the own host: no pixel leaves", async () => {
        const { requests } = browser.proxy;
        assert.ok(requests.some(({ url }) => url.endsWith("rollcall_cpu_bg.wasm")), "the proxy sees the worker's requests");
        assert.ok(requests.some(({ url }) => url.endsWith(".onnx")));
        for (const { method, url, bytes } of requests) {
          assert.equal(method, "GET", url);
          assert.equal(bytes, 0, url);
          assert.ok(url.startsWith(`${origin}/`), url);
          assert.ok(url.length < 300, "an address that long could carry a picture");
        }
      });

      test("the page lists every request there was", async () => {
        const listed = await page.page.evaluate(() => window.rollcallPage.requests.map(({ url }) => url));
        const missing = browser.proxy.requests.map(({ url }) => url).filter((url) => !listed.includes(url));
        assert.deepEqual(missing, []);
      });

      test("no GPU module is fetched for the CPU, and no error is left uncaught", () => {
        assert.ok(!browser.proxy.requests.some(({ url }) => url.includes("rollcall_gpu")));
        assert.deepEqual(page.errors, []);
      });
    });
  }
}
