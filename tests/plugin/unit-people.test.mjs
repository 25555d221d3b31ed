// An answer beside the library and the user's decisions.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bundled } from "./lib/bundle.mjs";

const { seen, addable, moments } = await bundled("people.ts");

const candidate = (id, confidence) => ({
  performer_id: `stashdb.org:${id}`, name: `Performer ${id}`, confidence, similarity: confidence, stash_ids: {}, disambiguation: null,
  image_url: null, stashdb_url: null, stashdb_id: id, country: null,
});
const face = (time) => ({ box: { x: 1, y: 2, width: 3, height: 4 }, frame: time, time, score: 1 });
const named = (...candidates) => ({ ...candidates[0], candidates, appearances: 2, faces: [face(3)], why: { looks: 2 } });
const unknown = (...candidates) => ({ unknown: true, candidates, appearances: 1, faces: [face(9)] });
const answer = (...matches) => ({ matches });
const performer = (id) => ({ id, name: `Stash ${id}`, disambiguation: null, image_path: null, stash_ids: [] });
const beside = (more) => ({ tagged: [], known: new Map(), rejected: [], minConfidence: 0.5, ...more });

test("who is tagged is confirmed, and who is tagged and not there is unseen", () => {
  const [alice, bob] = [performer("1"), performer("2")];
  const { people, unseen } = seen(answer(named(candidate("a", 0.99))), beside({ tagged: [alice, bob], known: new Map([["stashdb.org:a", alice]]) }));
  assert.equal(people[0].best.tagged, true);
  assert.deepEqual(unseen, [bob]);
});

test("after a no, the next name comes up if it is sure enough", () => {
  const match = named(candidate("a", 0.99), candidate("b", 0.8), candidate("c", 0.2));
  const { people: [person] } = seen(answer(match), beside({ rejected: ["stashdb.org:a"] }));
  assert.equal(person.best.id, "stashdb.org:b");
  assert.deepEqual(person.others.map(({ id }) => id), ["stashdb.org:c"]);
  assert.deepEqual(person.rejected, ["stashdb.org:a"]);
});

test("a no counts for whom a stash-box has merged that one into", () => {
  const match = named({ ...candidate("new", 0.99), merged_ids: ["stashdb.org:old"] }, candidate("b", 0.8));
  const { people: [person] } = seen(answer(match), beside({ rejected: ["stashdb.org:old"] }));
  assert.equal(person.best.id, "stashdb.org:b");
  assert.deepEqual(person.rejected, ["stashdb.org:old"]);
});

test("after a no to all that is likely, a person is unknown", () => {
  const { people: [person] } = seen(answer(named(candidate("a", 0.99), candidate("b", 0.3))), beside({ rejected: ["stashdb.org:a"] }));
  assert.equal(person.best, undefined);
});

test("an unknown person gets no name from the list of who comes closest", () => {
  const { people: [person] } = seen(answer(unknown(candidate("a", 0.4))), beside());
  assert.equal(person.best, undefined);
  assert.equal(person.others.length, 1);
});

test("one click adds who is sure, in the library, not there yet, and each once", () => {
  const [alice, bob, carol] = [performer("1"), performer("2"), performer("3")];
  const known = new Map([["stashdb.org:a", alice], ["stashdb.org:b", bob], ["stashdb.org:c", carol]]);
  const { people } = seen(
    answer(named(candidate("a", 0.99)), named(candidate("b", 0.9)), named(candidate("c", 0.97)), named(candidate("d", 0.99)), named(candidate("a", 0.98))),
    beside({ known, tagged: [carol] }),
  );
  assert.deepEqual(addable(people), [alice]);
});

test("moments are whole seconds, few and spread", () => {
  assert.deepEqual(moments([face(9.7), face(3.2), face(3.9), { ...face(1), time: null }], 8), [3, 9]);
  const many = moments(Array.from({ length: 100 }, (_, i) => face(i)), 4);
  assert.deepEqual(many, [0, 25, 50, 75]);
});

test("only a picture becomes a thumbnail", () => {
  const { people } = seen(answer({ ...unknown(), face_thumbnail: "javascript:alert(1)" }), beside());
  assert.equal(people[0].thumbnail, undefined);
});
