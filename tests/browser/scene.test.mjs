// Scenes: the browser names the same people by the same evidence as `rollcall identify` does.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launch } from "./lib/browser.mjs";
import { config } from "./lib/config.mjs";
import { cuesOf, sheetOf } from "./lib/sheets.mjs";

/** The person of the sample database three times, once half hidden, between seven strangers. */
const PHOTOS = ["obama2.jpg", "insightface-t1.jpg", "obama3.jpg", "astronaut.png", "obama_partial_face.jpg"];
const TILE = { width: 320, height: 180 };

/** In the page: names the people of a scene. */
async function identify(sheet, vtt) {
  const { Rollcall } = await import("/client.js");
  const rollcall = await Rollcall.start({ assets: "/", models: "/models/opencv/", database: "/database/", engine: "cpu" });
  const bytes = Uint8Array.from(atob(sheet), (c) => c.charCodeAt(0));
  const steps = [], early = [];
  const { answer } = await rollcall.identifyScene(
    { sheet: new Blob([bytes], { type: "image/png" }), vtt },
    { progress: (step) => steps.push(step), provisional: ({ answer }) => early.push(answer) },
  );
  rollcall.close();
  return { answer, steps: steps.length, early: early.length };
}

/** In the page: stops as soon as something has been heard. */
async function stop(sheet, vtt) {
  const { Rollcall } = await import("/client.js");
  const rollcall = await Rollcall.start({ assets: "/", models: "/models/opencv/", database: "/database/", engine: "cpu" });
  const bytes = Uint8Array.from(atob(sheet), (c) => c.charCodeAt(0));
  const abort = new AbortController();
  try {
    await rollcall.identifyScene(
      { sheet: new Blob([bytes]), vtt }, { progress: () => abort.abort(), signal: abort.signal },
    );
    return "went on";
  } catch (error) {
    return error.kind;
  } finally {
    rollcall.close();
  }
}

/** What two answers to one scene must agree in. */
const people = ({ matches }) => matches.map(({ name, unknown, appearances, faces, why }) =>
  ({ name, unknown, appearances, looks: why?.looks, frames: faces.map(({ frame, time }) => [frame, time]) }));

for (const kind of ["chromium", "firefox"]) {
  describe(`scenes in ${kind}`, () => {
    let browser, page, folder, sheet, native;
    const vtt = cuesOf(PHOTOS.length, TILE);
    before(async () => {
      browser = await launch(kind);
      page = await browser.open(`http://localhost:${config.site}/?engine=cpu`);
      await page.ready();
      sheet = await page.page.evaluate(sheetOf, PHOTOS.map((photo) => ({ photo: `samples/${photo}` })), TILE);
      folder = mkdtempSync(join(tmpdir(), "rollcall-scene-"));
      writeFileSync(join(folder, "sheet.png"), Buffer.from(sheet, "base64"));
      writeFileSync(join(folder, "thumbs.vtt"), vtt);
      native = JSON.parse(execFileSync(join(dirname(config.server), "rollcall"), [
        "identify", "--json", "--engine", "cpu", "--db", config.database,
        "--sprite", join(folder, "sheet.png"), "--vtt", join(folder, "thumbs.vtt"),
      ], { env: { ...process.env, ROLLCALL_CACHE: dirname(config.models) }, encoding: "utf8" }));
    });
    after(() => {
      if (folder) rmSync(folder, { recursive: true });
      return browser?.close();
    });

    test("the known person is named with every moment, strangers are unknown", async () => {
      const { answer, steps } = await page.page.evaluate(identify, sheet, vtt);
      const [known, ...others] = answer.matches;
      assert.equal(known.name, "Barack Obama");
      assert.deepEqual(known.faces.map(({ frame, time }) => [frame, time]), [[0, 1], [2, 5], [4, 9]]);
      assert.ok(others.length >= 5, `${others.length} strangers`);
      for (const other of others) assert.equal(other.unknown, true, other.name);
      assert.ok(steps >= PHOTOS.length, `${steps} steps were told`);
      assert.equal(answer.scene.frames, PHOTOS.length);
    });

    test("the answer is that of the command line", async () => {
      const { answer } = await page.page.evaluate(identify, sheet, vtt);
      assert.deepEqual(people(answer), people(native));
      assert.deepEqual(answer.scene, native.scene);
      for (const [number, match] of answer.matches.entries()) {
        for (const [place, candidate] of match.candidates.entries()) {
          const other = native.matches[number].candidates[place];
          assert.equal(candidate.performer_id, other.performer_id);
          const apart = Math.abs(candidate.similarity - other.similarity);
          assert.ok(apart < 1e-4, `${candidate.name}: similarity ${candidate.similarity}, natively ${other.similarity}`);
        }
      }
    });

    test("it can be stopped, and wrong cues are told in words", async () => {
      assert.equal(await page.page.evaluate(stop, sheet, vtt), "cancelled");
      await assert.rejects(page.page.evaluate(identify, sheet, "no cues"), /WEBVTT/);
      assert.deepEqual(page.errors, []);
    });
  });
}
