// Many scenes: the scan, a reload in its middle, and the review by keyboard.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PATIENCE, Visit, films, launch, skip, starOf, stashWith, waitFor } from "./lib/world.mjs";

describe("many scenes", { skip }, () => {
  let browser, stash, visit;
  before(async () => {
    browser = await launch("chromium");
    stash = await stashWith({ library: films({}, 4) });
    stash.library.scenes.get("2").organized = true;
    visit = await Visit.open(browser, `${stash.origin}/plugin/rollcall`);
  });
  after(async () => { await browser?.close(); stash?.close(); });

  const state = () => visit.page.$eval(".rollcall-bulk", ({ dataset }) => ({ ...dataset, waiting: Number(dataset.waiting) }));
  const until = (wanted) => visit.page.waitForFunction(
    (wanted) => document.querySelector(".rollcall-bulk")?.dataset.state === wanted, { timeout: PATIENCE, polling: 100 }, wanted,
  );
  const performersOf = (id) => stash.library.scenes.get(id).performer_ids.map((id) => stash.library.performers.get(id).name);

  test("a reload in the middle loses no scene that was looked at", async () => {
    await visit.click("Start scanning");
    await visit.page.waitForFunction(() => /1 of 3 scenes/.test(document.body.innerText), { timeout: PATIENCE, polling: 50 });
    await visit.page.reload();
    await visit.sees("1 of 3 scenes looked at");
    await visit.click("Go on");
    await until("finished");
    await visit.sees("3 of 3 scenes looked at");
    const sprites = stash.log.filter(({ path }) => /_sprite\.jpg$/.test(path)).map(({ path }) => path);
    const twice = sprites.filter((path, place) => sprites.indexOf(path) !== place);
    assert.ok(twice.length <= 1, "only the scene in work at the reload is read again");
  });

  test("organized scenes are left alone, and nothing is written by the scan", () => {
    assert.equal(stash.log.filter(({ path }) => path.includes(stash.library.scenes.get("2").file.hash)).length, 0);
    assert.deepEqual(stash.asked("RollcallAddToScenes"), []);
  });

  test("one key adds one person, with a tag", async () => {
    const { waiting } = await state();
    assert.ok(waiting >= 2, `${waiting} wait`);
    await visit.shot("bulk-review");
    // As fast as fingers can: nobody may be added twice, or left out.
    for (let key = 0; key < waiting; key += 1) await visit.page.keyboard.press("a");
    await visit.page.waitForFunction(() => document.querySelector(".rollcall-bulk").dataset.waiting === "0");
    await waitFor(() => stash.asked("RollcallAddToScenes").length === waiting);
    const keys = waiting;
    const added = stash.asked("RollcallAddToScenes");
    assert.ok(keys / added.length <= 1.2, `${keys} keys for ${added.length} people`);
    assert.ok(added.every(({ performers, tags }) => performers.mode === "ADD" && tags.mode === "ADD"));
    assert.ok(performersOf("1").includes(starOf(stash.library)));
  });

  test("the last one can be taken back, tag and all", async () => {
    const last = stash.asked("RollcallAddToScenes").at(-1);
    await visit.page.keyboard.press("z");
    await visit.sees("1 change taken back");
    const scene = stash.library.scenes.get(last.ids[0]);
    assert.ok(!scene.performer_ids.includes(last.performers.ids[0]));
    assert.equal((await state()).waiting, 1);
  });

  test("a scan that is left goes on while the user is elsewhere in Stash", async () => {
    await visit.click("Start over");
    await visit.click("Scenes");
    await visit.page.waitForFunction(() => location.pathname.endsWith("/scenes"));
    await visit.page.evaluate(() => document.querySelector('a[title="Rollcall"]').click());
    await until("finished");
    assert.deepEqual(visit.errors, []);
  });
});
