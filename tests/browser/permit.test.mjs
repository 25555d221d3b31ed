// A published database: the stand-alone page does not search it, or names only whom it is sure of.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { build } from "esbuild";
import { launch } from "./lib/browser.mjs";
import { config } from "./lib/config.mjs";
import { startStash } from "./lib/stash.mjs";

const OBAMA = join(config.samples, "obama2.jpg");
const STRANGER = join(config.samples, "astronaut.png");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** A host of the published database; `more` are its other options. */
async function startHost(...more) {
  const server = spawn(config.server, [
    "--web", config.web, "--models", config.models, "--database", config.published, "--samples", config.samples,
    "--port", "0", "--metrics", "off", "--log-level", "info", ...more,
  ], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  server.stderr.on("data", (text) => { log += text; });
  const url = await new Promise((resolve, reject) => {
    createInterface(server.stdout).once("line", resolve);
    server.once("exit", (status) => reject(new Error(`rollcall-server stopped (${status}): ${log}`)));
  });
  return { url: `${url}/?engine=cpu`, log: () => log, stop: () => server.kill() };
}

/** What the page must do where it may not search: say so, and fetch nothing to search with. */
async function isClosed(browser, page) {
  assert.equal(await page.state("closed", "ready", "error"), "closed");
  const words = await page.page.$eval("#closed", (section) => section.innerText);
  assert.match(words, /does not search here/);
  assert.match(words, /the people in it come from stashdb\.org/);
  assert.match(words, /--allow-drop/);
  assert.match(words, /plugin/);
  for (const part of ["#drop", "#samples", "#result"]) {
    assert.equal(await page.page.$eval(part, (element) => element.checkVisibility()), false, part);
  }
  // A picture that is dropped all the same gets no answer either.
  await page.drop(OBAMA);
  await new Promise((done) => setTimeout(done, 500));
  assert.equal(await page.state("closed", "done", "error"), "closed");
  assert.equal(await page.page.evaluate(() => window.rollcallPage.last), null);
  assert.ok(!(await page.text("main")).includes("Obama"));
  assert.ok(!browser.proxy.requests.some(({ method }) => method !== "GET"));
  assert.deepEqual(page.errors, []);
}

describe("what may be told", () => {
  let permit;
  before(async () => {
    const { outputFiles: [file] } = await build({
      entryPoints: [new URL("../../web/page/permit.ts", import.meta.url).pathname],
      bundle: true, format: "esm", platform: "neutral", write: false,
    });
    permit = await import(`data:text/javascript;base64,${Buffer.from(file.contents).toString("base64")}`);
  });

  test("follows from the manifest, then from the host", () => {
    const own = { own: true };
    const published = { own: false };
    for (const [database, host, expected] of [
      [null, null, "all"], [null, "none", "all"],
      [own, null, "all"], [own, "all", "all"], [own, "sure", "sure"], [own, "none", "none"],
      [published, null, "none"], [published, "none", "none"], [published, "sure", "sure"],
      // A host that was asked before its database was exchanged.
      [published, "all", "none"],
    ]) assert.equal(permit.permitOf(database, host), expected, JSON.stringify([database, host]));
  });

  test("is the sure names and nothing else", () => {
    const candidate = (id, confidence) => ({ performer_id: id, name: id, confidence, similarity: 0.5 });
    const seen = { appearances: 1, faces: [{}], face_thumbnail: "data:image/jpeg;base64," };
    const matches = [
      { ...candidate("sure", 0.95), ...seen, candidates: [candidate("sure", 0.95), candidate("other", 0.949)] },
      { ...candidate("likely", 0.9499), ...seen, candidates: [candidate("likely", 0.9499)] },
      { unknown: true, ...seen, candidates: [candidate("far", 0.2)] },
    ];
    const found = { width: 1, height: 1, answer: { matches, performers_detected: 3 } };
    const { answer } = permit.permitted(found, "sure");
    assert.deepEqual(answer.matches.map(({ name }) => name), ["sure", undefined, undefined]);
    assert.deepEqual(answer.matches.map(({ unknown }) => unknown), [undefined, true, true]);
    assert.deepEqual(answer.matches[0].candidates.map(({ name }) => name), ["sure"]);
    assert.doesNotMatch(JSON.stringify(answer), /likely|far|other/);
    assert.equal(answer.performers_detected, 3);
    assert.equal(permit.permitted(found, "all"), found);
    assert.doesNotMatch(JSON.stringify(permit.permitted(found, "none")), /sure|likely|far|other/);
  });
});

for (const kind of ["chromium", "firefox"]) {
  describe(`a published database in ${kind}`, () => {
    let browser, host;
    before(async () => { browser = await launch(kind); });
    afterEach(() => host?.stop());
    after(() => browser?.close());

    test("without leave, the page says why it does not search, and fetches nothing for it", async () => {
      host = await startHost();
      const page = await browser.open(host.url);
      page.chromium = kind === "chromium";
      await isClosed(browser, page);
      const asked = browser.proxy.requests.map(({ url }) => new URL(url).pathname);
      assert.deepEqual(asked.filter((path) => /\.wasm$|\/models\/|\/database\/(?!info$)/.test(path)), []);
      assert.match(host.log(), /does not search it unless the host is started with --allow-drop/);
      await page.page.evaluate(await readFile(AXE, "utf8"));
      const violations = await page.page.evaluate(async () => (await window.axe.run()).violations.map(({ id }) => id));
      assert.deepEqual(violations, []);
      await page.page.setViewport({ width: 320, height: 640 });
      const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
      assert.equal(await page.page.evaluate(overflow), 0);
    });

    test("where a plain server of files says nothing, the manifest is enough", async () => {
      const plain = await startStash({
        web: config.web, "web/models": config.models, "web/database": config.published, "web/samples": config.samples,
      });
      host = { stop: plain.close };
      const page = await browser.open(`http://localhost:${plain.port}/plugin/rollcall/assets/web/index.html?engine=cpu`);
      page.chromium = kind === "chromium";
      await isClosed(browser, page);
    });

    test("with leave, a sure name is worded \"looks like\", and strangers are compared with nobody", async () => {
      host = await startHost("--allow-drop");
      const page = await browser.open(host.url);
      await page.ready();
      assert.equal(await page.page.$eval("#closed", (section) => section.checkVisibility()), false);
      const { answer } = await page.identify(OBAMA);
      assert.equal(answer.matches[0].name, "Barack Obama");
      assert.deepEqual(answer.matches[0].candidates.map(({ name }) => name), ["Barack Obama"]);
      assert.equal(await page.text("#cards h3"), "Looks like Barack Obama");
      assert.equal(await page.page.$("#cards .chip"), null);
      assert.equal(await page.text("#people-title"), "1 person: looks like somebody in the database");
      assert.equal(await page.page.$eval(".box", (box) => box.getAttribute("aria-label")), "Person 1: Looks like Barack Obama");
      assert.ok(!(await page.text("main")).includes("Biden"));

      const stranger = await page.identify(STRANGER);
      assert.deepEqual(stranger.answer.matches.map(({ unknown, candidates }) => [unknown, candidates]), [[true, []]]);
      assert.equal(await page.text("#cards h3"), "Unknown");
      assert.equal(await page.page.$("#cards details"), null, "who comes closest is not told");
      assert.ok(!/Obama|Biden/.test(await page.text("main")));
      assert.deepEqual(page.errors, []);
    });
  });
}
