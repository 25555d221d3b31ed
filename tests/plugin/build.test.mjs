// The folder that Stash unpacks.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
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
  const [, version] = /later\.js\?([0-9a-f]{16})/.exec(script);
  assert.equal(version, createHash("sha256").update(later).digest("hex").slice(0, 16));
});
test("files bear the date of the checkout", () => assert.equal(statSync(join(out, "rollcall.js")).mtimeMs, statSync(join(out, "rollcall.yml")).mtimeMs));
