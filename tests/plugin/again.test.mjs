// What was seen in scanned scenes is named again by another database, without a frame.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { PATIENCE, Visit, films, folders, launch, skip, starOf, stashWith } from "./lib/world.mjs";

/** In the page: what the plugin keeps of scenes, by its key; `change` gives other values, or none. */
function keptSeen(change) {
  return new Promise((done, failed) => {
    const open = indexedDB.open("rollcall plugin /");
    open.onerror = () => failed(open.error);
    open.onsuccess = () => {
      const transaction = open.result.transaction("kept", "readwrite"), store = transaction.objectStore("kept");
      const found = {};
      store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        if (cursor.key.startsWith("seen ")) {
          const { named, unknown, ...rest } = cursor.value;
          found[cursor.key] = { ...rest, bytes: (named ?? unknown)?.length };
          if (change === "age" && unknown) {
            store.delete(cursor.key);
            store.put({ ...cursor.value, day: cursor.value.day - 40 }, cursor.key.replace(/unknown \d+/, `unknown ${String(cursor.value.day - 40).padStart(6, "0")}`));
          }
          if (change === "leave out" && unknown) store.put({ ...cursor.value, done: [...Array(20).keys()] }, cursor.key);
          if (change === "damage" && named) store.put({ ...cursor.value, named: named.map((byte, place) => (place < 20 ? 193 : byte)) }, cursor.key);
        }
        cursor.continue();
      };
      transaction.oncomplete = () => { open.result.close(); done(found); };
    };
  });
}

