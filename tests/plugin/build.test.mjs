// The folder that Stash unpacks.

import assert from "node:assert/strict";
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
test("files bear the date of the checkout", () => assert.equal(statSync(join(out, "rollcall.js")).mtimeMs, statSync(join(out, "rollcall.yml")).mtimeMs));
