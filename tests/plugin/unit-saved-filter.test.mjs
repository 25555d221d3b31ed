// Filters as Stash's page saves them, turned into what Stash takes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { coerceInputValue } from "graphql";
import { bundled } from "./lib/bundle.mjs";
import { stashSchema } from "../graphql/schemas.mjs";

const { chosen } = await bundled("saved-filter.ts");
const filter = (object_filter, q = null) => ({ id: "1", name: "Mine", find_filter: { q }, object_filter });
const scene = (object_filter) => chosen(filter(object_filter)).scene;
const id = (n) => ({ id: String(n), label: `Name ${n}` });

/** One of each kind, as it is saved, and as Stash takes it. */
const KINDS = {
  title: [{ modifier: "INCLUDES", value: "a 'quoted' \"word\"" }, { modifier: "INCLUDES", value: "a 'quoted' \"word\"" }],
  path: [{ modifier: "MATCHES_REGEX", value: "^/new/.*\\.mkv$" }, { modifier: "MATCHES_REGEX", value: "^/new/.*\\.mkv$" }],
  details: [{ modifier: "IS_NULL", value: "" }, { modifier: "IS_NULL", value: "" }],
  rating100: [{ modifier: "GREATER_THAN", value: { value: 60, value2: undefined } }, { modifier: "GREATER_THAN", value: 60 }],
  duration: [{ modifier: "BETWEEN", value: { value: 60, value2: 600 } }, { modifier: "BETWEEN", value: 60, value2: 600 }],
  performer_count: [{ modifier: "EQUALS", value: 0 }, { modifier: "EQUALS", value: 0 }],
  date: [{ modifier: "GREATER_THAN", value: { value: "2024-01-31" } }, { modifier: "GREATER_THAN", value: "2024-01-31" }],
  created_at: [{ modifier: "BETWEEN", value: { value: "2024-01-31 10:30", value2: "2024-02-01" } }, { modifier: "BETWEEN", value: "2024-01-31T10:30", value2: "2024-02-01" }],
  organized: [{ modifier: "EQUALS", value: "false" }, false],
  interactive: [{ modifier: "EQUALS", value: "true" }, true],
  has_markers: [{ modifier: "EQUALS", value: "true" }, "true"],
  is_missing: [{ modifier: "EQUALS", value: "performers" }, "performers"],
  tags: [
    { modifier: "INCLUDES_ALL", value: { items: [id(7), id(8)], excluded: [id(9)], depth: -1 } },
    { modifier: "INCLUDES_ALL", value: ["7", "8"], excludes: ["9"], depth: -1 },
  ],
  studios: [{ modifier: "NOT_NULL", value: { items: [], excluded: [], depth: 0 } }, { modifier: "NOT_NULL", value: [], depth: 0 }],
  performers: [{ modifier: "INCLUDES", value: { items: [id(3)], excluded: [] } }, { modifier: "INCLUDES", value: ["3"] }],
  galleries: [{ modifier: "EXCLUDES", value: [id(4)] }, { modifier: "EXCLUDES", value: ["4"] }],
  resolution: [{ modifier: "GREATER_THAN", value: "720p" }, { modifier: "GREATER_THAN", value: "STANDARD_HD" }],
  orientation: [{ modifier: "EQUALS", value: ["Portrait"] }, { value: ["PORTRAIT"] }],
  phash_distance: [{ modifier: "EQUALS", value: { value: "abcd", distance: 4 } }, { modifier: "EQUALS", value: "abcd", distance: 4 }],
  stash_id_endpoint: [{ modifier: "IS_NULL", value: { endpoint: "", stashID: "" } }, { modifier: "IS_NULL" }],
};

test("each kind becomes what Stash takes", () => {
  for (const [key, [saved, taken]] of Object.entries(KINDS)) assert.deepEqual(scene({ [key]: saved }), { [key]: taken }, key);
});

test("all together, with the words that were searched for", () => {
  const all = Object.fromEntries(Object.entries(KINDS).map(([key, [saved]]) => [key, saved]));
  const { scene, q, name } = chosen(filter(all, "two words"));
  assert.deepEqual(Object.keys(scene), Object.keys(KINDS));
  assert.deepEqual([q, name], ["two words", "Mine"]);
  assert.deepEqual(chosen(filter(null)).scene, {});
});

test("both versions of Stash take it", { skip: !existsSchema() }, () => {
  for (const version of ["0.30", "0.31"]) {
    const type = stashSchema(version).getType("SceneFilterType");
    for (const [key, [saved]] of Object.entries(KINDS)) coerceInputValue(scene({ [key]: saved }), type, (path, value, error) => assert.fail(`${version} ${key}: ${error.message}`));
  }
});

test("what cannot be turned into it is refused by its name", () => {
  const fine = KINDS.title[0];
  for (const [key, criterion] of Object.entries({
    duplicated: { modifier: "EQUALS", value: { phash: true } }, captions: { modifier: "EQUALS", value: "German" }, __proto_: fine,
    custom_fields: [{ field: "a", modifier: "EQUALS", value: ["b"] }], whatever_comes_next: { modifier: "EQUALS", value: "1" },
    rating100: { modifier: "BETWEEN", value: { value: 1 } }, tags: { modifier: "INCLUDES", value: { items: [{ id: "1'; --" }] } },
    performers: { modifier: "INCLUDES", value: { items: [] } }, title: { modifier: "SOUNDS_LIKE", value: "a" }, organized: { value: "maybe" },
    resolution: { modifier: "EQUALS", value: "constructor" }, code: 7, date: { modifier: "EQUALS", value: { value: "yesterday" } },
  })) assert.throws(() => scene({ path: fine, [key]: criterion }), (error) => error.message.includes(key.replaceAll("_", " ")) && error.message.includes("“Mine”"), key);
});

test("an endpoint never goes into a filter", () => {
  for (const endpoint of ["https://stashdb.org/graphql", "x' OR 1=1 --"]) {
    for (const modifier of ["EQUALS", "IS_NULL"]) {
      assert.throws(() => scene({ stash_id_endpoint: { modifier, value: { endpoint, stashID: "50459d16-787c-47c9-8ce9-a4cac9404324" } } }), /stash id endpoint/);
    }
  }
  assert.deepEqual(scene({ stash_id_endpoint: { modifier: "EQUALS", value: { endpoint: "", stashID: "50459d16-787c-47c9-8ce9-a4cac9404324" } } }),
    { stash_id_endpoint: { modifier: "EQUALS", stash_id: "50459d16-787c-47c9-8ce9-a4cac9404324" } });
});

/** The units run without the schema, too. */
function existsSchema() {
  try {
    stashSchema();
    return true;
  } catch {
    return false;
  }
}
