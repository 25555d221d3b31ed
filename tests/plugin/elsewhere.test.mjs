// The main path in Firefox and WebKit, on a Stash of the version before, and over plain http.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { noWebkit } from "../browser/lib/webkit.mjs";
import { Visit, films, launch, skip, starOf, stashWith } from "./lib/world.mjs";

for (const [kind, version] of [["firefox", "0.31"], ["webkit", "0.31"], ["chromium", "0.30"]]) {
  describe(`${kind}, Stash v${version}`, { skip: skip || (kind === "webkit" && noWebkit) }, () => {
    let browser, stash;
    before(async () => {
      stash = await stashWith({ library: films({}, 1), version });
      browser = await launch(kind);
    });
    after(async () => { await browser?.close(); stash?.close(); });

    test("a scene is identified, and who is sure is added", async () => {
      const visit = await Visit.open(browser, `http://stash.test:${stash.port}/scenes/1`);
      const star = starOf(stash.library);
      await visit.click("Identify performers");
      assert.equal(await visit.answered(), "done", await visit.text(".rollcall"));
      assert.deepEqual((await visit.people())[0], { name: star, badges: ["Sure"] });
      await visit.click("Add the sure one");
      await visit.sees("Already tagged");
      const [id] = stash.library.scenes.get("1").performer_ids;
      assert.equal(stash.library.performers.get(id).name, star);
      await visit.shot(`${kind}-${version}`);
      assert.deepEqual(visit.errors, []);
    });
  });
}
