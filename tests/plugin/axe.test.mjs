// Everybody can read and use it: axe on every page of ours, in the colours of Stash and in light ones.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { PATIENCE, Visit, films, launch, skip, stashWith } from "./lib/world.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Stash has no light theme of its own; those that people give it change these. */
const LIGHT = `
  body { background: #f5f8fa; color: #182026; }
  .card, .modal-content, .form-control, .form-control:focus { background: #fff; color: #182026; }
  a, .btn-link, .nav-tabs .nav-link.active { color: #106ba3; }
  .nav-tabs .nav-link, .btn.minimal, .btn-minimal { color: #182026; }
  .text-muted { color: #5c7080 !important; }`;

describe("axe finds nothing serious", { skip }, () => {
  let browser, stash, bare, visit;
  before(async () => {
    browser = await launch("chromium");
    stash = await stashWith({ library: films({}, 2) });
    bare = await stashWith({ library: films({}, 1), database: false });
    stash.library.pluginSettings.rollcall = { frames: 12, noOwnLibrary: true };
    visit = await Visit.open(browser, stash.origin);
  });
  after(async () => { await browser?.close(); stash?.close(); bare?.close(); });
  const go = (path, { origin } = stash) => visit.page.goto(`${origin}${path}`);

  /** In dark and in light. */
  async function accessible(within, shot) {
    const look = await visit.page.evaluateHandle(() => document.head.appendChild(document.createElement("style")));
    await visit.page.evaluate(axe);
    for (const [name, css] of [["dark", ""], ["light", LIGHT]]) {
      await look.evaluate((style, css) => { style.textContent = css; }, css);
      // Colours on their way are neither the one nor the other.
      await visit.page.evaluate(() => Promise.all(document.getAnimations().filter(({ playState, effect }) => playState === "running" && effect.getComputedTiming().endTime < Infinity).map(({ finished }) => finished)));
      const { violations } = await visit.page.evaluate((within) => window.axe.run(within), within);
      const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
      assert.deepEqual(serious.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => [name, id, html.slice(0, 200), any[0]?.message])), []);
      if (shot) await visit.shot(`axe-${shot}-${name}`, within);
    }
    await look.evaluate((style) => style.remove());
    await look.dispose();
    // What lies under the bar at the top cannot be clicked.
    await visit.page.evaluate(() => scrollTo(0, 0));
  }

  test("on a scene, with all that unfolds, and in its dialogs", async () => {
    await go("/scenes/1");
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
    await visit.click("Why this name?");
    await visit.page.$$eval(".rollcall-others > button", (all) => all.forEach((button) => button.click()));
    await accessible(".rollcall", "scene");
    await visit.click("Someone else…");
    await visit.page.waitForSelector(".rollcall-picks button");
    await accessible(".rollcall-picker .modal-content", "picker");
    await visit.page.keyboard.press("Escape");
    await visit.page.waitForSelector(".rollcall-picker", { hidden: true });
    await visit.click("Draw a box");
    await visit.page.waitForSelector(".rollcall-box-area");
    await accessible(".modal-content", "box");
    await visit.page.keyboard.press("Escape");
    await visit.click("Add the sure one");
    await visit.sees("Already tagged");
    await accessible(".rollcall");
  });

  test("on an image and on a performer", async () => {
    await go("/images/1");
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
    await accessible(".rollcall-dialog .modal-content", "image");
    const who = [...stash.library.performers.values()].at(-1);
    who.stash_ids = [];
    await go(`/performers/${who.id}`);
    await visit.click("Find on StashDB");
    await visit.page.waitForSelector('.rollcall-find[data-state="done"]', { timeout: PATIENCE });
    await accessible(".rollcall-find", "performer");
  });

  test("in the scan, its review, and the settings", async () => {
    await go("/plugin/rollcall");
    await visit.click("Start scanning");
    await visit.page.waitForFunction(() => document.querySelector(".rollcall-bulk").dataset.state === "finished", { timeout: PATIENCE });
    await visit.page.waitForSelector(".rollcall-review");
    await accessible(".rollcall-page", "review");
    await visit.click("Settings and check");
    await visit.click("Check now");
    await visit.page.waitForSelector(".rollcall-places", { timeout: PATIENCE });
    await visit.page.$eval("[aria-expanded=false]", (button) => button.click());
    await visit.click("Forget everything…");
    await accessible(".rollcall-page", "settings");
  });

  test("where there is no database, or one that the policy refuses", async () => {
    bare.library.pluginSettings.rollcall = { frames: 12, csp_databaseUrl: "http://nas.test:7878" };
    await go("/scenes/1", bare);
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
    await visit.page.waitForSelector(".rollcall-first-run");
    await accessible(".rollcall", "first-run");
  });

  test("where something went wrong", async () => {
    // One that this browser has kept nothing of.
    const broken = await stashWith({ library: films({}, 1) });
    try {
      broken.faults.add({ when: ({ path }) => path.endsWith("_cpu_bg.wasm"), status: 404, body: "404 page not found\n" });
      await go("/scenes/1", broken);
      await visit.click("Identify performers");
      assert.equal(await visit.answered(), "failed");
      await accessible(".rollcall", "problem");
    } finally {
      broken.close();
    }
  });
});
