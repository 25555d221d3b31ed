// The folder that Stash unpacks.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
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
/** The one folder of the assets. */
const placeOf = (folder) => {
  const all = readdirSync(join(folder, "assets"));
  assert.deepEqual([all.length, /^[0-9a-f]{16}$/.test(all[0])], [1, true]);
  return all[0];
};
const asset = (...path) => file("assets", placeOf(out), ...path);

test("all of Stash waits for the script: 40 kB gzipped at most", () => assert.ok(gzipSync(file("rollcall.js"), { level: 9 }).length <= 40_000));
test("the script brings no React of its own and no client", () => {
  const text = file("rollcall.js", ).toString();
  for (const sign of ["react.element", "__SECRET_INTERNALS", "importScripts"]) assert.ok(!text.includes(sign), sign);
});
test("it knows the publisher's database", () => assert.ok(file("rollcall.js").includes("https://db.example/rollcall")));
test("the client comes later, and languages but English too", () => {
  assert.ok(asset("client.js").length > 1000);
  assert.ok(asset("locales", "de.json").length > 1000);
});
test("the plugin's own page comes later, and takes from the script what both need", () => {
  const [script, later] = [file("rollcall.js").toString(), asset("later.js").toString()];
  for (const sign of ["rollcall-bulk", "RollcallSavedFilters"]) assert.ok(later.includes(sign) && !script.includes(sign), sign);
  for (const sign of ["RollcallConfigure", "identifyAgain"]) assert.ok(script.includes(sign) && !later.includes(`"${sign}"`) && !later.includes(`mutation ${sign}`), sign);
});
test("another version's files are at another place, so that none of the one before comes from a cache", async () => {
  assert.ok(file("rollcall.js").includes(placeOf(out)));
  const web = join(out, "web"), other = join(out, "other");
  mkdirSync(web);
  for (const name of ["cpu", "gpu"].flatMap((engine) => [`rollcall_${engine}.js`, `rollcall_${engine}_bg.wasm`])) writeFileSync(join(web, name), name);
  const placeNow = async () => {
    await buildPlugin({ out: other, web });
    return placeOf(other);
  };
  const place = await placeNow();
  assert.equal(await placeNow(), place, "the same files, the same place");
  writeFileSync(join(web, "rollcall_gpu_bg.wasm"), "rollcall_gpu_bg.wasM");
  assert.notEqual(await placeNow(), place, "one byte is another");
});
test("files bear the date of the checkout", () => assert.equal(statSync(join(out, "rollcall.js")).mtimeMs, statSync(join(out, "rollcall.yml")).mtimeMs));
