// The folder that Stash unpacks.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildPlugin } from "../../plugin/build.mjs";

let out;
before(async () => {
  out = mkdtempSync(join(tmpdir(), "rollcall-plugin-"));
  await buildPlugin({ out, databaseUrl: "https://db.example/rollcall" });
});
after(() => rmSync(out, { recursive: true, force: true }));

const file = (...path) => readFileSync(join(out, ...path));

test("all of Stash waits for the script: 40 kB gzipped at most", () => assert.ok(gzipSync(file("rollcall.js"), { level: 9 }).length <= 40_000));
test("the script brings no React of its own and no client", () => {
  const text = file("rollcall.js", ).toString();
  for (const sign of ["react.element", "__SECRET_INTERNALS", "importScripts"]) assert.ok(!text.includes(sign), sign);
});
test("it knows the publisher's database", () => assert.ok(file("rollcall.js").includes("https://db.example/rollcall")));
test("the client comes later, and languages but English too", () => {
  assert.ok(file("assets", "client.js").length > 1000);
  assert.ok(file("assets", "locales", "de.json").length > 1000);
});
test("the plugin's own page comes later, and takes from the script what both need", () => {
  const [script, later] = [file("rollcall.js").toString(), file("assets", "later.js").toString()];
  for (const sign of ["rollcall-bulk", "RollcallSavedFilters"]) assert.ok(later.includes(sign) && !script.includes(sign), sign);
  for (const sign of ["RollcallConfigure", "identifyAgain"]) assert.ok(script.includes(sign) && !later.includes(`"${sign}"`) && !later.includes(`mutation ${sign}`), sign);
});
test("another version's files are at another place, so that none of the one before comes from a cache", async () => {
  const placeOf = (manifest) => /^ {4}\/([0-9a-f]{16}): assets$/m.exec(manifest)[1];
  const place = placeOf(file("rollcall.yml").toString());
  assert.ok(file("rollcall.js").includes(`"${place}"`) || file("rollcall.js").includes(`/${place}/`));
  const web = join(out, "web"), other = join(out, "other");
  mkdirSync(web);
  for (const name of ["cpu", "gpu"].flatMap((engine) => [`rollcall_${engine}.js`, `rollcall_${engine}_bg.wasm`])) writeFileSync(join(web, name), name);
  await buildPlugin({ out: other, web });
  const another = placeOf(readFileSync(join(other, "rollcall.yml"), "utf8"));
  assert.notEqual(another, place);
  await buildPlugin({ out: other, web });
  assert.equal(placeOf(readFileSync(join(other, "rollcall.yml"), "utf8")), another, "the same files, the same place");
});
test("files bear the date of the checkout", () => assert.equal(statSync(join(out, "rollcall.js")).mtimeMs, statSync(join(out, "rollcall.yml")).mtimeMs));
