// The client in a page with exactly the Content-Security-Policy of a Stash server.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch, watchPolicy } from "./lib/browser.mjs";
import { config } from "./lib/config.mjs";
import { STASH_POLICY } from "../stash/policy.mjs";

for (const kind of ["chromium", "firefox"]) {
  for (const host of ["localhost", "stash.test"]) {
    describe(`${kind} in a Stash page on http://${host}`, () => {
      const origin = `http://${host}:${config.stash}`;
      let browser, page;
      before(async () => {
        browser = await launch(kind);
        ({ page } = await browser.open(`${origin}/scenes/1`, { before: watchPolicy }));
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
