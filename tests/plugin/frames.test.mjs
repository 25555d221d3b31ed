// The frames of a scene that has no sprite sheet: cover, preview, markers, the video itself, or nothing.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { failing, notPlayable, spriteMissing } from "../stash/faults.mjs";
import { bundled } from "./lib/bundle.mjs";
import { Visit, films, launch, skip, starOf, stashWith } from "./lib/world.mjs";

const { spread, Fetched } = await bundled("engine/video.ts");

test("moments of a video are spread, coarse ones first", () => {
  assert.deepEqual(spread(4), [0.125, 0.625, 0.375, 0.875]);
  assert.equal(new Set(spread(24)).size, 24);
  // Wherever it ends, no part of the film is longer than two steps without a moment.
  for (const some of [4, 8, 16]) {
    const places = [0, ...spread(24).slice(0, some).sort((a, b) => a - b), 1];
    for (let i = 1; i < places.length; i += 1) assert.ok(places[i] - places[i - 1] <= 2 / some, `${some}: ${places}`);
  }
});

test("what was fetched of a video counts once, also when the browser has forgotten it", () => {
  const ranges = (...parts) => ({ length: parts.length, start: (i) => parts[i][0], end: (i) => parts[i][1] });
  const fetched = new Fetched();
  assert.equal(fetched.add(ranges([0, 2], [10, 12])), 4);
  assert.equal(fetched.add(ranges([11, 13])), 5);
  assert.equal(fetched.add(ranges([1, 11])), 13);
});

describe("a scene without a sheet", { skip }, () => {
  const star = skip ? "" : starOf(films({}, 1));
  let browser;
  const open = [];
  before(async () => { browser = await launch("chromium"); });
  after(async () => { await browser?.close(); for (const one of open) one.close(); });

  /** The first scene after the click, in a Stash with these faults. */
  async function identified(faults, change = () => undefined) {
    const stash = await stashWith({ library: films({}, 1) });
    open.push(stash);
    change(stash.library.scenes.get("1"));
    for (const fault of [spriteMissing(), ...faults]) stash.faults.add(fault);
    const visit = await Visit.open(browser, `${stash.origin}/scenes/1`);
    await visit.click("Identify performers");
    const phase = await visit.answered();
    const facts = phase === "done" ? await visit.text(".rollcall-facts") : "";
    const asked = (pattern) => stash.log.filter(({ path }) => pattern.test(path));
    return { stash, visit, facts, asked, close: () => visit.page.close() };
  }
  const cover = failing(/^\/scene\/\d+\/screenshot/, 404), preview = failing(/preview/, 404);
  /** At which moments somebody was seen, as the card says. */
  const times = (visit) => visit.page.$$eval(".rollcall-person:first-child .rollcall-seen button", (all) => all.map(({ textContent }) => textContent));

  test("is looked at by cover, preview and markers, and its video is left alone", async () => {
    const { visit, facts, asked, close } = await identified([]);
    assert.equal((await visit.people())[0]?.name, star);
    assert.equal(asked(/scene_marker\/\d+\/screenshot/).length, 2);
    assert.doesNotMatch(facts, /of the video read/);
    // The page's own player has asked for it.
    assert.equal(asked(/stream\.mp4/).length, 0);
    await close();
  });

  test("whose preview is missing is looked at in the video itself, and says how much was read", async () => {
    const { visit, facts, asked, close } = await identified([cover, preview], (scene) => { scene.marker_ids = []; });
    assert.equal((await visit.people())[0]?.name, star);
    assert.match(facts, /^24 frames searched/);
    assert.match(facts, /about [\d,.]+ MB of the video read/);
    assert.ok((await times(visit)).length >= 4);
    assert.equal(asked(/stream\.mp4/).length, 0, "never a transcode");
    await visit.shot("streamed", ".rollcall-facts");
    await close();
  });

  test("whose video is huge is read up to a limit, all over the film", async () => {
    const { visit, facts, close } = await identified([cover, preview], (scene) => { scene.marker_ids = []; scene.file.size = 2e9; });
    const [, frames] = /^(\d+) frames? searched/.exec(facts);
    assert.ok(Number(frames) < 24, facts);
    assert.match(facts, /about [\d,.]+ MB of the video read/);
    assert.equal((await visit.people())[0]?.name, star);
    await close();
  });

  test("whose codec this browser does not play is looked at by what else there is, and says so", async () => {
    const { visit, facts, close } = await identified([preview, notPlayable()], (scene) => { scene.file.video_codec = "hevc"; });
    assert.equal((await visit.people())[0]?.name, star);
    assert.match(facts, /does not play the video \(hevc\)/);
    await close();
  });

  test("with nothing to look at: Stash may make a sheet, after a question", async () => {
    const { stash, visit, close } = await identified([notPlayable(), failing(/screenshot/, 404)]);
    await visit.sees("nothing to look at");
    await visit.click("Have Stash make a sprite sheet…");
    assert.equal(stash.asked("RollcallGenerateSprite").length, 0);
    await visit.shot("no-frames");
    await visit.click("Make it");
    await visit.sees("Stash works on it");
    assert.deepEqual(stash.asked("RollcallGenerateSprite"), [{ ids: ["1"] }]);
    await close();
  });
});
