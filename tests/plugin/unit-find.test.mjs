// Whom a performer's scenes and images speak for.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bundled } from "./lib/bundle.mjs";

const { seenIn } = await bundled("likely.ts");

const uuid = (n) => `50459d16-787c-47c9-8ce9-${String(n).padStart(12, "0")}`;
const named = (n, confidence = 0.9) => ({ performer_id: `stashdb.org:${uuid(n)}`, name: `Performer ${n}`, confidence, stash_ids: { "stashdb.org": uuid(n) }, candidates: [], faces: [] });
const performer = (id, n) => ({ id, stash_ids: n === undefined ? [] : [{ endpoint: "https://stashdb.org/graphql", stash_id: uuid(n) }] });
const place = (performers, ...matches) => ({ performers: [performer("1"), ...performers], matches });
const names = (...places) => seenIn(places, { id: "1" }).map(({ candidate, places }) => [candidate.name, places]);

test("who is seen where nobody else is tagged may be the one", () => {
  assert.deepEqual(names(place([], named(7))), [["Performer 7", 1]]);
  assert.deepEqual(names(place([], { unknown: true, candidates: [named(7)], faces: [] })), []);
});

test("beside others once is not enough, twice is", () => {
  const one = place([performer("2")], named(7), named(8));
  assert.deepEqual(names(one), []);
  assert.deepEqual(names(one, place([performer("3")], named(7))), [["Performer 7", 2]]);
});

test("the others are not the one, and who is there most often comes first", () => {
  const other = performer("2", 8);
  const found = names(place([other], named(8, 0.99), named(7)), place([other], named(8), named(7), named(9)), place([], named(9, 0.99)), place([], named(7, 0.6)));
  assert.deepEqual(found, [["Performer 7", 3], ["Performer 9", 2]]);
});
