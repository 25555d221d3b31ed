// The journal has a note of everything before it is written: whatever dies in between, it can be taken back.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { STASHDB } from "../stash/fixtures.mjs";
import { refuses } from "../stash/faults.mjs";
import { Visit, films, launch, skip, starOf, stashWith, waitFor } from "./lib/world.mjs";

describe("the journal", { skip }, () => {
  let browser, stash, visit, star, uuid;
  before(async () => {
    browser = await launch("chromium");
    star = starOf(films({}, 1));
    stash = await stashWith({ library: films({ without: [star] }, 1) });
    uuid = stash.library.stashBoxes[0].performers.find(({ name }) => name === star).remote_site_id;
    visit = await Visit.open(browser, `${stash.origin}/scenes/1`);
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
  });
  after(async () => { await browser?.close(); stash?.close(); });
  beforeEach(() => stash.faults.clear());

  const scene = () => stash.library.scenes.get("1");
  const journal = () => JSON.parse(stash.library.pluginSettings.rollcall?.decisions ?? '{"journal":[]}').journal;
  const created = () => [...stash.library.performers.values()].find(({ name }) => name === star);
  const make = () => stash.library.addPerformer({ name: star, stash_ids: [{ endpoint: STASHDB, stash_id: uuid }] });
  /** Stash does it, and its answer never comes: `how` says what becomes of the connection. */
  const done = (operation, doIt, how) => stash.faults.add({
    when: (asked) => asked.operation === operation, answer: (asked, response) => { doIt(asked); how(response); return true; },
  });
  const broken = (response) => response.destroy();
  const silent = () => undefined;
  async function other() {
    await visit.click("Someone else…");
    await (await visit.page.waitForSelector(".rollcall-picks button")).click();
  }
  async function undoAll() {
    await visit.click("Undo 1 change");
    await visit.sees("1 change taken back");
    assert.deepEqual(scene().performer_ids, []);
    assert.deepEqual(journal(), []);
  }
  /** Closes the page in the middle, and comes back. */
  async function again() {
    await visit.page.close();
    stash.faults.clear();
    visit = await Visit.open(browser, `${stash.origin}/scenes/1`);
    await visit.click("Faces");
  }

  test("what Stash refuses leaves no note", async () => {
    stash.faults.add(refuses("RollcallAddToScenes", "FOREIGN KEY constraint failed", 1));
    await other();
    await visit.sees("FOREIGN KEY constraint failed");
    assert.deepEqual(journal(), []);
  });

  test("what a broken connection kept from happening is undone without harm", async () => {
    stash.faults.add({ when: ({ operation }) => operation === "RollcallAddToScenes", cut: true });
    await other();
    await visit.page.waitForSelector(".rollcall-problem");
    assert.equal(journal()[0].writes.length, 1);
    stash.faults.clear();
    await undoAll();
  });

  test("what happened although the answer was lost is undone", async () => {
    done("RollcallAddToScenes", ({ variables }) => { scene().performer_ids = variables.performers.ids; }, broken);
    await other();
    await visit.page.waitForSelector(".rollcall-problem");
    assert.equal(scene().performer_ids.length, 1);
    stash.faults.clear();
    await undoAll();
  });

  test("a second attempt after a lost answer adds nobody twice, and one undo takes it back", async () => {
    done("RollcallCreatePerformer", () => created() ?? make(), broken);
    await visit.click("Create and add");
    await visit.page.waitForSelector(".rollcall-problem");
    stash.faults.clear();
    // They are in the library now, and the card says so.
    await visit.click("Add", ".rollcall-person");
    await visit.sees(`Added: ${star}`);
    assert.deepEqual(scene().performer_ids, [created().id]);
    await visit.click("Undo 2 changes");
    await visit.sees("2 changes taken back");
    assert.equal(created(), undefined);
    assert.deepEqual(journal(), []);
  });

  test("a page that is closed while somebody is created can undo that at the next visit", async () => {
    done("RollcallCreatePerformer", () => created() ?? make(), silent);
    await visit.click("Create and add");
    await waitFor(() => created());
    await again();
    await undoAll();
    assert.equal(created(), undefined);
  });

  test("a page that is closed while somebody is added can undo that at the next visit", async () => {
    done("RollcallAddToScenes", ({ variables }) => { scene().performer_ids = variables.performers.ids; }, silent);
    await visit.click("Identify performers");
    await visit.answered();
    await other();
    await waitFor(() => scene().performer_ids.length === 1);
    await again();
    await undoAll();
  });
});
