// `rollcall scan`: all scenes of a Stash natively, for its owner to look through.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { photoLibrary } from "../stash/fixtures.mjs";
import { cut, spriteMissing } from "../stash/faults.mjs";
import { Visit, folders, launch, skip, stashWith, waitFor } from "./lib/world.mjs";

const KEY = "key-of-the-scan";

suite("a scan", { skip }, () => {
  let work, stash;
  before(async () => {
    work = mkdtempSync(join(tmpdir(), "rollcall-scan-"));
    stash = await stashWith({ library: photoLibrary(folders.library), credentials: { username: "u", password: "p", apiKey: KEY } });
  });
  after(() => {
    stash?.close();
    rmSync(work, { recursive: true, force: true });
  });

  const out = () => join(work, "queue.json");
  const queue = () => JSON.parse(readFileSync(out(), "utf8"));
  const args = (...more) => ["scan", "--engine", "cpu", "--stash", stash.origin, "--db", folders.database, "--out", out(), ...(more.includes("--state") ? [] : ["--state", join(work, "state")]), ...more];
  /** Runs `rollcall`; gives the code it ended with, what it said and what it asked of Stash. It is
   *  killed when it asks for the `kill`th sheet. */
  const rollcall = (words, { key = KEY, kill } = {}) => new Promise((done) => {
    const from = stash.log.length;
    let sheets = 0;
    const child = spawn(join(folders.programs, "rollcall"), words, { env: { ...process.env, STASH_API_KEY: key, XDG_RUNTIME_DIR: tmpdir() } });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => { said += text; });
    const forget = stash.faults.add({ when: ({ path }) => path.endsWith("_sprite.jpg") && ++sheets === kill, run: () => { child.kill("SIGKILL"); } });
    child.once("close", (code, signal) => {
      forget();
      done({ code, signal, said, log: stash.log.slice(from) });
    });
  });
  const frames = (log) => log.filter(({ path }) => path.includes("sprite") || path.includes("preview")).length;

  test("a wrong key ends it at once, and is not repeated", async () => {
    const { code, said } = await rollcall(args(), { key: "not-the-key" });
    assert.equal(code, 1);
    assert.match(said, /does not accept the API key/);
    assert.ok(!said.includes("not-the-key"));
  });

  test("some scenes now, the rest the next time and after a kill, and nothing is written to Stash", async () => {
    const first = await rollcall(args("--max-scenes", "2", "--keep-unknown"));
    assert.equal(first.code, 3, first.said);
    assert.match(first.said, /12 scenes, 2 of them looked at now, 10 left/);
    const killed = await rollcall(args("--keep-unknown", "--jobs", "1"), { kill: 4 });
    assert.equal(killed.signal, "SIGKILL");
    const second = await rollcall(args("--keep-unknown"));
    assert.equal(second.code, 0, second.said);
    // The three that were done when it was killed are not looked at again.
    assert.match(second.said, /12 scenes, 7 of them looked at now, 0 left/);
    const operations = new Set([first, killed, second].flatMap(({ log }) => log).map(({ operation }) => operation).filter(Boolean));
    assert.deepEqual([...operations], ["Scenes"], "it asks for scenes and for nothing else");
  });

  test("who waits is who is in the scenes", () => {
    const { format, version, database, scenes } = queue();
    assert.deepEqual([format, version], ["rollcall-queue", 1]);
    assert.ok(database.performers > 0);
    let right = 0, wrong = 0;
    for (const { id, matches } of scenes) {
      const { truth } = stash.library.scenes.get(id);
      const there = new Set(truth.people.map(({ name }) => name));
      for (const match of matches) {
        if (match.confidence < 0.95) continue;
        if (there.has(match.name)) right += 1; else wrong += 1;
        assert.ok(match.face_thumbnail.startsWith("data:image/jpeg;base64,") && match.faces.length <= 8);
      }
    }
    assert.ok(right >= 8 && wrong === 0, `${right} right, ${wrong} wrong`);
  });

  test("what it has written opens in the review, with faces, and is added by a key", async (t) => {
    const browser = await launch("chromium");
    t.after(() => browser.close());
    // The same library, without a password.
    const open = await stashWith({ library: photoLibrary(folders.library) });
    t.after(() => open.close());
    const visit = await Visit.open(browser, `${open.origin}/plugin/rollcall`);
    await (await visit.page.waitForSelector(".rollcall-bulk input[type=file]")).uploadFile(out());
    const { scenes, created, database: { version } } = queue();
    const made = new Date(created * 1000).toLocaleDateString("en-GB");
    const names = scenes.flatMap(({ id, matches }) => matches.map(({ name }) => [id, name]));
    await visit.sees(" wait for you.", ".rollcall-said");
    assert.match(await visit.text(".rollcall-said"), new RegExp(`^${names.length} names from .* Made on ${made}, database ${version}`));
    assert.equal(await visit.page.$eval(".rollcall-bulk", ({ dataset }) => dataset.waiting), String(names.length));
    await visit.page.waitForSelector('.rollcall-review img[src^="data:image/jpeg"]');
    await visit.shot("queue-file-scanned");
    const [id, name] = names[0];
    await visit.page.keyboard.press("a");
    await waitFor(() => open.asked("RollcallAddToScenes").length === 1);
    const added = open.library.scenes.get(id).performer_ids.map((id) => open.library.performers.get(id).name);
    assert.ok(added.includes(name), added.join());
    assert.deepEqual(visit.errors, []);
  });

  test("a second run reads no frame and says the same", async () => {
    const before = queue().scenes;
    const { code, log, said } = await rollcall(args());
    assert.equal(code, 0, said);
    assert.equal(frames(log), 0);
    assert.deepEqual(queue().scenes, before);
  });

  test("who is on the scene by now does not wait, and organized scenes are left out", async () => {
    const [first, second] = queue().scenes;
    const performer = [...stash.library.performers.values()].find(({ name }) => name === first.matches[0].name);
    stash.library.scenes.get(first.id).performer_ids.push(performer.id);
    stash.library.scenes.get(second.id).organized = true;
    await rollcall(args("--with-performers"));
    const now = queue().scenes;
    const waiting = now.find(({ id }) => id === first.id)?.matches.map(({ name }) => name) ?? [];
    assert.ok(!waiting.includes(performer.name));
    assert.ok(!now.some(({ id }) => id === second.id));
    stash.library.scenes.get(first.id).performer_ids.pop();
    stash.library.scenes.get(second.id).organized = false;
  });

  test("a filter of Stash's chooses scenes", async () => {
    const [{ id }] = queue().scenes;
    const { said } = await rollcall(args("--filter", JSON.stringify({ id: { value: Number(id), modifier: "EQUALS" } })));
    assert.match(said, /^1 scenes/m);
    const { code } = await rollcall(args("--filter", "[1]"));
    assert.equal(code, 2);
  });

  test("without a sprite the preview is looked at, then the file if it is here, and else it is said what to do", async () => {
    const { scenes } = stash.library;
    const [previewed] = [...scenes.values()].filter(({ media }) => media.preview);
    const [bare] = [...scenes.values()].filter(({ media }) => !media.preview);
    const only = ({ id }) => args("--again", "--filter", JSON.stringify({ id: { value: Number(id), modifier: "EQUALS" } }));
    stash.faults.add(spriteMissing());
    const looked = await rollcall(only(previewed));
    assert.equal(looked.code, 0, looked.said);
    assert.ok(looked.log.some(({ path }) => path.endsWith("/preview")));
    const { code, said } = await rollcall(only(bare));
    assert.equal(code, 3);
    assert.match(said, /has no sprite, no preview, its file is not on this machine under Stash's path; let Stash generate sprites/);
    const elsewhere = bare.file.path;
    bare.file.path = previewed.media.preview;
    const read = await rollcall(only(bare));
    assert.equal(read.code, 0, read.said);
    assert.ok(read.log.every(({ path }) => !path.includes("stream")));
    bare.file.path = elsewhere;
    stash.faults.clear();
  });

  test("a Stash that breaks off ends the scan, which keeps what it has", async () => {
    const before = readFileSync(out());
    stash.faults.add(cut(/./));
    const { code, said } = await rollcall(args("--again"));
    stash.faults.clear();
    assert.equal(code, 1);
    assert.match(said, /cannot be reached/);
    assert.deepEqual(readFileSync(out()), before);
  });

  test("unknown people are not kept unless it is asked for", async () => {
    const size = async (...more) => {
      const state = join(work, `state-${more.length}`);
      const { code, said } = await rollcall(args("--max-scenes", "2", "--state", state, ...more));
      assert.equal(code, 3, said);
      return ["scan.sqlite", "scan.sqlite-wal"].map((name) => join(state, name)).filter(existsSync).reduce((sum, file) => sum + statSync(file).size, 0);
    };
    const [some, all] = [await size(), await size("--keep-unknown")];
    assert.ok(some < all, `${some} < ${all}`);
  });
});
