// A scene: who is in it, and what the user does about it.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { STASHDB } from "../stash/fixtures.mjs";
import { loginExpires, performerGoes, refuses } from "../stash/faults.mjs";
import { Visit, films, launch, skip, starOf, stashWith } from "./lib/world.mjs";

describe("a scene", { skip }, () => {
  let browser, stash, visit, uuid, star, other;
  before(async () => {
    browser = await launch("chromium");
    // The only person of the first film is at the stash-box, and not in the library.
    star = starOf(films({}, 1));
    const library = films({ without: [star] }, 2);
    other = [...library.performers.values()].at(-1).name;
    stash = await stashWith({ library });
    uuid = library.stashBoxes[0].performers.find(({ name }) => name === star).remote_site_id;
    visit = await Visit.open(browser, `${stash.origin}/scenes/1`);
  });
  after(async () => { await browser?.close(); stash?.close(); });
  beforeEach(() => { stash.faults.clear(); stash.log.length = 0; });

  const onScene = () => stash.library.scenes.get("1").performer_ids.map((id) => stash.library.performers.get(id)?.name);
  const asked = (operation) => stash.asked(operation);

  test("is identified by the button of its toolbar", async () => {
    await visit.click("Identify performers");
    assert.equal(await visit.answered(), "done");
    const people = await visit.people();
    assert.deepEqual(people[0], { name: star, badges: ["Sure"] });
    assert.ok(people.slice(1).every(({ name }) => name === "Unknown"));
    await visit.shot("scene-identified");
  });

  test("nothing was written, and only Stash was asked", () => {
    assert.deepEqual(stash.log.filter(({ operation }) => /Add|Create|Update|Configure$/.test(operation ?? "")), []);
    for (const { url } of browser.proxy.requests) assert.ok(url.startsWith(stash.origin), url);
    assert.deepEqual(visit.errors, []);
  });

  test("a timestamp seeks the player", async () => {
    await visit.click("0:07", ".rollcall-person");
    await visit.page.waitForFunction(() => Math.abs(document.querySelector("#VideoJsPlayer video").currentTime - 7) < 0.5);
  });

  test("what the player shows now is identified by itself", async () => {
    await visit.click("This frame");
    await visit.page.waitForFunction(() => /1 frame searched/.test(document.querySelector(".rollcall-facts")?.innerText ?? ""), { timeout: 60_000 });
    assert.equal((await visit.people()).find(({ name }) => name !== "Unknown")?.name, star);
  });

  test("the reference picture from the stash-box comes only on a click", async () => {
    assert.equal(await visit.page.$$eval(".rollcall-faces img", (all) => all.filter(({ src }) => !src.startsWith("data:")).length), 0);
  });

  test("whoever is not in the library is created by uuid, without a picture that Stash cannot fetch", async () => {
    stash.library.stashBoxes[0].performers.find(({ name }) => name === star).images = ["https://cdn.stashdb.org/broken.jpg"];
    stash.faults.add(refuses("RollcallCreatePerformer", "could not fetch image: 403 Forbidden", 1));
    await visit.click("Create and add");
    await visit.sees("without a picture");
    assert.deepEqual(onScene(), [star]);
    const [first, second] = asked("RollcallCreatePerformer").map(({ input }) => input);
    assert.deepEqual(first.stash_ids, [{ endpoint: STASHDB, stash_id: uuid }]);
    assert.ok("image" in first && !("image" in second));
    assert.deepEqual(asked("RollcallAddToScenes").map(({ performers }) => performers.mode), ["ADD"]);
    assert.deepEqual((await visit.people())[0].badges, ["Sure", "Already tagged"]);
    await visit.shot("scene-created");
  });

  test("what was written can be taken back after a reload", async () => {
    await visit.page.reload();
    await visit.click("Faces");
    await visit.click("Undo 2 changes");
    await visit.sees("2 changes taken back");
    assert.deepEqual(onScene(), []);
    assert.ok(![...stash.library.performers.values()].some(({ name }) => name === star));
  });

  test("a name that was refused does not come again", async () => {
    await visit.click("Identify performers");
    await visit.answered();
    await visit.click("Not this person");
    await visit.sees("Remembered");
    await visit.page.reload();
    await visit.click("Identify performers");
    await visit.answered();
    assert.ok((await visit.people()).every(({ name }) => name !== star));
    await visit.click("Propose the rejected one again");
    await visit.page.waitForSelector(`.rollcall-person[aria-label="${star}"]`);
  });

  test("any performer can be chosen instead, and Escape closes the list", async () => {
    await visit.click("Someone else…");
    await visit.page.waitForSelector(".rollcall-picker input");
    await visit.page.keyboard.press("Escape");
    await visit.page.waitForSelector(".rollcall-picker input", { hidden: true });
    await visit.click("Someone else…");
    await visit.page.type(".rollcall-picker input", other);
    await visit.click(other, ".rollcall-picks");
    await visit.sees(`Added: ${other}`);
    assert.deepEqual(onScene(), [other]);
    await visit.sees("Tagged, but not seen");
    await visit.shot("scene-someone-else");
  });

  test("unsaved changes of the edit form are not overwritten", async () => {
    await visit.click("Edit");
    await visit.page.type("form input", " changed");
    await visit.click("Faces");
    await visit.click("Someone else…");
    await (await visit.page.waitForSelector(".rollcall-picks button")).click();
    await visit.sees("unsaved changes");
    assert.deepEqual(onScene(), [other]);
  });

  test("a performer who was deleted meanwhile is said to be gone, and nobody is added", async () => {
    const gone = await stashWith({ library: films({}, 1) });
    const again = await Visit.open(browser, `${gone.origin}/scenes/1`);
    await again.click("Identify performers");
    assert.equal(await again.answered(), "done");
    const id = [...gone.library.performers.values()].find(({ name }) => name === star).id;
    gone.faults.add(performerGoes(id, "RollcallAddToScenes"));
    await again.click("Add the sure one");
    await again.page.waitForSelector(".rollcall-problem");
    assert.deepEqual(gone.library.scenes.get("1").performer_ids, []);
    await again.page.waitForFunction(() => ![...document.querySelectorAll(".rollcall-actions button")].some(({ textContent }) => textContent === "Add"));
    await again.page.close();
    gone.close();
  });

  test("a login that has ended leads to the login and back, and nothing is half done", async () => {
    const signed = await stashWith({ library: films({}, 1), credentials: { username: "u", password: "p", apiKey: "k" } });
    const again = await Visit.open(browser, `${signed.origin}/login`);
    const login = async () => {
      await again.page.waitForSelector("[name=username]");
      await again.page.type("[name=username]", "u");
      await again.page.type("[name=password]", "p");
      await Promise.all([again.page.waitForNavigation(), again.page.click("button")]);
    };
    await login();
    await again.page.goto(`${signed.origin}/scenes/1`);
    await again.click("Identify performers");
    assert.equal(await again.answered(), "done");
    signed.faults.add(loginExpires("RollcallAddToScenes"));
    await again.click("Add the sure one");
    await login();
    assert.ok(again.page.url().endsWith("/scenes/1"));
    assert.deepEqual(signed.library.scenes.get("1").performer_ids, []);
    assert.ok(!JSON.stringify(signed.log).includes("apikey"));
    await again.page.close();
    signed.close();
  });
});
