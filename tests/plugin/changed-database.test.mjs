// A database that changes: oddly, so that the user must say whether it is used; or to a newer one; or its
// host goes away and comes back.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { failing } from "../stash/faults.mjs";
import { Visit, films, folders, launch, skip, starOf, stashWith } from "./lib/world.mjs";

/** In the page: changes what this browser remembers of the database. */
function remember(remembered) {
  return new Promise((done, failed) => {
    const open = indexedDB.open(`rollcall ${new URL("/custom/rollcall/", location.href).href}`);
    open.onerror = () => failed(open.error);
    open.onsuccess = () => {
      const files = open.result.transaction("files", "readwrite").objectStore("files");
      const old = files.get("state.json");
      old.onsuccess = () => {
        const state = { ...JSON.parse(new TextDecoder().decode(old.result)), remembered };
        files.put(new TextEncoder().encode(JSON.stringify(state)), "state.json").onsuccess = () => { open.result.close(); done(); };
      };
    };
  });
}

describe("a database that changes", { skip }, () => {
  let browser, stash, visit, star, folder, latest;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "rollcall-changed-"));
    cpSync(folders.database, folder, { recursive: true });
    latest = readFileSync(join(folder, "latest.json"), "utf8");
    browser = await launch("chromium");
    const library = films({ without: [starOf(films({}, 1))] }, 1);
    // Only the database knows who is in the scene.
    star = starOf(library);
    stash = await stashWith({ library, database: false, custom: { "/rollcall": folder } });
    library.pluginSettings.rollcall = { noOwnLibrary: true };
    visit = await Visit.open(browser, `${stash.origin}/scenes/1`);
  });
  after(async () => { await browser?.close(); stash?.close(); rmSync(folder, { recursive: true, force: true }); });
  beforeEach(() => stash.faults.clear());

  const name = async () => (await visit.people())[0]?.name;
  async function identify() {
    await visit.page.reload();
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done", await visit.text("body"));
  }

  test("is used at the first visit", async () => {
    await identify();
    assert.equal(await name(), star);
  });

  test("signed by somebody else: what changed is said, and nothing of it is used before the user's word", async () => {
    await visit.page.evaluate(remember, { signer: "ab".repeat(32), version: "9999.1.1" });
    await identify();
    await visit.sees("signed by nobody, but used to be signed by", ".rollcall-trouble");
    await visit.sees("older than 9999.1.1", ".rollcall-trouble");
    assert.equal(await name(), "Unknown");
    await visit.shot("unconfirmed");
  });

  test("the user's word counts at once, and at later visits", async () => {
    await visit.click("Use this database all the same");
    await visit.page.waitForSelector(`.rollcall-person[aria-label="${star}"]`, { timeout: 120_000 });
    assert.equal(await visit.page.$(".rollcall-trouble"), null);
    await identify();
    assert.equal(await name(), star);
    await visit.page.evaluate(remember, { signer: null, version: "2026.1.1" });
  });

  test("whose host is away goes on from what this browser has kept", async () => {
    stash.faults.add(failing(/^\/custom\/rollcall\//, 502));
    await identify();
    assert.equal(await name(), star);
    await visit.page.goto(`${stash.origin}/plugin/rollcall`);
    await visit.click("Settings and check");
    await visit.click("Check now");
    await visit.sees("used is what this browser has kept", ".rollcall-places", 120_000);
  });

  test("of which there is a newer one says so quietly, with its size, and uses it on a click", async () => {
    await visit.page.goto(`${stash.origin}/scenes/1`);
    await identify();
    assert.equal(await visit.page.$(".rollcall-newer"), null);
    writeFileSync(join(folder, "latest.json"), latest.replace(/"version":"[^"]*"/, '"version":"9999.2.0"'));
    writeFileSync(join(folder, "info"), JSON.stringify({ version: "9999.2.0", bytes: 987_000_000 }));
    await visit.click("Identify again");
    assert.equal(await visit.answered(), "done");
    await visit.sees("Newer database: 9999.2.0", ".rollcall-newer");
    await visit.sees("987 MB", ".rollcall-newer");
    assert.equal(await name(), star, "the one that is open goes on");
    await visit.shot("newer-database", ".rollcall-newer");
    writeFileSync(join(folder, "latest.json"), latest);
    stash.log.length = 0;
    await visit.click("Use it");
    await visit.page.waitForFunction(() => document.querySelector(".rollcall").dataset.phase === "working");
    assert.equal(await visit.answered(), "done");
    assert.ok(stash.log.some(({ path }) => path === "/custom/rollcall/latest.json"));
    assert.equal(await visit.page.$(".rollcall-newer"), null);
    assert.deepEqual(visit.errors, []);
  });
});
