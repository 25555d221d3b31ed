// What the plugin's sources must not have.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { refusal } from "../stash/plugins.mjs";
import { plugin } from "./lib/bundle.mjs";

const files = readdirSync(join(plugin, "src"), { recursive: true });
const read = (file) => readFileSync(join(plugin, "src", file), "utf8");
/** Stash's page lets inline scripts run: one string that becomes markup owns the server. */
const SINKS = /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|createContextualFragment|DOMParser|\beval\(|new Function|setAttribute\(\s*["']on|srcdoc|["'`]javascript:/;

for (const file of files.filter((file) => /\.tsx?$/.test(file))) {
  test(`${file} has nothing that turns text into markup or code`, () => {
    const line = read(file).split("\n").findIndex((line) => SINKS.test(line));
    assert.equal(line, -1, `line ${line + 1}`);
  });
}

test("links and pictures get only addresses that were built here", () => {
  const allowed = /^(\{page\}|\{performerPage\(|\{url\}|\{rebase\(|\{person\.thumbnail\})/;
  for (const file of files.filter((file) => file.endsWith(".tsx"))) {
    for (const [, value] of read(file).matchAll(/\s(?:href|src)=(\{[^}]*\}?|"[^"]*")/g)) assert.match(value, allowed, file);
  }
});

// That documents are valid and ask for no secrets is tests/graphql's to say.
test("no question names an endpoint in a filter: Stash puts it into its SQL as it is", () => {
  for (const file of files.filter((file) => /\.(tsx?|graphql)$/.test(file) && !file.endsWith(".d.ts"))) assert.doesNotMatch(read(file), /stash_ids?_endpoint:\s*\{[^}]*endpoint:/, file);
});

describe("the manifest", () => {
  const text = readFileSync(join(plugin, "rollcall.yml"), "utf8");
  test("has no key that Stash does not know", () => assert.equal(refusal(text), null));
  test("names what the build makes", () => {
    const { ui } = parse(text);
    assert.deepEqual([ui.javascript, ui.css, ui.assets], [["rollcall.js"], ["rollcall.css"], { "/": "assets" }]);
  });
});
