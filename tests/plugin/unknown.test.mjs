// People without a name, brought together over scenes and named once.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PATIENCE, Visit, films, launch, skip, starOf, stashWith, waitFor } from "./lib/world.mjs";

describe("people without a name", { skip }, () => {
  let browser, stash, visit, star;
  before(async () => {
    browser = await launch("chromium");
    // Two films, each twice: everybody is in two scenes.
    const library = films({}, 14);
    for (const id of library.scenes.keys()) if (!["1", "2", "13", "14"].includes(id)) library.scenes.delete(id);
    star = starOf(library);
    stash = await stashWith({ library, database: false });
    library.pluginSettings.rollcall = { noOwnLibrary: true, frames: 9 };
    visit = await Visit.open(browser, `${stash.origin}/plugin/rollcall`);
  });
  after(async () => { await browser?.close(); stash?.close(); });

  const groups = () => visit.page.$$eval(".rollcall-group", (all) => all.map((group) => ({ faces: group.querySelectorAll("img").length, text: group.innerText })));
  async function together() {
    await visit.click("Bring them together");
    await visit.page.waitForFunction(() => document.querySelector(".rollcall-unknown")?.dataset.state === "done", { timeout: PATIENCE, polling: 50 });
  }
  async function tab(name) {
    await visit.page.waitForSelector(".rollcall-page");
    await visit.click(name, ".rollcall-page .nav-tabs");
  }

  test("are kept only once the user says so, and for how long", async () => {
    await tab("People without a name");
    await visit.shot("unknown-off");
    await visit.click("Keep people without a name from now on");
    await visit.sees("kept for 30 days");
    assert.equal(stash.library.pluginSettings.rollcall.keepUnknown, 30);
  });

  test("are brought together over scenes, with their faces", async () => {
    await tab("Scan many scenes");
    await visit.click("Start scanning");
    await visit.page.waitForFunction(() => document.querySelector(".rollcall-bulk")?.dataset.state === "finished", { timeout: PATIENCE, polling: 100 });
    await tab("People without a name");
    await together();
    const found = await groups();
    const people = new Set(["1", "2"].flatMap((id) => stash.library.scenes.get(id).truth.people.map(({ name }) => name)));
    assert.ok(found.length >= 2 && found.length <= people.size + 1, `${found.length} groups, ${people.size} people`);
    assert.ok(found.every(({ faces, text }) => faces >= 2 && /Seen in [2-4] scenes/.test(text)), JSON.stringify(found));
    await visit.shot("unknown-groups");
    assert.deepEqual(stash.asked("RollcallAddToScenes"), []);
  });

  test("named once, wait in the review for all their scenes", async () => {
    const { length } = await groups();
    await visit.click("Who is it?…", ".rollcall-group");
    await visit.page.waitForSelector(".rollcall-picks button");
    await visit.page.type(".rollcall-picker input", star);
    await visit.click(star, ".rollcall-picks");
    await visit.sees(`${star} waits for you in 2 scenes`);
    assert.equal((await groups()).length, length - 1);
    await tab("Scan many scenes");
    await visit.sees("you said so", ".rollcall-review");
    await visit.shot("unknown-review");
    assert.deepEqual(stash.asked("RollcallAddToScenes"), []);
    await visit.page.keyboard.press("a");
    await visit.page.keyboard.press("a");
    await waitFor(() => stash.asked("RollcallAddToScenes").length === 2);
    const { id } = [...stash.library.performers.values()].find(({ name }) => name === star);
    const added = stash.asked("RollcallAddToScenes");
    assert.ok(added.every(({ performers }) => performers.mode === "ADD" && performers.ids.join() === id));
    assert.equal(new Set(added.map(({ ids }) => ids[0])).size, 2);
  });

  test("may be somebody new, who can be taken back", async () => {
    await tab("People without a name");
    await together();
    const { length } = await groups();
    await visit.click("Who is it?…", ".rollcall-group");
    await visit.page.waitForSelector(".rollcall-picks button");
    await visit.page.type(".rollcall-picker input", "Zed <b>New</b>");
    await visit.click("Create “Zed <b>New</b>”");
    await visit.sees("Zed <b>New</b> waits for you in 2 scenes");
    assert.equal((await groups()).length, length - 1);
    const made = () => [...stash.library.performers.values()].find(({ name }) => name === "Zed <b>New</b>");
    assert.deepEqual(made().stash_ids, []);
    await tab("Settings and check");
    await visit.click("Undo 1 change");
    await visit.sees("1 change taken back");
    assert.equal(made(), undefined);
  });

  test("left out are not shown again, and on a click all of them are forgotten", async () => {
    await tab("People without a name");
    await together();
    const { length } = await groups();
    assert.ok(length >= 1);
    await visit.click("Leave out", ".rollcall-group");
    await visit.page.waitForFunction((length) => document.querySelectorAll(".rollcall-group").length === length, {}, length - 1);
    await together();
    assert.equal((await groups()).length, length - 1);
    await visit.click("Forget them and keep no more");
    await visit.sees("Keep people without a name from now on");
    await visit.click("Keep people without a name from now on");
    await together();
    await visit.sees("0 people are in several of 0 scenes");
    assert.deepEqual(visit.errors, []);
  });
});
