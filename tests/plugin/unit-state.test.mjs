// Decisions, the places of a database, the bulk queue, texts.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { bundled, plugin } from "./lib/bundle.mjs";

const decisions = await bundled("decisions.ts");
const { candidates } = await bundled("engine/places.ts");
const { isNewer } = await bundled("engine/newer.ts");
const queue = await bundled("queue.ts");
const { t, closest, clock, speak } = await bundled("words.ts");

describe("decisions", () => {
  const { NOTHING, parseDecisions, reject, allow, record, amend, forget, joined } = decisions;
  const add = { kind: "add", to: "scene:1", performer: "7", name: "Alice" };

  test("are what was written, read again", () => {
    const made = record(reject(NOTHING, "scene:1", "stashdb.org:a"), "run", "2026-11-28T12:00:00Z", [add]);
    assert.deepEqual(parseDecisions(JSON.stringify(made)), made);
    assert.deepEqual(allow(made, "scene:1", "stashdb.org:a").rejected, {});
  });

  test("of a file that is none, or hostile, are nothing", () => {
    for (const text of ["", "[]", "{", "null", '{"rejected":{"__proto__":["x"]},"reviewed":[{}],"journal":[{"id":1}]}']) assert.deepEqual(parseDecisions(text), NOTHING, text);
    const evil = { journal: [{ id: "a", time: "b", writes: [{ kind: "delete everything" }, { ...add, to: "scene:1; DROP" }, add] }] };
    assert.deepEqual(parseDecisions(JSON.stringify(evil)).journal[0].writes, [add]);
  });

  test("of a run that was taken back in part keep the rest", () => {
    const made = record(record(NOTHING, "run", "t", [add]), "run", "later", [{ ...add, performer: "8" }]);
    assert.equal(made.journal.length, 1);
    assert.deepEqual(forget(made, "run", [add]).journal[0].writes, [add]);
    assert.deepEqual(forget(made, "run", []).journal, []);
  });

  test("name a write once, however often it was attempted, and say what became of it", () => {
    const create = { kind: "create", to: "scene:1", performer: "", name: "Alice", endpoint: "https://stashdb.org/graphql", stash_id: "a" };
    const twice = record(record(NOTHING, "run", "t", [create]), "run", "later", [create, add]);
    assert.deepEqual(twice.journal[0].writes, [create, add]);
    assert.deepEqual(amend(twice, "run", create, [{ ...create, performer: "9" }]).journal[0].writes, [{ ...create, performer: "9" }, add]);
    assert.deepEqual(amend(amend(twice, "run", create, []), "run", add, []).journal, []);
    assert.deepEqual(parseDecisions(JSON.stringify(twice)), twice);
  });

  test("of two devices are joined without loss", () => {
    const [a, b] = [reject(NOTHING, "scene:1", "x:1"), record(reject(NOTHING, "scene:1", "x:2"), "r", "t", [add])];
    assert.deepEqual(joined(a, b).rejected["scene:1"], ["x:1", "x:2"]);
    assert.equal(joined(a, b).journal.length, 1);
  });
});

describe("places of a database", () => {
  const urls = (...args) => candidates(...args).map(({ url }) => url);

  test("are Stash's own first, then its machine, then the publisher's", () => {
    const all = urls("http://nas:9999/stash/", "", false, "https://db.example/x");
    assert.equal(all[0], "http://nas:9999/stash/rollcall/database/");
    assert.ok(all.includes("http://nas:9999/stash/custom/rollcall/"));
    assert.deepEqual(all.slice(-2), ["http://nas:7878/database/", "https://db.example/x/"]);
  });

  test("offline are Stash's own", () => {
    assert.ok(urls("http://nas:9999/", "", true, "https://db.example").every((url) => url.startsWith("http://nas:9999/")));
    assert.deepEqual(urls("http://nas:9999/", "http://other:7878", true), []);
  });

  test("are what the user typed and nothing else", () => {
    assert.deepEqual(urls("http://nas:9999/stash/", "/custom/db", false), ["http://nas:9999/stash/custom/db/database/", "http://nas:9999/stash/custom/db/"]);
    assert.deepEqual(urls("http://nas:9999/", "nas:7878", false)[0], "http://nas:7878/database/");
    assert.deepEqual(urls("http://nas:9999/", "javascript:alert(1)", false), []);
  });
});

