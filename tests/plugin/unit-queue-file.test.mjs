// The queue file of `rollcall scan`, which is foreign input.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HOSTILE } from "../stash/fixtures.mjs";
import { bundled } from "./lib/bundle.mjs";

const { parseQueue, readQueue, sceneOf, MOST_BYTES } = await bundled("queue-file.ts");

const UUID = "50459d16-0000-4000-8000-000000000001";
const match = (more) => ({
  performer_id: `stashdb.org:${UUID}`, name: "Alice", confidence: 0.9, similarity: 0.7, stash_ids: { "stashdb.org": UUID }, appearances: 3,
  faces: [{ box: { x: 1, y: 2, width: 30, height: 40 }, frame: 4, time: 5.5, score: 0.9 }], candidates: [], ...more,
});
const file = (more) => JSON.stringify({ format: "rollcall-queue", version: 1, created: 1_795_000_000, database: { version: "2026.11.1", performers: 5 }, scenes: [], ...more });

describe("a queue file", () => {
  test("says when it was made, with what, and of which scenes", () => {
    assert.deepEqual(parseQueue(file({ scenes: [1] })), { created: 1_795_000_000, database: { version: "2026.11.1", performers: 5 }, scenes: [1] });
    assert.equal(parseQueue(file({ database: null })).database, null);
  });

  for (const [what, text, said] of [
    ["cut off", file().slice(0, -5), /cut off or damaged/], ["without scenes", file({ scenes: {} }), /cut off or damaged/],
    ["of a later version", file({ version: 2 }), /another version/], ["of no version", file({ version: "x" }), /another version/],
    ["something else", '{"rejected":{}}', /no queue file/], ["no JSON", "PK\u0003\u0004", /no queue file/], ["null", "null", /no queue file/], ["empty", "", /no queue file/],
  ]) test(`${what} is refused in a sentence`, () => assert.throws(() => parseQueue(text), said));

  test("of more than it may have is not read", async () => {
    const huge = { size: MOST_BYTES + 1, text: () => assert.fail("it was read") };
    await assert.rejects(readQueue(huge), /at most 200 MB/);
  });
});

describe("a scene of it", () => {
  test("has names with their faces; unknown people are left out", () => {
    const scene = sceneOf({ id: "12", matches: [match(), { unknown: true, faces: [] }] });
    assert.equal(scene.id, "12");
    assert.equal(scene.broken, 0);
    const [alice] = scene.matches;
    assert.deepEqual([alice.name, alice.confidence, alice.appearances, alice.faces[0].time], ["Alice", 0.9, 3, 5.5]);
    // Whoever was named is among those who come into question.
    assert.deepEqual(alice.candidates.map(({ performer_id }) => performer_id), [`stashdb.org:${UUID}`]);
  });

  for (const id of [12, "0", "-1", "1e3", "12; DROP", "99999999999", "", null, undefined]) {
    test(`has a number of Stash's, not ${JSON.stringify(id)}`, () => assert.equal(sceneOf({ id, matches: [] }), undefined));
  }

  test("has people with ids that can be believed alone", () => {
    const ids = ["stashdb.org", `evil"host:${UUID}`, `stashdb.org:${UUID}:x`, "stashdb.org:../../x", UUID, { toString: "x" }, null];
    const { matches, broken } = sceneOf({ id: "1", matches: [...ids.map((performer_id) => match({ performer_id })), null, 5, "x", match({ name: {} }), match({ name: " " })] });
    assert.deepEqual(matches, []);
    assert.equal(broken, ids.length + 5);
  });

  test("gives nothing from the file to an address or a picture but what is one", () => {
    const evil = match({
      face_thumbnail: 'data:image/jpeg;base64,AA"onerror=x', image_url: "https://evil.example/x", stashdb_url: "javascript:alert(1)",
      stash_ids: { "stashdb.org": "../admin", "evil host": UUID, __proto__: UUID, "fansdb.cc": UUID },
    });
    const { matches: [one] } = sceneOf(JSON.parse(JSON.stringify({ id: "1", matches: [evil] })));
    assert.equal(one.face_thumbnail, undefined);
    assert.deepEqual([one.image_url, one.stashdb_url], [null, null]);
    assert.deepEqual(one.stash_ids, { "fansdb.cc": UUID });
  });

  test("of any size and shape is cut to what can be shown", () => {
    const many = match({ faces: Array(50).fill({}), candidates: Array(50).fill(match()), name: "n".repeat(5000), confidence: 7, similarity: "x", appearances: -3 });
    const { matches: [one] } = sceneOf({ id: "1", matches: [many] });
    assert.deepEqual([one.faces.length, one.candidates.length, one.name.length, one.confidence, one.similarity, one.appearances], [8, 1, 300, 1, 0, 1]);
    for (const name of HOSTILE.filter((name) => name.trim())) assert.equal(sceneOf({ id: "1", matches: [match({ name })] }).matches[0].name, name.trim().slice(0, 300));
  });
});
