// Who a performer is at the stash-boxes, without a picture of them, and at the others.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { STASHDB } from "../stash/fixtures.mjs";
import { PATIENCE, Visit, films, folders, launch, skip, starOf, stashWith } from "./lib/world.mjs";

const OTHER = "https://fansdb.cc/graphql";
const THERE = "0a1b2c3d-1111-4222-8333-444455556666";

describe("a performer", { skip }, () => {
  let browser, stash, visit, work, who, uuid;
  before(async () => {
    work = mkdtempSync(join(tmpdir(), "rollcall-find-"));
    browser = await launch("chromium");
    const library = films({}, 2);
    who = [...library.performers.values()].find(({ name }) => name === starOf(library));
    uuid = who.stash_ids[0].stash_id;
    library.pluginSettings.rollcall = { noOwnLibrary: true, frames: 20 };
    stash = await stashWith({ library, database: false, custom: { "/rollcall": join(work, "database") } });
    database();
    visit = await Visit.open(browser, stash.origin);
  });
  after(async () => { await browser?.close(); stash?.close(); rmSync(work, { recursive: true, force: true }); });

  /** A database whose entry of the star lists a second stash-box. */
  function database() {
    const gallery = join(folders.library, "made", "gallery"), people = join(work, "people");
    for (const name of readdirSync(gallery).filter((name) => name === who.name).concat(readdirSync(gallery).filter((name) => name !== who.name).slice(0, 3))) {
      mkdirSync(join(people, name), { recursive: true });
      cpSync(join(gallery, name), join(people, name), { recursive: true });
    }
    const file = join(people, who.name, "performer.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), stash_ids: { "stashdb.org": uuid, "fansdb.cc": THERE } }));
    execFileSync(join(folders.programs, "rollcall"), ["build", "--source", `folder:${people}`, "--out", join(work, "database")], { env: { ...process.env, XDG_RUNTIME_DIR: tmpdir() } });
  }

  async function find() {
    await visit.page.goto(`${stash.origin}/performers/${who.id}`);
    await visit.click("Find on StashDB");
    await visit.page.waitForSelector('.rollcall-find[data-state="done"]', { timeout: PATIENCE });
    return visit.page.$$eval(".rollcall-find li", (all) => all.map((line) => line.innerText));
  }

  test("without a picture is found by who is seen in their scenes, and linked", async () => {
    Object.assign(who, { picture: null, stash_ids: [] });
    for (const id of ["1", "2"]) stash.library.scenes.get(id).performer_ids = [];
    stash.library.scenes.get("1").performer_ids = [who.id];
    const [first] = await find();
    assert.ok(first.includes(who.name) && first.includes("seen in 1 of 1 scenes and images"), first);
    assert.equal(stash.log.filter(({ path }) => path.startsWith(`/performer/${who.id}/image`) && !path.includes("default")).length <= 1, true);
    await visit.shot("find-in-scenes", ".rollcall-find");
    await visit.click("Link", ".rollcall-find");
    await visit.sees("Linked with stashdb.org");
    assert.deepEqual(who.stash_ids.map(({ endpoint, stash_id }) => [endpoint, stash_id]), [[STASHDB, uuid]]);
  });

  test("who is linked everywhere is not looked for", async () => {
    assert.deepEqual(await find(), []);
    await visit.sees("linked with all stash-boxes that you have");
  });

  test("is offered at another stash-box by the ids of the database, without a look at any picture", async () => {
    stash.library.stashBoxes.push({ endpoint: OTHER, name: "fansdb", performers: [] });
    await visit.page.reload();
    const from = stash.log.length;
    const [only, ...more] = await find();
    assert.ok(only.includes("fansdb.cc") && only.includes("the same person as at stashdb.org, says the database"), only);
    assert.deepEqual(more, []);
    assert.equal(stash.log.slice(from).filter(({ path }) => /_sprite|\/image\/\d/.test(path)).length, 0);
    await visit.shot("find-other-box", ".rollcall-find");
    await visit.click("Link", ".rollcall-find");
    await visit.sees("Linked with fansdb.cc");
    assert.deepEqual(who.stash_ids.map(({ endpoint, stash_id }) => [endpoint, stash_id]), [[STASHDB, uuid], [OTHER, THERE]]);
  });

  test("in no scene and without a picture is not found, and it is said", async () => {
    who.stash_ids = [];
    stash.library.scenes.get("1").performer_ids = [];
    assert.deepEqual(await find(), []);
    await visit.sees("Nobody there looks enough like");
    assert.deepEqual(visit.errors, []);
  });
});
