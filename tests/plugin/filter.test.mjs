// Scenes by a filter that the user has saved in Stash.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { HOSTILE } from "../stash/fixtures.mjs";
import { PATIENCE, Visit, films, launch, skip, stashWith } from "./lib/world.mjs";

describe("a saved filter", { skip }, () => {
  let browser, stash, visit;
  before(async () => {
    browser = await launch("chromium");
    const library = films({}, 4);
    const tag = library.addTag({ name: "New" });
    for (const id of ["2", "3", "4"]) library.scenes.get(id).tag_ids.push(tag.id);
    library.scenes.get("4").organized = true;
    library.scenes.get("3").performer_ids.push("1");
    const tagged = { tags: { modifier: "INCLUDES", value: { items: [{ id: tag.id, label: "New" }], excluded: [], depth: 0 } } };
    const of = (name, object_filter, q = "") => ({ id: String(library.savedFilters.length + 1), mode: "SCENES", name, find_filter: { q, page: 1, per_page: 40 }, object_filter });
    library.savedFilters.push(of("New ones", tagged));
    library.savedFilters.push(of(HOSTILE[0], { ...tagged, captions: { modifier: "EQUALS", value: "German" }, duplicated: { modifier: "EQUALS", value: { phash: true } } }));
    library.savedFilters.push(of("At a box", { stash_id_endpoint: { modifier: "IS_NULL", value: { endpoint: "https://stashdb.org/graphql", stashID: "" } } }));
    library.savedFilters.push({ ...of("Of performers", {}), mode: "PERFORMERS" });
    library.pluginSettings.rollcall = { noOwnLibrary: true, frames: 2 };
    stash = await stashWith({ library });
    visit = await Visit.open(browser, `${stash.origin}/plugin/rollcall`);
  });
  after(async () => { await browser?.close(); stash?.close(); });

  async function choose(name) {
    const select = await visit.page.waitForSelector(".rollcall-filter");
    const value = await visit.page.$$eval(".rollcall-filter option", (all, name) => all.find((one) => one.textContent === name)?.value, name);
    await select.select(value);
  }
  const sprites = () => stash.log.filter(({ path }) => path.endsWith("_sprite.jpg")).length;

  test("is offered if it is one of scenes", async () => {
    await visit.page.waitForSelector(".rollcall-filter");
    const names = await visit.page.$$eval(".rollcall-filter option", (all) => all.map((one) => one.textContent));
    assert.deepEqual(names, ["Usual scenes", "New ones", HOSTILE[0], "At a box"]);
  });

  test("that cannot be used is refused by name, and nothing is looked at", async () => {
    await choose(HOSTILE[0]);
    await visit.click("Start scanning");
    await visit.sees("cannot be used here, because of: captions, duplicated.", ".alert");
    await choose("At a box");
    await visit.click("Start scanning");
    await visit.sees("because of: stash id endpoint.", ".alert");
    await visit.shot("filter-refused");
    assert.deepEqual(stash.asked("RollcallScenes"), []);
    assert.equal(await visit.page.evaluate(() => window.owned), undefined);
  });

  test("chooses the scenes, also those with performers, but no organized ones", async () => {
    await choose("New ones");
    await visit.click("Start scanning");
    await visit.page.waitForFunction(() => document.querySelector(".rollcall-bulk")?.dataset.state === "finished", { timeout: PATIENCE, polling: 100 });
    await visit.sees("2 of 2 scenes looked at");
    await visit.sees("Filter: New ones.");
    assert.equal(sprites(), 2);
    const [{ scene_filter: filter }] = stash.asked("RollcallScenes");
    assert.deepEqual(filter.tags, { value: [[...stash.library.tags.keys()][0]], modifier: "INCLUDES", depth: 0 });
    assert.ok(!JSON.stringify(stash.asked("RollcallScenes")).includes("endpoint"));
    await visit.shot("filter");
  });

  test("holds after a reload", async () => {
    await visit.page.reload();
    await visit.sees("Filter: New ones.");
    assert.deepEqual(visit.errors, []);
  });
});
