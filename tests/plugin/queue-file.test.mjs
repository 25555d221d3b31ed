// The names of a queue file of `rollcall scan`, in the review.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { HOSTILE } from "../stash/fixtures.mjs";
import { Visit, films, launch, skip, stashWith, waitFor } from "./lib/world.mjs";

describe("a queue file", { skip }, () => {
  let browser, stash, visit, folder, people;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "rollcall-queue-"));
    browser = await launch("chromium");
    stash = await stashWith({ library: films({}, 5), database: false });
    people = [...stash.library.performers.values()];
    visit = await Visit.open(browser, `${stash.origin}/plugin/rollcall`);
  });
  after(async () => { await browser?.close(); stash?.close(); rmSync(folder, { recursive: true, force: true }); });

  const linked = ({ name, stash_ids: [{ stash_id: uuid }] }) => ({ performer_id: `stashdb.org:${uuid}`, name, stash_ids: { "stashdb.org": uuid } });
  const own = ({ id, name }) => ({ performer_id: `local:00000000-0000-8000-8000-${Number(id).toString(16).padStart(12, "0")}`, name, stash_ids: {} });
  const match = (who, more) => ({ ...who, confidence: 0.97, similarity: 0.6, appearances: 4, faces: [{ box: {}, frame: 1, time: 61, score: 1 }], candidates: [], ...more });
  const scene = (id, ...matches) => ({ id, title: "as it was called then", matches });

  async function open(content) {
    const path = join(folder, "queue.json");
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify({ format: "rollcall-queue", version: 1, created: 1, database: null, scenes: content }));
    const input = await visit.page.waitForSelector(".rollcall-bulk input[type=file]");
    await input.uploadFile(path);
  }
  const waiting = () => visit.page.$eval(".rollcall-bulk", ({ dataset }) => Number(dataset.waiting));
  const writes = () => stash.log.filter(({ operation }) => /Add|Create|Update|Configure$/.test(operation ?? ""));

  test("brings its names into the review, without those who need no review", async () => {
    const [a, b, c, d, e, f] = people;
    stash.library.scenes.get("2").performer_ids = [b.id];
    stash.library.scenes.get("4").organized = true;
    d.ignore_auto_tag = true;
    stash.library.pluginSettings.rollcall = { decisions: JSON.stringify({ version: 1, rejected: { "scene:3": [linked(c).performer_id] }, reviewed: [], journal: [] }) };
    await open([
      scene("1", match(linked(a)), match(own(b)), { unknown: true, appearances: 1, faces: [], candidates: [] }),
      scene("2", match(linked(b)), match(linked(e))),
      scene("3", match(linked(c)), match(linked(d)), match(linked(e), { confidence: 0.2 })),
      scene("4", match(linked(a))),
      scene("5", match({ ...linked(f), name: HOSTILE[0] }), match({ performer_id: "javascript:alert(1)", name: "x" })),
      scene("999", match(linked(a))),
    ]);
    await visit.sees("4 names from the file wait for you.");
    await visit.sees("5 are left out");
    await visit.sees("1 scene of the file is not in Stash any more");
    await visit.sees("1 entry of the file makes no sense");
    assert.equal(await waiting(), 4);
    await visit.shot("queue-file");
  });

  test("writes nothing by being opened, and twice doubles nobody", async () => {
    await open([scene("1", match(linked(people[0])), match(linked(people[0])))]);
    await visit.sees("0 names from the file wait for you.");
    assert.equal(await waiting(), 4);
    assert.deepEqual(writes(), []);
  });

  test("is reviewed like a scan, and what is left survives a reload", async () => {
    const [a, b] = people;
    await visit.page.keyboard.press("a");
    await visit.page.keyboard.press("a");
    await waitFor(() => stash.asked("RollcallAddToScenes").length === 2);
    assert.deepEqual(stash.library.scenes.get("1").performer_ids, [a.id, b.id]);
    await visit.sees("Added: ");
    await visit.page.reload();
    await visit.page.waitForFunction(() => document.querySelector(".rollcall-bulk")?.dataset.waiting === "2");
    assert.equal(await visit.text(".rollcall-review h6").then((text) => text.includes(people[4].name)), true);
  });

  test("with hostile names is shown as text", async () => {
    await visit.page.keyboard.press("s");
    await visit.page.waitForFunction((name) => document.querySelector(".rollcall-review h6")?.textContent.includes(name), {}, HOSTILE[0]);
    assert.equal(await visit.page.evaluate(() => window.owned), undefined);
  });

  test("that is none, or of another version, or cut off, is refused, and the queue stays", async () => {
    for (const [content, said] of [
      ["{}", "no queue file"], ['{"format": "rollcall-queue", "version": 9}', "another version"], ['{"format": "rollcall-queue", "version": 1, "sce', "cut off or damaged"],
    ]) {
      await open(content);
      await visit.sees(said, ".alert");
    }
    assert.equal(await waiting(), 1);
    assert.deepEqual(visit.errors, []);
  });
});
