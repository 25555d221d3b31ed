// Addresses, endpoints, settings, and what is written to Stash.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bundled } from "./lib/bundle.mjs";

const { rebase, shown } = await bundled("stash/paths.ts");
const { hostOf, configured, sourceOf, checked, byHost, performerPage, pictureAt } = await bundled("stash/endpoints.ts");
const { createInput } = await bundled("stash/scraped.ts");
const { settingsOf } = await bundled("settings.ts");
const UUID = "50459d16-0b0c-4c57-b4b1-0b2a3ae3f1c2";

describe("addresses", () => {
  const cases = [
    ["another host", "http://10.0.0.2:9999/scene/1/screenshot?t=5", "https://nas/", "https://nas/scene/1/screenshot?t=5"],
    ["a key", "http://nas/scene/1/stream?apikey=SECRET&x=1", "http://nas/", "http://nas/scene/1/stream?x=1"],
    ["a prefix that the proxy told", "https://nas/stash/scene/a_sprite.jpg", "https://nas/stash/", "https://nas/stash/scene/a_sprite.jpg"],
    ["a prefix that it did not tell", "http://nas/scene/a_sprite.jpg", "https://nas/stash/", "https://nas/stash/scene/a_sprite.jpg"],
  ];
  for (const [what, address, base, wanted] of cases) test(`of ${what}`, () => assert.equal(rebase(address, base), wanted));

  test("are shown without keys", () => {
    assert.equal(shown("http://nas/x?apikey=SECRET"), "http://nas/x");
    assert.equal(shown("http://nas/x?a=1&apikey=SECRET&b=2"), "http://nas/x?a=1&b=2");
  });
});

describe("endpoints", () => {
  test("are compared by host", () => {
    assert.equal(hostOf("https://TheporNdb.net/graphql?type=Scene"), "theporndb.net");
    assert.equal(hostOf("stashdb.org"), "stashdb.org");
    assert.equal(hostOf("javascript:alert(1)"), "");
  });

  test("are written as the user has them, the one without a type first", () => {
    const boxes = ["https://theporndb.net/graphql?type=JAV", "https://theporndb.net/graphql", "https://stashdb.org/graphql"].map((endpoint) => ({ endpoint, name: "" }));
    assert.equal(configured(boxes, "theporndb.net"), "https://theporndb.net/graphql");
    assert.equal(configured(boxes.slice(0, 1), "theporndb.net"), "https://theporndb.net/graphql?type=JAV");
    assert.equal(configured(boxes, "fansdb.cc"), undefined);
  });

  test("give ids only if they are uuids", () => {
    assert.deepEqual(byHost([{ endpoint: "https://stashdb.org/graphql", stash_id: UUID }, { endpoint: "https://x.example/graphql", stash_id: "../../admin" }]), { "stashdb.org": UUID });
  });

  test("give all ids of one host, where all are asked for", () => {
    const [one, other] = [UUID, UUID.replace("5", "6")].map((stash_id) => ({ endpoint: "https://StashDB.org/graphql", stash_id }));
    assert.deepEqual(checked([one, { ...one, stash_id: "none" }, other]), [["stashdb.org", one.stash_id], ["stashdb.org", other.stash_id]]);
  });

  test("are where somebody can be created from, unless offline", () => {
    const configuration = { boxes: [{ endpoint: "https://stashdb.org/graphql", name: "" }], settings: { offline: false } };
    assert.deepEqual(sourceOf({ "fansdb.cc": UUID, "stashdb.org": UUID }, configuration), ["https://stashdb.org/graphql", UUID]);
    assert.equal(sourceOf({ "fansdb.cc": UUID, "stashdb.org": null }, configuration), undefined);
    assert.equal(sourceOf({ "stashdb.org": UUID }, { ...configuration, settings: { offline: true } }), undefined);
  });

  test("give links of checked parts only", () => {
    assert.equal(performerPage("stashdb.org", UUID), `https://stashdb.org/performers/${UUID}`);
    for (const [host, id] of [["stashdb.org/evil", UUID], ["local", UUID], ["stashdb.org", "x"], ["javascript:alert(1)//", UUID]]) assert.equal(performerPage(host, id), undefined);
  });

  test("give pictures of their own host and plain path only", () => {
    assert.equal(pictureAt("https://stashdb.org/images/ab/cd", ["stashdb.org"]), "https://stashdb.org/images/ab/cd");
    for (const url of ["https://evil.example/images/a", "http://stashdb.org/a", "javascript:alert(1)", "https://stashdb.org/a?token=1", "https://u@stashdb.org/a", "https://stashdb.org:444/a"]) {
      assert.equal(pictureAt(url, ["stashdb.org"]), undefined, url);
    }
  });
});

test("a stash-box's performer becomes what Stash takes", () => {
  const input = createInput({
    remote_site_id: UUID, name: "Alice", gender: "Transgender Female", height: "170", weight: "tall", aliases: "Al, alice, AL , Ally", urls: ["https://a.example", "javascript:alert(1)"],
    images: ["https://cdn.example/1.jpg"], country: "US", details: "", birthdate: null,
  }, "https://stashdb.org/graphql");
  assert.deepEqual(input, {
    name: "Alice", gender: "TRANSGENDER_FEMALE", height_cm: 170, alias_list: ["AL", "Ally"], urls: ["https://a.example"], country: "US",
    image: "https://cdn.example/1.jpg", stash_ids: [{ endpoint: "https://stashdb.org/graphql", stash_id: UUID }],
  });
});

test("settings that make no sense count as empty", () => {
  const { minConfidence, maxResults, engine, ownLibrary, remotePictures } = settingsOf({ minConfidence: 7, maxResults: "5", engine: "Quantum", offline: true, remotePictures: true });
  assert.deepEqual({ minConfidence, maxResults, engine, ownLibrary, remotePictures }, { minConfidence: 0.5, maxResults: 5, engine: "auto", ownLibrary: true, remotePictures: false });
  assert.deepEqual([{}, { gentle: true }, { gentle: "yes" }].map((stored) => settingsOf(stored).gentle), [false, true, false]);
  assert.equal(settingsOf({ sidecarUrl: "http://nas:7878" }).databaseUrl, "http://nas:7878");
});
