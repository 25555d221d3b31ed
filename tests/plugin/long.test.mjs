// What only shows after a while: two hundred scenes with a reload in their middle, and a hundred pages.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PATIENCE, Visit, films, launch, skip, stashWith } from "./lib/world.mjs";

/** Films are looked at in few frames here: it is their number that counts. */
const SETTINGS = { frames: 4, noOwnLibrary: true };

describe("two hundred scenes", { skip }, () => {
  const COUNT = 200;
  let browser, stash, visit;
  before(async () => {
    browser = await launch("chromium");
    stash = await stashWith({ library: films({}, COUNT) });
    stash.library.pluginSettings.rollcall = { ...SETTINGS };
    visit = await Visit.open(browser, `${stash.origin}/plugin/rollcall`);
  });
  after(async () => { await browser?.close(); stash?.close(); });

  /** Waits until so many scenes have been looked at. */
  const looked = (count) => visit.page.waitForFunction(
    (count) => Number(/(\d+) of \d+ scenes/.exec(document.body.innerText)?.[1]) >= count, { timeout: 4 * PATIENCE, polling: 200 }, count,
  );
  /** How often the sheet of each scene was read, by the scene's number. */
  const reads = () => {
    const scenes = [...stash.library.scenes.values()];
    const asked = stash.log.filter(({ path }) => path.endsWith("_sprite.jpg")).map(({ path }) => path);
    return new Map(scenes.map(({ id, file: { hash } }) => [id, asked.filter((path) => path.includes(hash)).length]));
  };

  test("are looked at once each, although the tab is loaded anew in their middle", { timeout: 8 * PATIENCE }, async () => {
    await visit.click("Start scanning");
    await looked(COUNT / 2);
    await visit.page.reload();
    await visit.click("Go on");
    await looked(COUNT);
    await visit.page.waitForFunction(() => document.querySelector(".rollcall-bulk").dataset.state === "finished", { timeout: PATIENCE });
    const often = [...reads().values()];
    assert.equal(often.filter((count) => count === 0).length, 0, "no scene was left out");
    assert.ok(often.filter((count) => count > 1).length <= 1, "only the scene in work at the reload is read again");
    assert.deepEqual(visit.errors, []);
  });

  test("lose no name and double none", async () => {
    await visit.page.reload();
    await visit.sees(`${COUNT} of ${COUNT} scenes looked at`);
    const waiting = await visit.page.evaluate(waitingNames);
    assert.equal(await visit.page.$eval(".rollcall-bulk", ({ dataset }) => Number(dataset.waiting)), waiting.length);
    assert.equal(new Set(waiting.map(String)).size, waiting.length, "nobody waits twice");
    // The same film under another number has the same people.
    const people = (id) => waiting.filter(([scene]) => scene === String(id)).map(([, name]) => name).sort();
    const different = new Set([...stash.library.scenes.values()].map(({ title }) => title.replace(/ \(\d+\)$/, ""))).size;
    assert.ok(waiting.length > COUNT / 4, `${waiting.length} names`);
    for (let id = different + 1; id <= COUNT; id += 1) assert.deepEqual(people(id), people(((id - 1) % different) + 1), `scene ${id}`);
  });
});

/** In the page: who waits, as this browser keeps it: numbers of scenes and names. */
async function waitingNames() {
  const [{ name }] = (await indexedDB.databases()).filter(({ name }) => name.startsWith("rollcall plugin"));
  const database = await new Promise((done) => { indexedDB.open(name).onsuccess = ({ target }) => done(target.result); });
  const items = await new Promise((done) => {
    const range = IDBKeyRange.bound("bulk / item ", "bulk / item \uffff");
    database.transaction("kept").objectStore("kept").getAll(range).onsuccess = ({ target }) => done(target.result);
  });
  database.close();
  return items.map(({ scene, person }) => [scene.id, person.best.candidate.name]);
}

describe("a hundred pages", { skip }, () => {
  const PAGES = [["/scenes/1", ".rollcall-button"], ["/performers/1", ".rollcall-find"], ["/images/1", ".rollcall-button"], ["/plugin/rollcall", ".rollcall-bulk"], ["/scenes/2", ".rollcall-button"]];
  let browser, stash, visit, debug;
  before(async () => {
    browser = await launch("chromium");
    stash = await stashWith({ library: films({}, 2) });
    stash.library.pluginSettings.rollcall = { ...SETTINGS };
    visit = await Visit.open(browser, `${stash.origin}/scenes/1`);
    debug = await visit.page.createCDPSession();
  });
  after(async () => { await browser?.close(); stash?.close(); });

  const go = async ([path, there]) => {
    await visit.page.evaluate((to) => { history.pushState({}, "", to); dispatchEvent(new PopStateEvent("popstate")); }, path);
    // A handle would keep the element it stands for.
    await (await visit.page.waitForSelector(there)).dispose();
    if (!path.startsWith("/scenes")) return;
    await visit.page.evaluate(() => document.querySelector('[data-rb-event-key="rollcall-faces"]').click());
    await (await visit.page.waitForSelector(".rollcall[data-phase]")).dispose();
  };
  const round = async () => { for (const page of PAGES) await go(page); };
  const kept = async () => {
    await visit.page.waitForNetworkIdle({ idleTime: 200 });
    // The second collection takes what the first one has let go.
    for (let turn = 0; turn < 3; turn += 1) await debug.send("HeapProfiler.collectGarbage");
    const { JSEventListeners: listeners, Nodes: nodes, JSHeapUsedSize: heap } = await visit.page.metrics();
    return { listeners, nodes, heap };
  };

  test("leave no element, no listener and no memory behind", { timeout: 2 * PATIENCE }, async (t) => {
    // With everything that starts once: the worker, the database, answers on two pages, and what the browser
    // learns of code that runs often, which settles in the first hundred pages.
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
    for (let turn = 0; turn < 20; turn += 1) await round();
    const before = await kept();
    for (let turn = 0; turn < 100 / PAGES.length; turn += 1) await round();
    const later = await kept();
    t.diagnostic(JSON.stringify({ before, later }));
    assert.deepEqual([later.listeners, later.nodes], [before.listeners, before.nodes]);
    assert.ok(later.heap - before.heap < 500_000, `the heap has grown by ${later.heap - before.heap} bytes`);
    assert.deepEqual(visit.errors, []);
  });
});
