// Checking the plugin on the user's own library, and what another threshold would change.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { bundled } from "./lib/bundle.mjs";
import { PATIENCE, Visit, films, launch, skip, stashWith } from "./lib/world.mjs";

const judge = await bundled("judge.ts");

describe("names beside the truth", () => {
  const uuid = (n) => `50459d16-0000-4000-8000-${String(n).padStart(12, "0")}`;
  const performer = (n) => ({ id: String(n), name: `P${n}`, stash_ids: [{ endpoint: "https://stashdb.org/graphql", stash_id: uuid(n) }] });
  const match = (n, confidence, id = `stashdb.org:${uuid(n)}`) => ({ candidates: [{ performer_id: id, name: `P${n}`, confidence, stash_ids: {} }] });
  const scene = { id: "1", title: "one" };
  test("are right where the performer is tagged, by any of their ids, and count once where they are surest", () => {
    const local = "local:00000000-0000-8000-8000-000000000002";
    const verdicts = judge.judged(scene, { matches: [match(1, 0.6), match(1, 0.99), match(2, 0.8, local), match(3, 0.7), { candidates: [] }] }, [performer(1), performer(2)]);
    assert.deepEqual(verdicts.map(({ confidence, right }) => [confidence, right]), [[0.99, true], [0.8, true], [0.7, false]]);
  });

  const verdicts = (...list) => list.map(([confidence, right]) => ({ scene, name: "", confidence, right }));
  test("give precision and recall for each word", () => {
    const outcome = { tagged: 4, verdicts: verdicts([0.99, true], [0.96, true], [0.8, false], [0.75, true], [0.55, false], [0.4, true]) };
    const [sure, likely, look] = judge.perWord(outcome, 0.5).map(({ figures }) => figures);
    assert.deepEqual([sure.names, sure.precision, sure.recall], [2, 1, 0.5]);
    assert.deepEqual([likely.names, likely.precision, likely.recall], [2, 0.5, 0.75]);
    assert.deepEqual([look.names, look.precision, look.recall], [1, 0, 0.75]);
    assert.equal(judge.figures({ tagged: 0, verdicts: [] }, 0.5).precision, undefined);
  });

  test("suggest the lowest threshold with one wrong name in twenty at most, if there are enough", () => {
    const right = Array(20).fill([0.8, true]);
    assert.equal(judge.suggested({ tagged: 30, verdicts: verdicts(...right, [0.62, false], [0.58, false]) }), 0.6);
    assert.equal(judge.suggested({ tagged: 30, verdicts: verdicts([0.99, true]) }), undefined);
    assert.equal(judge.suggested({ tagged: 30, verdicts: verdicts(...Array(20).fill([0.9, false])) }), undefined);
  });
});

describe("the settings page", { skip }, () => {
  let browser, stash, visit, folder, people;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "rollcall-trial-"));
    browser = await launch("chromium");
    const library = films({}, 4);
    people = [...library.performers.values()];
    const named = (name) => people.find((one) => one.name === name)?.id;
    for (const scene of library.scenes.values()) scene.performer_ids = scene.truth.people.flatMap(({ name }) => named(name) ?? []);
    // One has somebody tagged who is not there, one has somebody unlinked and must not count.
    library.scenes.get("1").performer_ids = [people.find(({ name }) => !library.scenes.get("1").truth.people.some((one) => one.name === name)).id];
    library.scenes.get("4").performer_ids = [library.addPerformer({ name: "Unlinked" }).id];
    stash = await stashWith({ library });
    visit = await Visit.open(browser, `${stash.origin}/plugin/rollcall`);
  });
  after(async () => { await browser?.close(); stash?.close(); rmSync(folder, { recursive: true, force: true }); });

  const settings = async () => { await visit.click("Settings and check"); await visit.page.waitForSelector(".rollcall-trial"); };
  const until = (state) => visit.page.waitForFunction((state) => document.querySelector(".rollcall-trial")?.dataset.state === state, { timeout: PATIENCE, polling: 100 }, state);

  test("shows what another threshold would change on the names that wait, and sets it", async () => {
    const match = ({ name, stash_ids: [{ stash_id: uuid }] }, confidence) => ({ performer_id: `stashdb.org:${uuid}`, name, confidence, similarity: 0.5, stash_ids: {}, appearances: 1, faces: [], candidates: [] });
    const path = join(folder, "queue.json");
    // Nobody whom the scene has.
    const others = people.filter(({ id }) => !stash.library.scenes.get("1").performer_ids.includes(id));
    const matches = [0.97, 0.8, 0.6].map((confidence, i) => match(others[i], confidence));
    writeFileSync(path, JSON.stringify({ format: "rollcall-queue", version: 1, created: 1, database: null, scenes: [{ id: "1", title: "", matches }] }));
    await (await visit.page.waitForSelector(".rollcall-bulk input[type=file]")).uploadFile(path);
    await visit.sees("3 names from the file");
    await settings();
    await visit.sees("At 50% 3 of 3 names are shown");
    await visit.page.focus(".rollcall-threshold input");
    for (let i = 0; i < 25; i += 1) await visit.page.keyboard.press("ArrowRight");
    await visit.sees("At 75% 2 of 3 names are shown; at 50%, as now, 3.");
    await visit.shot("threshold", ".rollcall-threshold");
    await visit.click("Use 75%");
    await visit.sees("Names count from 75% now");
    assert.equal(stash.library.pluginSettings.rollcall.minConfidence, 0.75);
  });

  test("checks on scenes whose performers are all linked how good the names are, and can be stopped", async () => {
    await visit.click("Start the check");
    await visit.sees("of 3", ".rollcall-trial", PATIENCE);
    await visit.click("Cancel", ".rollcall-trial");
    await until("idle");
    stash.log.length = 0;
    await visit.click("Start the check");
    await until("done");
    await visit.sees("3 scenes looked at");
    const [names, precision, recall] = await visit.page.$$eval('.rollcall-figures [data-word="sure"] td', (cells) => cells.map(({ textContent }) => textContent));
    // Of four tagged performers one is not in their scene; whoever is there instead counts as wrong.
    assert.ok(["3 66% 50%", "4 75% 75%"].includes(`${names} ${precision} ${recall}`), `${names} ${precision} ${recall}`);
    await visit.sees("not tagged");
    await visit.shot("trial", ".rollcall-figures");
  });

  test("writes nothing by that, and asks nobody but Stash", () => {
    assert.deepEqual(stash.log.filter(({ operation }) => /Add|Create|Update|Configure$/.test(operation ?? "")), []);
    for (const { url } of browser.proxy.requests) assert.ok(url.startsWith(stash.origin), url);
    assert.deepEqual(visit.errors, []);
  });
});
