// Another pack of models than the plugin's own: from the host, kept by the browser, and asked for by a
// database that was made with it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { PATIENCE, Visit, films, folders, launch, skip, starOf, stashWith } from "./lib/world.mjs";

describe("a model pack of the host", { skip }, () => {
  let browser, stash, visit, star, host;
  /** Puts a pack into the host's folder, changed as `change` says. */
  const serve = (pack, as = pack, change) => {
    const folder = join(host, "models", as);
    cpSync(join(folders.models, pack), folder, { recursive: true });
    if (change) writeFileSync(join(folder, "pack.json"), JSON.stringify(change(JSON.parse(readFileSync(join(folder, "pack.json"), "utf8")))));
    return folder;
  };
  const database = (of) => {
    rmSync(join(host, "database"), { recursive: true, force: true });
    cpSync(of, join(host, "database"), { recursive: true });
  };
  before(async () => {
    browser = await launch("chromium");
    host = mkdtempSync(join(tmpdir(), "rollcall-packs-"));
    database(folders.database);
    stash = await stashWith({ library: films({}, 1), custom: { "/rollcall": host } });
    star = starOf(stash.library);
    visit = await Visit.open(browser, stash.origin);
  });
  after(async () => { await browser?.close(); stash?.close(); rmSync(host, { recursive: true, force: true }); });

  const set = (settings) => { stash.library.pluginSettings.rollcall = { frames: 12, noOwnLibrary: true, ...settings }; };
  const identify = async () => {
    stash.log.length = 0;
    await visit.page.goto(`${stash.origin}/scenes/1`);
    await visit.click("Identify performers");
    return visit.answered();
  };
  const models = () => stash.log.filter(({ path }) => path.endsWith(".onnx")).map(({ path }) => path);
  const keptPacks = () => visit.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name).filter((name) => name.startsWith("rollcall models ")));

  test("that is not there is asked for in a sentence", async () => {
    set({ modelPack: "opencv-mbf" });
    assert.equal(await identify(), "failed");
    await visit.sees(`The model pack opencv-mbf is not at ${stash.origin}/custom/rollcall/models/opencv-mbf/`);
    set({ modelPack: "../../secret" });
    assert.equal(await identify(), "failed");
    await visit.sees("cannot be the name of a model pack");
  });

  test("is fetched with its size in view, and used", async () => {
    const folder = serve("opencv-mbf");
    set({ modelPack: "opencv-mbf" });
    await visit.page.evaluateOnNewDocument(() => {
      window.shown = [];
      new MutationObserver(() => {
        const text = document.querySelector(".rollcall-progress")?.innerText ?? "";
        if (text.startsWith("Loading the models")) window.shown.push(text);
      }).observe(document, { subtree: true, childList: true, characterData: true });
    });
    assert.equal(await identify(), "done", await visit.text(".rollcall"));
    assert.deepEqual((await visit.people())[0], { name: star, badges: ["Sure"] });
    const files = readdirSync(folder).filter((file) => file.endsWith(".onnx")).map((file) => `/custom/rollcall/models/opencv-mbf/${file}`);
    assert.deepEqual(models().sort(), files.sort());
    assert.ok((await visit.page.evaluate(() => window.shown)).some((text) => /\d MB of 1\d(\.\d)? MB/.test(text)));
    assert.equal((await keptPacks()).length, 1);
  });

  test("is kept: the next visit asks for its list only, and goes on without its host", async () => {
    assert.equal(await identify(), "done");
    assert.deepEqual(models(), []);
    renameSync(join(host, "models"), join(host, "away"));
    assert.equal(await identify(), "done");
    assert.equal((await visit.people())[0].name, star);
    renameSync(join(host, "away"), join(host, "models"));
  });

  test("is told in the connection check, and forgotten with everything else", async () => {
    await visit.page.goto(`${stash.origin}/plugin/rollcall`);
    await visit.click("Settings and check");
    await visit.click("Check now");
    await visit.page.waitForSelector(".rollcall-places", { timeout: PATIENCE });
    assert.ok((await visit.text(".rollcall-page")).includes(`opencv-mbf (${stash.origin}/custom/rollcall/models/opencv-mbf/)`));
    await visit.click("Forget everything…");
    await visit.click("Forget it all");
    await visit.sees("2 kept databases and model packs");
    assert.deepEqual(await keptPacks(), []);
  });

  test("whose file is damaged is not used, and says so", async () => {
    const folder = join(host, "models", "opencv-mbf");
    const file = join(folder, readdirSync(folder).find((name) => name.endsWith(".onnx")));
    const whole = readFileSync(file);
    const damaged = Buffer.from(whole);
    damaged[1000] ^= 1;
    writeFileSync(file, damaged);
    set({ modelPack: "opencv-mbf" });
    assert.equal(await identify(), "failed");
    await visit.sees("is damaged or was changed");
    writeFileSync(file, whole);
    assert.equal(await identify(), "done");
  });

  test("which the database needs is offered with its bytes, and used on a click", async () => {
    // Of no known pack the plugin's own shares no network: this one is a known pack without SFace.
    const cache = mkdtempSync(join(tmpdir(), "rollcall-cache-"));
    const folder = serve("opencv-mbf", "buffalo_s", (pack) => ({ ...pack, name: "buffalo_s", embedders: pack.embedders.filter(({ model }) => !model.name.startsWith("sface")) }));
    mkdirSync(join(cache, "models"));
    cpSync(folder, join(cache, "models", "buffalo_s"), { recursive: true });
    const out = join(cache, "database");
    execFileSync(join(folders.programs, "rollcall"), ["--quiet", "build", "--source", `folder:${join(folders.library, "made", "gallery")}`, "--pack", "buffalo_s", "--engine", "cpu", "--out", out], { env: { ...process.env, ROLLCALL_CACHE: cache }, stdio: "pipe" });
    database(out);
    rmSync(cache, { recursive: true });
    rmSync(join(host, "models", "opencv-mbf"), { recursive: true, force: true });
    set({});
    await identify();
    await visit.sees("There is a database, but it is not used");
    await visit.sees("It was made with the model pack buffalo_s, which its host has (4.9 MB)");
    await visit.shot("pack-offered", ".rollcall-trouble");
    await visit.click("Fetch it and use it (4.9 MB)");
    await visit.page.waitForFunction(() => /database \S+ with/.test(document.querySelector(".rollcall-facts")?.innerText), { timeout: PATIENCE });
    assert.equal(await visit.answered(), "done");
    assert.equal(stash.library.pluginSettings.rollcall.modelPack, "buffalo_s");
    // By this network alone faces of such tiles may be too little alike for a name, but the right one comes closest.
    await visit.page.$$eval(".rollcall-others > button", (all) => all.forEach((button) => button.click()));
    assert.equal(await visit.page.$eval(".rollcall-person", (card) => {
      const name = card.getAttribute("aria-label");
      return name === "Unknown" ? card.querySelector(".rollcall-others li button").textContent : name;
    }), star);
    assert.deepEqual(visit.errors, []);
  });
});
