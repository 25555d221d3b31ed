// Images, galleries, performers, the settings page; languages, hostile names, accessibility.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { hostile, STASHDB } from "../stash/fixtures.mjs";
import { Visit, films, launch, skip, stashWith } from "./lib/world.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe("pages", { skip }, () => {
  let browser, stash, visit;
  before(async () => {
    browser = await launch("chromium");
    stash = await stashWith({ library: films({}, 1) });
    visit = await Visit.open(browser, stash.origin);
  });
  after(async () => { await browser?.close(); stash?.close(); });
  const go = (path) => visit.page.goto(`${stash.origin}${path}`);

  /** Axe finds nothing serious in our part of the page. */
  async function accessible(within) {
    await visit.page.evaluate(axe);
    const { violations } = await visit.page.evaluate((within) => window.axe.run(within, { rules: { "color-contrast": { enabled: false } } }), within);
    const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
    assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes[0].html]), []);
  }

  test("hostile names are text", async () => {
    // Names come from the library alone then.
    const evil = await stashWith({ library: hostile(films({}, 1)), database: false });
    const owned = () => visit.page.evaluate(() => window.owned);
    await visit.page.goto(`${evil.origin}/scenes/1`);
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
    await visit.click("Add the sure one");
    await visit.sees("Added: ");
    await visit.click("Someone else…");
    await visit.page.waitForSelector(".rollcall-picks button");
    assert.ok((await visit.text(".rollcall-picks")).includes("onerror"));
    assert.equal(await owned(), undefined);
    await visit.page.keyboard.press("Escape");
    await accessible(".rollcall");
    await visit.shot("hostile-names");
    await visit.page.goto(`${evil.origin}/plugin/rollcall`);
    await visit.click("Settings and check");
    await visit.click("Check now");
    await visit.page.waitForSelector(".rollcall-places", { timeout: 120_000 });
    assert.equal(await owned(), undefined);
    assert.equal(await visit.page.$("img[src='x'], a[href^='javascript:']"), null);
    evil.close();
  });

  test("an image says who is on it", async () => {
    await go("/images/1");
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
    assert.ok((await visit.people()).length >= 1);
    await accessible(".rollcall-dialog");
    await visit.shot("image");
    await visit.click("Add", ".rollcall-dialog");
    await visit.sees("Added: ");
    assert.equal(stash.library.images.get("1").performer_ids.length, 1);
    assert.equal(stash.asked("RollcallAddToImages")[0].performers.mode, "ADD");
    await visit.page.keyboard.press("Escape");
    await visit.page.waitForSelector(".rollcall-dialog", { hidden: true });
  });

  test("a gallery says who is in it, with how many pictures each", async () => {
    await go("/galleries/1");
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
    assert.ok((await visit.people()).length >= 2);
    await visit.shot("gallery");
  });

  test("a performer is linked in the endpoint that the user has", async () => {
    const who = [...stash.library.performers.values()].at(-1);
    const [{ stash_id: uuid }] = who.stash_ids;
    who.stash_ids = [];
    await go(`/performers/${who.id}`);
    await visit.click("Find on StashDB");
    await visit.page.waitForSelector('.rollcall-find[data-state="done"]', { timeout: 120_000 });
    await visit.click("Link");
    await visit.sees("Linked with stashdb.org");
    assert.deepEqual(who.stash_ids.map(({ endpoint, stash_id }) => ({ endpoint, stash_id })), [{ endpoint: STASHDB, stash_id: uuid }]);
    await visit.shot("performer");
  });

  test("the connection check says what runs and where the database is", async () => {
    await go("/plugin/rollcall");
    await visit.click("Settings and check");
    await visit.click("Check now");
    await visit.page.waitForSelector(".rollcall-places", { timeout: 120_000 });
    const text = await visit.text(".rollcall-page");
    for (const part of ["v0.31.0", "The CPU does the work", "18 performers of your own", "/custom/rollcall/", "stashdb"]) assert.ok(text.includes(part), part);
    assert.ok(!text.includes("apikey"));
    await accessible(".rollcall-page");
    await visit.shot("settings");
  });

  test("everything is forgotten after a question, with counts", async () => {
    await visit.click("Forget everything…");
    assert.notEqual(stash.library.pluginSettings.rollcall.decisions, undefined);
    await visit.click("Forget it all");
    await visit.sees("Forgotten: 0 rejected names, 0 reviewed scenes, 2 entries");
    assert.deepEqual(JSON.parse(stash.library.pluginSettings.rollcall.decisions).journal, []);
  });

  test("Stash's language is spoken, on a phone as well", async () => {
    stash.library.interface.language = "de-DE";
    await visit.page.setViewport({ width: 390, height: 844 });
    await go("/scenes/1");
    await visit.sees("Gesichter");
    await visit.click("Gesichter");
    await visit.sees("Sucht Gesichter");
    const wide = await visit.page.evaluate(() => document.querySelector(".rollcall").scrollWidth > document.documentElement.clientWidth);
    assert.equal(wide, false);
    await visit.shot("german-phone");
  });

  test("look only offers nothing that writes", async () => {
    stash.library.interface.language = "en-GB";
    stash.library.pluginSettings.rollcall = { lookOnly: true };
    await visit.page.setViewport({ width: 1280, height: 900 });
    await go("/scenes/1");
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
    const buttons = await visit.page.$$eval(".rollcall button", (all) => all.map((button) => button.textContent));
    for (const text of ["Add", "Not this person", "Someone else…", "Add the sure one"]) assert.ok(!buttons.includes(text), text);
  });

  test("going to and fro leaves no button twice and no error", async () => {
    for (let i = 0; i < 10; i += 1) {
      await visit.click("Scenes");
      await visit.page.waitForFunction(() => location.pathname === "/scenes" && !document.querySelector(".rollcall-button"));
      await visit.page.evaluate(() => history.back());
      await visit.page.waitForFunction(() => document.querySelectorAll(".rollcall-button").length === 1);
    }
    assert.deepEqual(visit.errors, []);
  });
});
