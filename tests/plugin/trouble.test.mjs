// What happens to a page that is not alone: https, no room on the disk, several Stashes on one host, several
// tabs, and a worker that is ended without a word.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startPrefix } from "../stash/prefix.mjs";
import { PATIENCE, Visit, films, launch, skip, starOf, stashWith, waitFor } from "./lib/world.mjs";

describe("trouble", { skip }, () => {
  let browser, star;
  before(async () => { star = starOf(films({}, 1)); browser = await launch("chromium"); });
  after(() => browser?.close());

  /** A Stash for one test; of a film some frames are enough, and the database knows all. */
  async function stashFor(t, options, settings) {
    const stash = await stashWith({ library: films({}, 1), ...options });
    stash.library.pluginSettings.rollcall = { frames: 12, noOwnLibrary: true, ...settings };
    t.after(() => stash.close());
    return stash;
  }
  async function proxyFor(t, ...how) {
    const proxy = await startPrefix(...how);
    t.after(() => proxy.close());
    return proxy;
  }
  async function visitOf(t, url, options) {
    const visit = await Visit.open(browser, url, options);
    t.after(() => visit.page.close());
    return visit;
  }
  const scanned = (visit, done) => visit.page.waitForFunction(
    (done) => document.body.innerText.includes(done), { timeout: PATIENCE, polling: 100 }, done,
  );
  const waiting = (visit) => visit.page.$eval(".rollcall-bulk", ({ dataset }) => Number(dataset.waiting));

  test("from an https page a host of plain http is not reached, and the sentence says so; the own address is", async (t) => {
    const stash = await stashFor(t, {}, { csp_databaseUrl: "http://nas.test:7878", noOwnLibrary: false });
    const proxy = await proxyFor(t, { "": stash.port }, { tls: true });
    const visit = await visitOf(t, `https://stash.test:${proxy.port}/scenes/1`);
    assert.equal(await visit.page.evaluate(() => window.isSecureContext), true);
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
    await visit.sees("This page is https and http://nas.test:7878 is not");
    assert.equal((await visit.people())[0].name, star, "the own library does meanwhile");
    await visit.shot("mixed");
    await visit.page.type(".rollcall-address input", "/custom/rollcall");
    await visit.click("Use this one");
    await visit.page.waitForFunction(() => /database \S+ with/.test(document.querySelector(".rollcall-facts")?.innerText), { timeout: PATIENCE });
    assert.equal((await visit.people())[0].name, star);
    assert.deepEqual(visit.errors, []);
  });

  test("without room on the disk a scene is identified, and a scan says that it is not kept", async (t) => {
    const stash = await stashFor(t, { library: films({}, 2) });
    const visit = await visitOf(t, `${stash.origin}/scenes/1`);
    const debug = await visit.page.createCDPSession();
    await debug.send("Storage.overrideQuotaForOrigin", { origin: stash.origin, quotaSize: 1000 });
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
    assert.deepEqual((await visit.people())[0], { name: star, badges: ["Sure"] });
    await visit.page.goto(`${stash.origin}/plugin/rollcall`);
    await visit.click("Start scanning");
    await scanned(visit, "2 of 2 scenes looked at");
    await visit.sees("This browser keeps nothing here");
    await visit.shot("no-room");
    const names = await waiting(visit);
    assert.ok(names >= 1);
    for (let key = 0; key < names; key += 1) await visit.page.keyboard.press("a");
    await waitFor(() => stash.asked("RollcallAddToScenes").length === names);
    assert.deepEqual(visit.errors, []);
  });

  test("two Stashes below paths of one host know nothing of each other", async (t) => {
    const [one, other] = [await stashFor(t, {}), await stashFor(t, {})];
    const proxy = await proxyFor(t, { "/one": one.port, "/other": other.port });
    const at = (path) => visitOf(t, `http://stash.test:${proxy.port}${path}/plugin/rollcall`);
    const first = await at("/one");
    await first.click("Start scanning");
    await scanned(first, "1 of 1 scenes looked at");
    const names = await waiting(first);
    assert.ok(names >= 1);
    const second = await at("/other");
    await second.page.waitForSelector(".rollcall-bulk[data-state=paused]");
    assert.equal(await waiting(second), 0);
    await second.click("Settings and check");
    await second.click("Forget everything…");
    await second.click("Forget it all");
    await second.sees("0 entries of what was written, 0 kept results");
    await first.page.bringToFront();
    await first.page.reload();
    await first.sees("1 of 1 scenes looked at");
    assert.equal(await waiting(first), names);
    assert.equal(other.library.scenes.get("1").performer_ids.length, 0);
  });

  test("two tabs decide beside each other, and nothing is lost or written twice", async (t) => {
    const stash = await stashFor(t, { library: films({}, 2) });
    const [left, right] = [await visitOf(t, `${stash.origin}/scenes/1`), await visitOf(t, `${stash.origin}/scenes/1`)];
    for (const tab of [right, left]) {
      await tab.page.bringToFront();
      await tab.click("Identify performers");
      assert.equal(await tab.answered(), "done");
    }
    // Both show the same person as not yet tagged.
    await left.click("Add the sure one");
    await left.sees(`Added: ${star}`);
    await right.page.bringToFront();
    await right.click("Add the sure one");
    await right.sees("Already tagged");
    assert.equal(stash.library.scenes.get("1").performer_ids.length, 1);
    await right.page.goto(`${stash.origin}/scenes/2`);
    await right.click("Identify performers");
    assert.equal(await right.answered(), "done");
    await right.click("Not this person");
    await right.sees("Remembered");
    const { rejected, journal } = JSON.parse(stash.library.pluginSettings.rollcall.decisions);
    assert.deepEqual([Object.keys(rejected), journal.length], [["scene:2"], 1]);
    await left.page.bringToFront();
    await left.click("Undo 1 change");
    await left.sees("1 change taken back");
    assert.deepEqual(Object.keys(JSON.parse(stash.library.pluginSettings.rollcall.decisions).rejected), ["scene:2"]);
    assert.deepEqual([...left.errors, ...right.errors], []);
  });

  test("two tabs do not scan at once, and each goes on where the other stopped", async (t) => {
    const stash = await stashFor(t, { library: films({}, 3) });
    const first = await visitOf(t, `${stash.origin}/plugin/rollcall`);
    await first.click("Start scanning");
    await scanned(first, "1 of 3 scenes");
    const second = await visitOf(t, `${stash.origin}/plugin/rollcall`);
    await second.page.bringToFront();
    for (const button of ["Go on", "Start over"]) {
      await second.click(button);
      await second.sees("Another tab of this browser is scanning");
    }
    await first.page.bringToFront();
    await first.click("Pause");
    await first.page.waitForSelector(".rollcall-bulk[data-state=paused]");
    const found = await waiting(first);
    assert.ok(found >= 1, "what the first has found is not lost");
    await second.page.bringToFront();
    await second.click("Go on");
    await second.page.waitForSelector(".rollcall-bulk[data-state=finished]", { timeout: PATIENCE });
    await second.sees("3 of 3 scenes looked at");
    assert.ok(await waiting(second) > found);
    await second.click("Settings and check");
    await second.click("Forget everything…");
    await second.click("Forget it all");
    await second.sees("0 entries of what was written");
    assert.equal(await waiting(first), 0, "what is forgotten in one tab is forgotten in all");
    assert.deepEqual([...first.errors, ...second.errors], []);
  });

  test("a tab that is still open after an update of the plugin asks to be loaded anew", async (t) => {
    const stash = await stashFor(t, { library: films({}, 1) });
    // What the update has replaced is no longer at its place.
    const heal = stash.faults.add({ when: ({ path }) => path.endsWith("/later.js"), status: 404, body: "404 page not found\n" });
    const visit = await visitOf(t, `${stash.origin}/plugin/rollcall`);
    await visit.sees("Reload the page");
    heal();
    await visit.page.reload();
    await visit.page.waitForSelector(".rollcall-bulk");
  });

  test("of two tabs that begin at once, clicked twice each, one scans every scene once", async (t) => {
    const stash = await stashFor(t, { library: films({}, 3) });
    const visits = [await visitOf(t, `${stash.origin}/plugin/rollcall`), await visitOf(t, `${stash.origin}/plugin/rollcall`)];
    for (const { page } of visits) {
      await page.bringToFront();
      await page.waitForSelector(".rollcall-bulk[data-state=paused]");
    }
    const click = ({ page }) => page.evaluate(() => {
      const start = [...document.querySelectorAll("button")].find(({ textContent }) => textContent.trim() === "Start scanning");
      start.click();
      start.click();
    });
    await click(visits[0]);
    // The first has asked already, and has not begun.
    await new Promise((done) => setTimeout(done, 150));
    await click(visits[1]);
    const states = () => Promise.all(visits.map(({ page }) => page.$eval(".rollcall-bulk", ({ dataset, innerText }) => (
      innerText.includes("Another tab of this browser is scanning") ? "told" : dataset.state))));
    const end = Date.now() + PATIENCE;
    while (!(await states()).includes("finished") && Date.now() < end) await new Promise((done) => setTimeout(done, 200));
    assert.deepEqual((await states()).sort(), ["finished", "told"]);
    const sheets = stash.log.filter(({ path }) => path.endsWith("_sprite.jpg")).map(({ path }) => path);
    assert.deepEqual([sheets.length, new Set(sheets).size], [3, 3], "each is read once");
  });

  test("a worker that is ended without a word is noticed, said, and made good", async (t) => {
    const stash = await stashFor(t, { library: films({}, 1) }, { gentle: true });
    // In this page a minute is ten seconds long.
    const visit = await visitOf(t, `${stash.origin}/scenes/1`, { before: (page) => page.evaluateOnNewDocument(() => {
      const patient = setTimeout;
      window.setTimeout = (what, time, ...how) => patient(what, time >= 60_000 ? time / 6 : time, ...how);
    }) });
    await visit.click("Identify performers");
    await visit.page.waitForFunction(() => /Looking for faces [1-9]/.test(document.body.innerText), { timeout: PATIENCE, polling: 20 });
    const [worker] = visit.page.workers();
    await worker.evaluate(() => self.close());
    assert.equal(await visit.answered(), "done");
    assert.deepEqual((await visit.people())[0], { name: star, badges: ["Sure"] });
    await visit.sees("its worker had to be started again (no answer for 60 seconds)");
    // Idle, nobody waits for it; the next click does.
    await visit.page.workers()[0].evaluate(() => self.close());
    await visit.click("Identify again");
    await visit.page.waitForFunction(() => document.querySelector(".rollcall").dataset.phase === "working");
    assert.equal(await visit.answered(), "done");
    assert.equal((await visit.people())[0].name, star);
    assert.deepEqual(visit.errors, []);
  });
});
