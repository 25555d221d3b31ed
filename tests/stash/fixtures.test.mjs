// The library of real photos: the sheets are as Stash's of both versions, and the truth fits them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { launch } from "../browser/lib/browser.mjs";
import { sheetMissing, spriteMissing } from "./faults.mjs";
import { hostile, photoLibrary, STASHDB } from "./fixtures.mjs";
import { start } from "./lib.mjs";

const folder = process.env.ROLLCALL_STASH_LIBRARY;
const skip = folder ? false : "no library: run.mjs --library DIR, which make_library.mjs makes";

describe("a library of photos", { skip }, () => {
  let stash, library;
  before(async () => {
    library = photoLibrary(folder);
    stash = await start({ library });
  });
  after(() => stash?.stop());

  test("shows sheets of 9 x 9 and other grids, wide and tall, whose cues lie within them", async () => {
    const grids = new Set(), shapes = new Set();
    for (const scene of library.scenes.values()) {
      const { data } = await stash.ask("query($id: ID!) { findScene(id: $id) { files { duration } paths { vtt } } }", { id: scene.id });
      const { paths: { vtt }, files: [{ duration }] } = data.findScene;
      const response = await fetch(vtt);
      assert.deepEqual(["content-type", "cache-control"].map((name) => response.headers.get(name)), ["text/vtt", "no-cache"]);
      const cues = [...(await response.text()).matchAll(/^(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm)];
      assert.equal(cues.length, scene.truth.frames);
      const sheet = Buffer.from(await (await fetch(new URL(cues[0][1], vtt))).arrayBuffer());
      const { width, height } = sizeOfJpeg(sheet);
      for (const [x, y, w, h] of cues.map((cue) => cue.slice(2).map(Number))) assert.ok(x + w <= width && y + h <= height);
      grids.add(cues.length);
      shapes.add(Number(cues[0][4]) < Number(cues[0][5]) ? "tall" : "wide");
      assert.ok(scene.truth.people.flatMap(({ appearances }) => appearances).every(({ time }) => time < duration));
    }
    assert.ok(grids.has(81) && grids.size > 1, [...grids].join());
    assert.deepEqual([...shapes].sort(), ["tall", "wide"]);
  });

  test("has the people of the gallery with the ids that a database of it has", () => {
    const performers = [...library.performers.values()];
    const ids = library.stashBoxes[0].performers.map(({ remote_site_id: id }) => id);
    assert.ok(performers.length > 1);
    for (const { stash_ids: [{ endpoint, stash_id: id }] } of performers) assert.ok(endpoint === STASHDB && ids.includes(id));
    const known = new Set(performers.map(({ stash_ids: [{ stash_id: id }] }) => `stashdb.org:${id}`));
    const seen = [...library.scenes.values()].flatMap(({ truth }) => truth.people);
    for (const { id, in_gallery: there } of seen) assert.equal(known.has(id), there, id);
    assert.ok(seen.some(({ in_gallery: there }) => there));
    const fewer = photoLibrary(folder, { without: [performers[0].name], linked: false });
    assert.equal(fewer.performers.size, performers.length - 1);
    assert.ok([...fewer.performers.values()].every(({ stash_ids: ids }) => ids.length === 0));
  });

  test("has films with a video, which is sent in ranges, and films without", async () => {
    const scenes = [...library.scenes.values()];
    const film = scenes.find(({ media }) => media.stream);
    assert.ok(film && scenes.some(({ media }) => !media.stream));
    const part = await fetch(`${stash.url}/scene/${film.id}/stream`, { headers: { Range: "bytes=0-99" } });
    assert.deepEqual([part.status, part.headers.get("content-type")], [206, "video/mp4"]);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), readFileSync(film.media.stream).subarray(0, 100));
  });

  test("a film that has no sheet, or none but its cues", async () => {
    const status = async (name) => (await fetch(`${stash.url}/scene/${library.scenes.get("1").file.hash}_${name}`)).status;
    const mend = stash.faults.add(spriteMissing());
    assert.deepEqual([await status("sprite.jpg"), await status("thumbs.vtt")], [404, 404]);
    mend();
    stash.faults.add(sheetMissing());
    assert.deepEqual([await status("sprite.jpg"), await status("thumbs.vtt")], [404, 200]);
  });
});

describe("a hostile library", { skip }, () => {
  test("has names of which none is anything but text in the double's own page", async (t) => {
    const library = hostile(photoLibrary(folder, { films: 20 }));
    assert.equal(library.scenes.size, 20);
    library.addScene({ title: "<b>bold</b>", performer_ids: [...library.performers.keys()] });
    const stash = await start({ library });
    t.after(() => stash.stop());
    const browser = await launch("chromium");
    t.after(() => browser.close());
    const { page, errors } = await browser.open(`http://localhost:${stash.port}/scenes/21`);
    for (const [path, there] of [["/scenes/21", ".performer-tag"], ["/scenes", ".scene-card"], ["/performers", ".performer-card"], ["/images", ".image-card"]]) {
      await page.goto(`http://localhost:${stash.port}${path}`);
      await page.waitForSelector(there);
      assert.equal(await page.evaluate(() => window.owned), undefined, path);
    }
    assert.deepEqual(errors, []);
  });
});

/** Width and height as a JPEG's frame header says. */
function sizeOfJpeg(bytes) {
  let at = 2;
  while (bytes[at + 1] < 0xc0 || bytes[at + 1] > 0xc2) at += 2 + bytes.readUInt16BE(at + 2);
  return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
}