describe("scanned scenes", { skip }, () => {
  let browser, stash, visit, folder, changed;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "rollcall-again-"));
    browser = await launch("chromium");
    stash = await stashWith({ library: films({}, 3), database: false, custom: { "/rollcall": folder } });
    set({ keepUnknown: 30 });
    visit = await Visit.open(browser, `${stash.origin}/plugin/rollcall`);
  });
  after(async () => { await browser?.close(); stash?.close(); rmSync(folder, { recursive: true, force: true }); });

  const set = (settings) => { stash.library.pluginSettings.rollcall = { noOwnLibrary: true, frames: 9, ...settings }; };
  const waiting = () => visit.page.$eval(".rollcall-bulk", ({ dataset }) => Number(dataset.waiting));
  const kinds = async () => Object.keys(await visit.page.evaluate(keptSeen)).map((key) => key.split(" ")[2]).sort().join(" ");
  async function scan() {
    await visit.page.waitForFunction(() => /Start (scanning|over)/.test(document.body.innerText));
    await visit.click(await visit.page.evaluate(() => (document.body.innerText.includes("Start over") ? "Start over" : "Start scanning")));
    await visit.page.waitForFunction(() => document.querySelector(".rollcall-bulk")?.dataset.state === "finished", { timeout: PATIENCE, polling: 100 });
  }
  /** How many scenes have other names. */
  const different = (text) => Number(/(\d+) scenes? ha(?:s|ve) other names/.exec(text)[1]);
  /** Names all again; gives what was read of Stash's media meanwhile. */
  async function again() {
    const from = stash.log.length;
    await visit.click("Name again");
    await visit.page.waitForFunction(() => document.querySelector(".rollcall-again")?.dataset.state === "done", { timeout: PATIENCE, polling: 50 });
    return stash.log.slice(from).filter(({ path }) => /^\/scene\//.test(path)).map(({ path }) => path);
  }

  test("are kept: people without a name, while there is no database", async () => {
    await scan();
    assert.equal(await waiting(), 0);
    await visit.sees("What was seen in 3 scanned scenes is kept");
    assert.equal(await kinds(), "info scene scene scene unknown unknown unknown");
  });

  test("are named by a database that came later, without reading a frame", async () => {
    cpSync(folders.database, folder, { recursive: true });
    await visit.page.reload();
    await visit.sees("What was seen in 3 scanned scenes is kept");
    await visit.page.evaluate(keptSeen, "leave out");
    assert.deepEqual(await again(), []);
    // Whoever was left out still is, though others have a name by now.
    const seen = Object.entries(await visit.page.evaluate(keptSeen));
    const of = (kind) => seen.filter(([key]) => key.includes(kind)).map(([, value]) => value);
    const strangers = of(" scene ").map(({ id, without }) => [id, [...Array(without).keys()]]);
    const marked = new Map(of(" unknown ").map(({ id, done }) => [id, done]));
    for (const [id, places] of strangers) assert.deepEqual(marked.get(id)?.slice(0, places.length), places, id);
    assert.ok(strangers.some(([, places]) => places.length > 0), JSON.stringify(strangers));
    const said = await visit.text(".rollcall-again");
    assert.match(said, /3 scenes named again in \d+ s\./);
    changed = different(said);
    const names = await waiting();
    assert.ok(changed >= 2 && names >= 2, said);
    const changes = await visit.page.$$eval(".rollcall-again li", (all) => all.map((line) => line.textContent));
    assert.equal(changes.length, changed);
    assert.ok(changes.some((line) => line.includes(`new: ${starOf(stash.library, "1")}`)), changes.join("\n"));
    const face = await visit.page.$eval(".rollcall-review img", ({ src, naturalWidth }) => ({ src, naturalWidth }));
    assert.ok(face.src.startsWith("data:image/jpeg") && face.naturalWidth >= 40, `${face.naturalWidth} pixels`);
    await visit.shot("named-again");
    assert.deepEqual(stash.asked("RollcallAddToScenes"), []);
  });

  test("as a fresh scan would name them", async () => {
    const key = (items) => items.map(({ scene, person }) => `${scene.id} ${person.best.id}`).sort();
    const queue = () => visit.page.evaluate(() => new Promise((done) => {
      const open = indexedDB.open("rollcall plugin /");
      open.onsuccess = () => {
        open.result.transaction("kept").objectStore("kept").getAll(IDBKeyRange.bound("bulk / item ", "bulk / item \uffff")).onsuccess = ({ target }) => { open.result.close(); done(target.result); };
      };
    }));
    const named = key(await queue());
    await scan();
    assert.deepEqual(named, key(await queue()));
  });

  test("once more, and nothing is different", async () => {
    await again();
    await visit.sees("0 scenes have other names than before; 0 names wait", ".rollcall-again");
  });

  test("by other settings have other names, and who is gone is told", async () => {
    set({ keepUnknown: 30, minConfidence: 1 });
    await visit.page.reload();
    await again();
    assert.equal(different(await visit.text(".rollcall-again")), changed);
    await visit.page.$eval(".rollcall-again details", (details) => { details.open = true; });
    await visit.sees(`no longer: `, ".rollcall-again");
    set({ keepUnknown: 30 });
    await visit.page.reload();
    await again();
    assert.equal(different(await visit.text(".rollcall-again")), changed);
  });

  test("that are gone, or damaged in the browser, are forgotten without ado", async () => {
    stash.library.scenes.delete("1");
    set({ keepUnknown: 30, minConfidence: 1 });
    await visit.page.reload();
    await again();
    await visit.sees("What was seen in 2 scanned scenes is kept");
    await visit.page.evaluate(keptSeen, "damage");
    await visit.click("Name again");
    await visit.page.waitForFunction(() => !document.querySelector(".rollcall-again"));
    assert.equal(await kinds(), "info");
    assert.deepEqual(visit.errors, []);
  });

  test("have people without a name only as long as the user has set", async () => {
    set({ keepUnknown: 30, minConfidence: 1 });
    await visit.page.reload();
    await scan();
    assert.equal(await kinds(), "info scene scene unknown unknown");
    await visit.page.evaluate(keptSeen, "age");
    await visit.page.reload();
    await visit.sees("What was seen in 2 scanned scenes is kept");
    assert.equal(await kinds(), "info scene scene");
    set({ minConfidence: 0.5 });
    await visit.page.reload();
    await again();
    await visit.sees("0 scenes have other names", ".rollcall-again");
  });

  test("by default only people with a name, and the settings say how much that is", async () => {
    set({});
    await visit.page.reload();
    await scan();
    const kept = await visit.page.evaluate(keptSeen);
    assert.equal(await kinds(), "info scene scene");
    const scenes = Object.values(kept).filter(({ names }) => names);
    assert.ok(scenes.some(({ names, bytes }) => Object.keys(names).length > 0 && bytes > 500 && bytes < 5000 * Object.keys(names).length), JSON.stringify(scenes));
    assert.ok(scenes.every(({ names, bytes }) => Object.keys(names).length > 0 || bytes < 50), JSON.stringify(scenes));
    await visit.click("Settings and check");
    await visit.sees("Of 2 scanned scenes what was seen is kept in this browser, of 0 also people without a name", ".rollcall-kept-seen");
    await visit.shot("kept-seen", ".rollcall-kept-seen");
    await visit.click("Forget everything…");
    await visit.click("Forget it all");
    await visit.sees("Forgotten: ");
    assert.equal(await kinds(), "");
  });

  test("are not kept where the user does not want it, and what is there goes", async () => {
    await visit.page.reload();
    await scan();
    assert.equal(await kinds(), "info scene scene");
    set({ noKeepSeen: true, keepUnknown: 30 });
    await visit.page.reload();
    await visit.page.waitForFunction(() => document.querySelector(".rollcall-bulk")?.dataset.state === "paused");
    await visit.page.waitForFunction(() => !document.querySelector(".rollcall-again"));
    await scan();
    assert.equal(await kinds(), "");
    assert.deepEqual(visit.errors, []);
  });
});
