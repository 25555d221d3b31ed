// Workers that help with a scene: what they find together is what one finds alone, whatever happens to
// them, and none of them is left behind.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { launch } from "./lib/browser.mjs";
import { config } from "./lib/config.mjs";
import { cuesOf, framesOf, sheetOf } from "./lib/sheets.mjs";
import { WATCH, inWorkers, keepWorkers } from "./lib/workers.mjs";

const PHOTOS = ["obama2.jpg", "insightface-t1.jpg", "obama3.jpg", "astronaut.png"].map((photo) => `samples/${photo}`);
const TILE = { width: 160, height: 90, columns: 6 };
/** With some that show the same again, and some with nothing that is sure. */
const FRAMES = [...framesOf(PHOTOS, 18).flatMap((frame, n) => (n % 6 === 5 ? [frame, frame] : [frame])), { photo: PHOTOS[1], zoom: 9 }, { photo: PHOTOS[3], zoom: 9, y: -2 }];
const VTT = cuesOf(FRAMES.length, TILE);
/** In workers, half a minute is five seconds long: a test does not wait for it. */
const IMPATIENT = "{ const patient = setTimeout; self.setTimeout = (what, time) => patient(what, time / 6); }";
/** The largest that a worker's module may become (issue E), in bytes. */
const MOST_MEMORY = 250e6;

/** In the page: names the people of a scene with so many workers; in the middle, `what` happens. */
async function identify({ sheet, vtt, workers, what }) {
  const { Rollcall } = await import("/client.js");
  window.rollcall ??= await Rollcall.start({ assets: "/", models: "/models/opencv-mbf/", database: "/database/", engine: "cpu", workers });
  const abort = new AbortController();
  const happenings = {
    cancel: () => abort.abort(),
    /** As when a worker runs out of memory: the page hears of it. */
    kill: () => window.workers.at(-1).dispatchEvent(new ErrorEvent("error", { message: "killed by a test" })),
    killAll: () => window.workers.slice(1).forEach((worker) => worker.dispatchEvent(new ErrorEvent("error", { message: "killed by a test" }))),
    /** As when the browser ends one: nobody hears of it. */
    silence: () => window.workers.at(-1).terminate(),
  };
  let early = 0, happened = false;
  const progress = ({ stage, done }) => {
    if (happened || stage !== "detect" || done < 6) return;
    happened = true;
    happenings[what]?.();
  };
  const bytes = Uint8Array.from(atob(sheet), (c) => c.charCodeAt(0));
  try {
    const scene = { sheet: new Blob([bytes], { type: "image/png" }), vtt };
    const { answer } = await window.rollcall.identifyScene(scene, { progress, provisional: () => { early += 1; }, signal: abort.signal });
    return { answer, early, happened };
  } catch (error) {
    return { error: error.kind };
  }
}

for (const kind of ["chromium", "firefox"]) {
  describe(`workers that help in ${kind}`, () => {
    let browser, sheet, alone;
    /** A page whose workers are watched, for one test. */
    const open = async (test, ...sources) => {
      const page = await browser.open(`http://localhost:${config.site}/samples/index.json`, {
        before: async (page) => {
          await keepWorkers(page);
          await inWorkers([WATCH, ...sources].join("\n"))(page);
        },
      });
      test?.after(() => page.close());
      return page;
    };
    const run = ({ page }, workers, what) => page.evaluate(identify, { sheet, vtt: VTT, workers, what });
    const running = ({ page }) => page.evaluate(() => window.workers.filter(({ ended }) => !ended).length);

    before(async () => {
      browser = await launch(kind);
      const page = await browser.open(`http://localhost:${config.site}/?engine=cpu`);
      sheet = await page.page.evaluate(sheetOf, FRAMES, TILE);
      await page.close();
      const single = await open();
      alone = await run(single, 1);
      assert.equal(alone.answer.matches[0].name, "Barack Obama");
      assert.ok(alone.answer.scene.repeated >= 2, `${alone.answer.scene.repeated} frames shown again`);
      assert.equal(await running(single), 1);
      await single.close();
    });
    after(() => browser?.close());

    test("three find what one finds", async (t) => {
      const page = await open(t);
      const together = await run(page, 3);
      assert.deepEqual(together.answer, alone.answer);
      assert.equal(together.early, alone.early);
      const said = await page.page.evaluate(() => window.ask(4));
      const runs = said.map(({ runs }) => runs);
      assert.equal(runs.filter((count) => count >= 5).length, 3, `runs: ${runs}`);
      const sizes = said.map(({ bytes }) => bytes);
      console.log(`${kind}: memory of a module with 3 workers and 2 embedders: ${sizes.map((size) => `${Math.round(size / 1e6)} MB`).join(", ")}`);
      assert.ok(sizes.every((size) => size > 0 && size <= MOST_MEMORY), `${sizes} bytes`);
      // And again, with those that are there.
      assert.deepEqual((await run(page, 3)).answer, alone.answer);
      assert.equal(await page.page.evaluate(() => window.workers.length), 4);
      await page.page.evaluate(() => window.rollcall.close());
      assert.equal(await running(page), 0);
      // The browser itself says so too, a little later.
      for (let left = 100; kind === "chromium" && page.page.workers().length > 0; left -= 1) {
        assert.ok(left > 0, `${page.page.workers().length} workers are still there`);
        await pause(50);
      }
      assert.deepEqual(page.errors, []);
    });

    for (const [what, words] of [["kill", "one that dies"], ["killAll", "all of them dying"], ["silence", "one that says nothing any more"]]) {
      test(`${words} loses no frame`, async (t) => {
        const page = await open(t, what === "silence" ? IMPATIENT : "");
        const together = await run(page, 3, what);
        assert.equal(together.happened, true);
        assert.deepEqual(together.answer, alone.answer);
        // The next scene has as many helpers as this one.
        assert.deepEqual((await run(page, 3)).answer, alone.answer);
        assert.equal(await running(page), 4);
        await page.page.evaluate(() => window.rollcall.close());
        assert.equal(await running(page), 0);
      });
    }

    test("there are as many as cores but one, at most four, and one on a touch screen", async (t) => {
      const page = await open(t);
      const counts = await page.page.evaluate(async () => {
        const { Rollcall } = await import("/client.js");
        const count = async (cores, touch, workers) => {
          Object.defineProperty(navigator, "hardwareConcurrency", { value: cores, configurable: true });
          window.matchMedia = (query) => ({ matches: touch && query === "(pointer: coarse)" });
          const rollcall = await Rollcall.start({ assets: "/", models: "/models/opencv/", engine: "cpu", workers });
          rollcall.close();
          return rollcall.workers;
        };
        const counts = [];
        for (const how of [[1, false], [2, false], [4, false], [16, false], [8, true], [8, false, 1], [8, true, 3]]) counts.push(await count(...how));
        return counts;
      });
      assert.deepEqual(counts, [1, 1, 3, 4, 1, 1, 3]);
    });

    test("a cancelled scene leaves nothing running", async (t) => {
      const page = await open(t);
      assert.deepEqual(await run(page, 3, "cancel"), { error: "cancelled" });
      const counts = () => page.page.evaluate(async () => (await window.ask(4)).reduce((sum, { runs }) => sum + runs, 0));
      await pause(400); // what was in work
      const before = await counts();
      await pause(400);
      assert.equal(await counts(), before);
      assert.deepEqual((await run(page, 3)).answer, alone.answer);
    });
  });
}
