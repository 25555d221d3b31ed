// What a user does with the page beside the main way: drop, paste, keys, cancel, broken files,
// narrow screens, assistive technology.

import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch } from "./lib/browser.mjs";
import { config } from "./lib/config.mjs";
import { png } from "./lib/pictures.mjs";

const OBAMA = join(config.samples, "obama2.jpg");
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const site = `http://localhost:${config.site}/?engine=cpu`;

for (const kind of ["chromium", "firefox"]) {
  describe(`the page in ${kind}`, () => {
    let browser, page, folder;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "rollcall-"));
      browser = await launch(kind);
      page = await browser.open(site);
      page.chromium = kind === "chromium";
      await page.ready();
    });
    after(async () => {
      await browser?.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** Gives the page a file of these bytes and returns the sentence it answers with. */
    async function refusal(name, bytes) {
      const file = join(folder, name);
      await writeFile(file, bytes);
      await page.choose(file);
      assert.equal(await page.state("done", "error"), "error");
      const sentence = await page.text("#problem-text");
      assert.match(sentence, /^[A-Z].*[.!?]$/s);
      assert.equal(await page.page.$eval("#problem", (box) => box.hidden), false);
      return sentence;
    }

    test("a dropped picture", async () => {
      await page.drop(OBAMA);
      assert.equal((await page.answer()).answer.matches[0].name, "Barack Obama");
    });

    test("a pasted picture", async () => {
      await page.paste(OBAMA);
      assert.equal((await page.answer()).answer.matches[0].name, "Barack Obama");
    });

    test("what is dropped without being a file gets a sentence", async () => {
      await page.page.evaluate(() => {
        const event = new Event("drop", { bubbles: true, cancelable: true });
        Object.defineProperty(event, "dataTransfer", { value: new DataTransfer() });
        document.body.dispatchEvent(event);
      });
      assert.match(await page.text("#problem-text"), /not a picture/);
    });

    test("an empty file, a broken one and one that is no picture get a sentence", async () => {
      assert.match(await refusal("empty.jpg", Buffer.alloc(0)), /picture/);
      assert.match(await refusal("text.jpg", "I am not a picture."), /not a picture/);
      assert.match(await refusal("broken.png", Buffer.concat([png(40, 40).subarray(0, 33), Buffer.alloc(200, 7)])), /damaged/);
      assert.match(await refusal("head.jpg", (await readFile(OBAMA)).subarray(0, 100)), /damaged/);
    });

    test("of a file that breaks off, what can be seen is used, or a sentence says so", async () => {
      const file = join(folder, "half.jpg");
      await writeFile(file, (await readFile(OBAMA)).subarray(0, 60_000));
      await page.choose(file);
      if (await page.state("done", "error") === "error") assert.match(await page.problem(), /damaged/);
      assert.equal((await page.identify(OBAMA)).answer.matches[0].name, "Barack Obama");
    });

    test("a picture of too many pixels is refused with its size, and the page lives on", async () => {
      assert.match(await refusal("huge.png", png(20_000, 20_000)), /20000 x 20000.*100 megapixels/);
      assert.equal((await page.identify(OBAMA)).answer.matches[0].name, "Barack Obama");
      assert.equal(await page.page.$eval("#problem", (box) => box.hidden), true);
    });

    test("a picture without a face says so", async () => {
      const file = join(folder, "blank.png");
      await writeFile(file, png(300, 200));
      const { answer } = await page.identify(file);
      assert.equal(answer.matches.length, 0);
      assert.match(await page.text("#people-title"), /No face/);
    });

    test("with the keyboard alone: choose a sample, go from card to picture and back", async () => {
      const keyboard = page.page.keyboard;
      await page.page.focus("#file");
      let reached = false;
      for (let press = 0; press < 8 && !reached; press += 1) {
        await keyboard.press("Tab");
        reached = await page.page.evaluate(() => document.activeElement?.dataset.sample === "obama2.jpg");
      }
      assert.ok(reached, "the sample is in the tab order");
      await keyboard.press("Enter");
      await page.answer();
      const focus = () => page.page.evaluate(() => {
        const at = document.activeElement;
        return { id: at.id, label: at.getAttribute("aria-label"), card: at.matches(".card") };
      });
      assert.equal((await focus()).id, "people-title", "the focus goes to the result");
      await page.page.focus(".box");
      assert.match((await focus()).label, /^Person 1: Barack Obama, sure$/);
      await keyboard.press("Enter");
      assert.equal((await focus()).card, true, "a box leads to its card");
      await keyboard.press("Tab");
      assert.match((await focus()).label, /Show person 1/);
      await keyboard.press("Enter");
      assert.match((await focus()).label, /^Person 1:/, "and a card to its box");
      assert.match(await page.text("#announcer"), /1 person named/);
    });

    test("cancel, while the models come and while a picture is in work", async () => {
      let letGo;
      browser.proxy.rule = (url) => url.endsWith(".onnx") ? new Promise((go) => { letGo = go; }) : undefined;
      // Another browser profile would be cold; here the models are simply not taken from the cache.
      const cold = await browser.open(site);
      await cold.page.setCacheEnabled?.(false).catch(() => undefined);
      await cold.page.reload();
      await cold.choose(OBAMA);
      await cold.page.waitForSelector("#cancel:not([hidden])");
      await cold.page.click("#cancel");
      assert.equal(await cold.page.$eval("#cancel", (button) => button.hidden), true);
      assert.equal(await cold.page.evaluate(() => document.activeElement.id), "file");
      browser.proxy.rule = () => undefined;
      letGo?.();
      await cold.ready();
      assert.equal(await cold.page.evaluate(() => window.rollcallPage.last), null);
      // Now in the middle of the work: the next picture must not suffer from it.
      await cold.choose(OBAMA);
      await cold.page.evaluate(() => document.getElementById("cancel").click());
      assert.equal(await cold.state("ready", "done", "error"), "ready");
      assert.equal((await cold.identify(OBAMA)).answer.matches[0].name, "Barack Obama");
      assert.deepEqual(cold.errors, []);
      await cold.close();
    });

    test("a second picture takes the place of the one in work", async () => {
      await page.choose(OBAMA);
      await page.choose(join(config.samples, "astronaut.png"));
      assert.equal((await page.answer()).answer.matches[0].unknown, true);
    });

    test("320 pixels are wide enough, with and without a result", async () => {
      const narrow = await browser.open(site, { viewport: { width: 320, height: 640 } });
      const overflow = () => narrow.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      await narrow.ready();
      assert.equal(await overflow(), 0);
      await narrow.identify(OBAMA);
      await narrow.page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
      assert.equal(await overflow(), 0);
      await narrow.close();
    });

    test("axe finds nothing to complain about, in light and dark", async () => {
      for (const dark of kind === "chromium" ? [false, true] : [false]) {
        const seen = await browser.open(site, { dark });
        await seen.ready();
        assert.deepEqual(await complaints(seen), []);
        await seen.identify(OBAMA);
        await seen.page.evaluate(() => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
        assert.deepEqual(await complaints(seen), []);
        await seen.close();
      }
    });

    test("on a sub-path, where everything it asks for lies below it", async () => {
      browser.proxy.requests.length = 0;
      const below = `http://stash.test:${config.stash}/plugin/rollcall/assets/web/`;
      const moved = await browser.open(`${below}index.html?engine=cpu`);
      await moved.ready();
      await moved.page.waitForSelector("[data-sample]");
      assert.equal((await moved.identify(OBAMA)).answer.matches[0].name, "Barack Obama");
      assert.deepEqual(browser.proxy.requests.filter(({ url }) => !url.startsWith(below)), []);
      await moved.close();
    });

    test("no error was left uncaught", () => assert.deepEqual(page.errors, []));
  });
}

/** What axe-core finds, as one line each. */
async function complaints(seen) {
  // Evaluated by the debugger, since the page's policy allows no script of ours.
  await seen.page.evaluate(await readFile(AXE, "utf8"));
  return seen.page.evaluate(async () => {
    const { violations } = await window.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  });
}