test("a newer version is told number by number, and what is no version is never newer", () => {
  assert.ok(isNewer("2026.12.1", "2026.11.9"));
  assert.ok(isNewer("2026.11.10", "2026.11.9"));
  for (const other of ["2026.11.9", "2025.12.10", "2027", "2027.1.1.1", "", "2027.1.<b>"]) assert.ok(!isNewer(other, "2026.11.9"), other);
});

describe("the bulk queue", () => {
  const scene = (id) => ({ id, title: "", organized: false, files: [{ basename: `${id}.mp4` }], paths: { screenshot: null }, performers: [] });
  const match = (id) => ({ performer_id: id, name: id, confidence: 0.99, similarity: 0.9, appearances: 3, faces: [], stash_ids: {}, candidates: [{ performer_id: id, name: id, confidence: 0.99, similarity: 0.9, stash_ids: {} }] });
  const beside = (more) => ({ tagged: [], known: new Map(), rejected: [], minConfidence: 0.5, ...more });

  test("goes by id, so that what is written meanwhile moves nothing", () => {
    const scan = queue.looked(queue.FRESH, scene("41"), { matches: [match("x:1")] }, beside());
    assert.deepEqual(queue.filterOf(scan), { id: { value: 41, modifier: "GREATER_THAN" }, organized: false, performer_count: { value: 0, modifier: "EQUALS" } });
    assert.equal(scan.queue[0].scene.title, "41.mp4");
    assert.equal(queue.without(scan, scan.queue[0]).queue.length, 0);
  });

  test("leaves those alone who may not be tagged by programs", () => {
    const known = new Map([["x:1", { id: "1", name: "A", ignore_auto_tag: true, stash_ids: [] }]]);
    assert.equal(queue.looked(queue.FRESH, scene("1"), { matches: [match("x:1")] }, beside({ known })).queue.length, 0);
  });

  test("takes one key for an accepted person", () => {
    assert.equal(queue.meaning("a"), "accept");
    assert.equal(queue.meaning("Enter"), "accept");
    assert.equal(queue.meaning("b"), undefined);
  });
});

describe("texts", () => {
  const folder = join(plugin, "locales");
  const read = (file) => JSON.parse(readFileSync(join(folder, file), "utf8"));
  const english = read("en.json");
  const names = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).filter((name) => name !== "n");

  for (const file of readdirSync(folder)) {
    test(`${file} has the keys and values of English`, () => {
      const texts = read(file);
      assert.deepEqual(Object.keys(texts).sort(), Object.keys(english).sort());
      for (const [key, text] of Object.entries(texts)) {
        assert.deepEqual([...new Set(names(text))].sort(), [...new Set(names(english[key]))].sort(), key);
        assert.ok(!/[<>]/.test(text), key);
      }
    });
  }

  test("count, and speak the language that comes closest", () => {
    assert.equal(t("undo", { n: 1 }), "Undo 1 change");
    assert.equal(t("undo", { n: 1200 }), "Undo 1,200 changes");
    assert.equal(closest("de-AT"), "de");
    assert.equal(closest("zh-TW"), "zh-CN");
    assert.equal(closest("xx"), "en");
    speak("de-DE", { cancel: "Abbrechen" });
    assert.equal(t("cancel"), "Abbrechen");
    assert.equal(t("close"), "Close");
  });

  test("show moments as players do", () => assert.deepEqual([clock(5), clock(65.9), clock(3725)], ["0:05", "1:05", "1:02:05"]));
});
