// The client in a page with exactly the Content-Security-Policy of a Stash server.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch, watchPolicy } from "./lib/browser.mjs";
import { config } from "./lib/config.mjs";
import { WATCH, inWorkers, keepWorkers } from "./lib/workers.mjs";
import { STASH_POLICY } from "../stash/policy.mjs";

for (const kind of ["chromium", "firefox"]) {
  for (const host of ["localhost", "stash.test"]) {
    describe(`${kind} in a Stash page on http://${host}`, () => {
      const origin = `http://${host}:${config.stash}`;
      let browser, page;
      before(async () => {
        browser = await launch(kind);
        const before = (page) => Promise.all([watchPolicy, keepWorkers, inWorkers(WATCH)].map((what) => what(page)));
        ({ page } = await browser.open(`${origin}/scenes/1`, { before }));
      });
      after(() => browser?.close());

      test("the page has Stash's policy, and it is enforced", async () => {
        const response = await fetch(`http://127.0.0.1:${config.stash}/scenes/1`);
        assert.equal(response.headers.get("content-security-policy"), STASH_POLICY);
        const outcome = await page.evaluate(() => new Promise((resolve) => {
          const worker = new Worker("/plugin/rollcall/assets/web/client.js");
          worker.onerror = () => resolve("blocked");
          worker.onmessage = () => resolve("ran");
          setTimeout(() => resolve("nothing"), 5000);
        }).catch(() => "blocked"));
        assert.equal(outcome, "blocked");
        await page.evaluate(() => { window.refused.length = 0; });
      });

      test("a blob worker names the person, and the policy refuses nothing", async () => {
        const photo = (await readFile(join(config.samples, "obama2.jpg"))).toString("base64");
        const { answer, requests } = await page.evaluate(async (photo) => {
          const { Rollcall } = await import("/plugin/rollcall/assets/web/client.js");
          const requests = [];
          const assets = "/plugin/rollcall/assets/";
          const rollcall = await Rollcall.start(
            { assets: `${assets}web/`, models: `${assets}models/opencv/`, database: `${assets}database/`, engine: "cpu" },
            { request: ({ url }) => requests.push(url) },
          );
          const bytes = Uint8Array.from(atob(photo), (c) => c.charCodeAt(0));
          const { answer } = await rollcall.identify(new Blob([bytes], { type: "image/jpeg" }));
          rollcall.close();
          return { answer, requests };
        }, photo);
        assert.equal(answer.matches[0].name, "Barack Obama");
        assert.ok(answer.matches[0].similarity > 0.6);
        assert.equal(answer.engine.name, "simd");
        assert.ok(requests.length > 4);
        assert.deepEqual(await page.evaluate(() => window.refused), []);
      });

      test("workers help with a scene, and fetch nothing but their script", async () => {
        const photo = (await readFile(join(config.samples, "insightface-t1.jpg"))).toString("base64");
        const { people, requests, runs } = await page.evaluate(async (photo) => {
          const { Rollcall } = await import("/plugin/rollcall/assets/web/client.js");
          const assets = "/plugin/rollcall/assets/", requests = [];
          const rollcall = await Rollcall.start(
            { assets: `${assets}web/`, models: `${assets}models/opencv/`, engine: "cpu", workers: 2 },
            { request: ({ url }) => requests.push(url.split(/[./]/).slice(-2).join(".")) },
          );
          const picture = new Blob([Uint8Array.from(atob(photo), (c) => c.charCodeAt(0))]);
          let people, runs = 0;
          // They begin when they are ready; the scene does not wait for them.
          for (let scene = 0; scene < 20 && runs === 0; scene += 1) {
            people = (await rollcall.identifyScene({ pictures: [{ picture, time: 0 }] })).answer.performers_detected;
            runs = (await window.ask(3)).reduce((sum, { runs }) => sum + runs, 0);
          }
          rollcall.close();
          return { people, requests: requests.sort(), runs };
        }, photo);
        assert.equal(people, 6);
        assert.ok(runs > 0, "the workers that help have run nothing");
        const [models, script, [wasm]] = ["onnx", "rollcall_cpu.js", "wasm"].map((name) => requests.filter((file) => file.endsWith(name)));
        assert.deepEqual([models.length, script.length, wasm], [2, 3, "rollcall_cpu_bg.wasm"], `${requests}`);
        assert.deepEqual(await page.evaluate(() => window.refused), []);
      });

      test("but for the page's own questions, only GETs without a body, to Stash itself", () => {
        const own = browser.proxy.requests.filter(({ url }) => url !== `${origin}/graphql`);
        for (const { method, url, bytes } of own) {
          assert.equal(method, "GET", url);
          assert.equal(bytes, 0, url);
          assert.ok(url.startsWith(`${origin}/`), url);
        }
      });
    });
  }
}
