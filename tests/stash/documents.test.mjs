// The check of GraphQL documents (../graphql) finds what is wrong with them.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { buildSchema } from "graphql";
import { types } from "../graphql/generate.mjs";
import { stashSchema } from "../graphql/schemas.mjs";
import { problems, schemaOf } from "../graphql/validate.mjs";

let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), "rollcall-documents-")); });
after(() => rmSync(folder, { recursive: true, force: true }));

/** What is wrong with one document, without the folder. */
function wrong(text, schema = stashSchema()) {
  const file = join(folder, "one.graphql");
  writeFileSync(file, text);
  return problems(schema, file).map((line) => line.replace(file, basename(file)));
}

test("a good document has no problems", () =>
  assert.deepEqual(wrong("query A($id: ID!) { findScene(id: $id) { id title } }"), []));

test("what the schema does not have is told by file and line", () =>
  assert.deepEqual(wrong("query A {\n  version {\n    colour\n  }\n}"), ["one.graphql:3: Cannot query field \"colour\" on type \"Version\"."]));

test("nothing may ask for a key, whatever it calls it", () => {
  assert.deepEqual(wrong("query A { configuration { general { stashBoxes { key: api_key } } } }"), ["one.graphql:1: asks for api_key"]);
  assert.deepEqual(wrong("query A { configuration { general { apiKey password } } }"), ["one.graphql:1: asks for apiKey", "one.graphql:1: asks for password"]);
});

test("operations have names, each its own", () => {
  assert.deepEqual(wrong("{ version { version } }"), ["one.graphql:1: an operation has no name"]);
  assert.match(wrong("query A { version { hash } } query A { version { hash } }").join(), /only one operation named "A"/);
  writeFileSync(join(folder, "one.graphql"), "query A { version { hash } }");
  writeFileSync(join(folder, "two.graphql"), "query A { version { hash } }");
  assert.match(problems(stashSchema(), folder).join(), /two\.graphql: A is the name of an operation in .*one\.graphql, too/);
  rmSync(join(folder, "two.graphql"));
});

test("v0.30 has the old names, and not what came with v0.31", () => {
  const named = (type) => `query A($c: ${type}) { findPerformers(performer_filter: {circumcised: {value: [$c], modifier: EQUALS}}) { count } }`;
  assert.deepEqual(wrong(named("CircumcisedEnum!")), []);
  assert.match(wrong(named("CircumcisedEnum!"), schemaOf("stash-0.30")).join(), /Unknown type "CircumcisedEnum"/);
  assert.deepEqual(wrong(named("CircumisedEnum!"), schemaOf("stash-0.30")), []);
  for (const field of [
    "findScene(id: 1) { custom_fields }", "findPerformer(id: 1) { career_start }", "configuration { general { spriteScreenshotSize } }",
    "findPerformers(performer_filter: {stash_ids_endpoint: {stash_ids: [], modifier: EQUALS}}) { count }",
  ]) {
    assert.deepEqual(wrong(`query A { ${field} }`), []);
    assert.equal(wrong(`query A { ${field} }`, schemaOf("stash-0.30")).length, 1, field);
  }
});

test("the types of a document are those of its schema", async () => {
  writeFileSync(join(folder, "one.graphql"), "query Cat($id: ID!) { cat(id: $id) { name born } }");
  const schema = buildSchema("scalar Time type Query { cat(id: ID!): Cat } type Cat { name: String! born: Time weight: Int }");
  const written = await types(schema, folder);
  assert.match(written, /type CatQuery = \{ cat: \{ name: string, born: string \| null \} \| null \};/);
  assert.match(written, /declare module "\*\/one\.graphql" \{\n {2}const text: GraphqlText<CatQuery, CatQueryVariables>;/);
});
