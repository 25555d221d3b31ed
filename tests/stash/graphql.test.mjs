// What changes the library, as Stash does it.

import assert from "node:assert/strict";
import { beforeEach, afterEach, describe, test } from "node:test";
import { loginExpires, performerGoes, refuses } from "./faults.mjs";
import { Library } from "./library.mjs";
import { start } from "./lib.mjs";

const PEOPLE = "performers { id }";
const ADD = `mutation Add($input: BulkSceneUpdateInput!) { bulkSceneUpdate(input: $input) { id ${PEOPLE} } }`;
const CREATE = "mutation Create($input: PerformerCreateInput!) { performerCreate(input: $input) { id name image_path stash_ids { endpoint stash_id updated_at } } }";
const UUID = "50459d16-0000-4000-8000-000000000001";

let stash, library;
beforeEach(async () => {
  library = new Library();
  for (const name of ["Ann", "Ben", "Cat"]) library.addPerformer({ name });
  library.addScene({ title: "One", performer_ids: ["1"] });
  library.addScene({ title: "Two", organized: true });
  stash = await start({ library });
});
afterEach(() => stash?.stop());

const ids = (performers) => performers.map(({ id }) => id);
const message = ({ errors }) => errors?.[0].message;

describe("lists", () => {
  test("sceneUpdate REPLACES them", async () => {
    const { data } = await stash.ask(`mutation { sceneUpdate(input: {id: 1, performer_ids: [2]}) { ${PEOPLE} } }`);
    assert.deepEqual(ids(data.sceneUpdate.performers), ["2"]);
  });

  test("bulkSceneUpdate adds, removes or sets, and the log has what was asked", async () => {
    const change = async (mode, ...people) => {
      const input = { ids: ["1", "2"], performer_ids: { ids: people, mode } };
      const { data } = await stash.ask(ADD, { input });
      return data.bulkSceneUpdate.map(({ performers }) => ids(performers));
    };
    assert.deepEqual(await change("ADD", "2", "1"), [["1", "2"], ["2", "1"]]);
    assert.deepEqual(await change("REMOVE", "1"), [["2"], ["2"]]);
    assert.deepEqual(await change("SET", "3"), [["3"], ["3"]]);
    assert.deepEqual(stash.asked("Add").map(({ input }) => input.performer_ids.mode), ["ADD", "REMOVE", "SET"]);
    assert.equal(library.scenes.get("1").title, "One");
  });

  test("a performer who was deleted meanwhile fails it, and nothing is written", async () => {
    stash.faults.add(performerGoes("2", "Add"));
    const input = { ids: ["2"], performer_ids: { ids: ["2", "3"], mode: "ADD" } };
    assert.equal(message(await stash.ask(ADD, { input })), "FOREIGN KEY constraint failed");
    assert.deepEqual(library.scenes.get("2").performer_ids, []);
  });

  test("stash_ids of performerUpdate REPLACE, and keep their time where they stay", async () => {
    const update = async (input) => (await stash.ask(
      "mutation($input: PerformerUpdateInput!) { performerUpdate(input: $input) { stash_ids { endpoint stash_id updated_at } } }",
      { input: { id: "1", ...input } })).data.performerUpdate.stash_ids;
    const [first] = await update({ stash_ids: [{ endpoint: "https://a/graphql", stash_id: UUID }] });
    const both = await update({ stash_ids: [first, { endpoint: "https://b/graphql", stash_id: "x" }] });
    assert.deepEqual(both[0], first);
    assert.equal((await update({ stash_ids: [] })).length, 0);
    assert.equal((await update({ name: "Anna" })).length, 0);
  });
});

describe("performers", () => {
  test("name and disambiguation are unique together", async () => {
    const create = (input) => stash.ask(CREATE, { input });
    assert.equal(message(await create({ name: "Ann" })), "performer with name 'Ann' already exists");
    assert.equal((await create({ name: "Ann", disambiguation: "the other" })).data.performerCreate.id, "4");
    assert.equal(message(await create({ name: "Ann", disambiguation: "the other" })), "performer with name 'Ann' and disambiguation 'the other' already exists");
  });

  test("a picture that the server cannot fetch fails the whole; a data URL is kept", async () => {
    library.fetchPicture = async () => ({ status: 403 });
    const input = { name: "Dan", image: "https://cdn.example.org/d.jpg", stash_ids: [{ endpoint: "https://stashdb.org/graphql", stash_id: UUID }] };
    assert.match(message(await stash.ask(CREATE, { input })), /http error 403/);
    assert.equal(library.performers.size, 3);
    const made = (await stash.ask(CREATE, { input: { ...input, image: `data:image/png;base64,${btoa("PNG")}` } })).data.performerCreate;
    assert.doesNotMatch(made.image_path, /default=true/);
    const picture = await fetch(made.image_path);
    assert.deepEqual([picture.headers.get("content-type"), await picture.text()], ["image/png", "PNG"]);
    assert.equal(made.stash_ids[0].stash_id, UUID);
  });

  test("are found by a stash id under any endpoint, and by the lack of one", async () => {
    library.performers.get("2").stash_ids.push({ endpoint: "https://theporndb.net/graphql?type=Scene", stash_id: UUID });
    const find = async (filter) => ids((await stash.ask(
      "query($filter: PerformerFilterType) { findPerformers(performer_filter: $filter) { performers { id } } }", { filter })).data.findPerformers.performers);
    assert.deepEqual(await find({ stash_id_endpoint: { endpoint: "", stash_id: UUID, modifier: "EQUALS" } }), ["2"]);
    assert.deepEqual(await find({ stash_id_endpoint: { endpoint: "https://theporndb.net/graphql", stash_id: UUID, modifier: "EQUALS" } }), []);
    assert.deepEqual(await find({ stash_ids_endpoint: { stash_ids: ["x", UUID], modifier: "EQUALS" } }), ["2"]);
    assert.deepEqual(await find({ stash_id_endpoint: { modifier: "IS_NULL" } }), ["1", "3"]);
  });

  test("a stash-box answers a UUID with that row, deleted or not, and an endpoint that is not configured with an error", async () => {
    const row = { name: "Ann", remote_site_id: UUID, deleted: true };
    library.stashBoxes.push({ endpoint: "https://stashdb.org/graphql", name: "stashdb", performers: [row, { name: "Anne", remote_site_id: "x" }] });
    const scrape = (endpoint, query) => stash.ask(
      "query($e: String, $q: String) { scrapeSinglePerformer(source: {stash_box_endpoint: $e}, input: {query: $q}) { name remote_site_id } }", { e: endpoint, q: query });
    assert.deepEqual((await scrape("https://stashdb.org/graphql", UUID)).data.scrapeSinglePerformer, [{ name: "Ann", remote_site_id: UUID }]);
    assert.deepEqual((await scrape("https://stashdb.org/graphql", "ann")).data.scrapeSinglePerformer.map(({ name }) => name), ["Anne"]);
    assert.match(message(await scrape("https://other/graphql", UUID)), /not found/);
  });
});

describe("settings, jobs, filters", () => {
  test("configurePlugin overwrites the whole", async () => {
    const set = (input) => stash.ask("mutation($input: Map!) { configurePlugin(plugin_id: \"rollcall\", input: $input) }", { input });
    await set({ minConfidence: 0.5, engine: "cpu" });
    await set({ minConfidence: 0.7 });
    const { data } = await stash.ask("{ configuration { plugins(include: [\"rollcall\", \"other\"]) interface { language } } }");
    assert.deepEqual(data.configuration, { plugins: { rollcall: { minConfidence: 0.7 } }, interface: { language: "en-GB" } });
  });

  test("metadataGenerate is a job that ends", async () => {
    library.scenes.get("1").later = { sprite: "/s.jpg", vtt: "/s.vtt" };
    const { data } = await stash.ask("mutation { metadataGenerate(input: {sprites: true, sceneIDs: [1]}) }");
    const job = async () => (await stash.ask("query($id: ID!) { findJob(input: {id: $id}) { status } }", { id: data.metadataGenerate })).data.findJob.status;
    assert.equal(await job(), "RUNNING");
    while (await job() !== "FINISHED") await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(library.scenes.get("1").media.sprite, "/s.jpg");
  });

  test("filters and pages, and a filter the double does not know is an error", async () => {
    const find = async (scene_filter, filter = {}) => stash.ask(
      "query($scene_filter: SceneFilterType, $filter: FindFilterType) { findScenes(scene_filter: $scene_filter, filter: $filter) { count scenes { id } } }", { scene_filter, filter });
    assert.deepEqual((await find({ organized: false, performer_count: { value: 0, modifier: "GREATER_THAN" } })).data.findScenes, { count: 1, scenes: [{ id: "1" }] });
    assert.deepEqual((await find({ is_missing: "performers" })).data.findScenes.scenes, [{ id: "2" }]);
    assert.deepEqual((await find({ title: { value: "one", modifier: "EQUALS" }, OR: { organized: true } })).data.findScenes.count, 2);
    assert.deepEqual((await find(undefined, { per_page: 1, page: 2, sort: "title", direction: "DESC" })).data.findScenes, { count: 2, scenes: [{ id: "1" }] });
    assert.match(message(await find({ resume_time: { value: 0, modifier: "EQUALS" } })), /does not know the filter resume_time/);
  });

  test("custom fields are v0.31's: merged, replaced, removed, filtered; v0.30 has none on scenes", async () => {
    const set = (fields) => stash.ask(
      "mutation($fields: CustomFieldsInput) { bulkSceneUpdate(input: {ids: [1], custom_fields: $fields}) { custom_fields } }", { fields });
    await set({ partial: { a: 1, b: "x" } });
    assert.deepEqual((await set({ partial: { a: 2 }, remove: ["b"] })).data.bulkSceneUpdate[0].custom_fields, { a: 2 });
    const { data } = await stash.ask("{ findScenes(scene_filter: {custom_fields: [{field: \"a\", value: [2], modifier: EQUALS}]}) { count } }");
    assert.equal(data.findScenes.count, 1);
    const old = await start({ schema: "0.30", version: "v0.30.1" });
    assert.match(message(await old.ask("{ findScene(id: 1) { custom_fields } }")), /Cannot query field "custom_fields"/);
    assert.match(message(await old.ask("{ __type(name: \"CircumcisedEnum\") { name } findPerformer(id: 1) { career_start } }")), /career_start/);
    old.stop();
  });

  test("an operation can be refused, and a login can end in the middle", async () => {
    stash.faults.add(refuses("Add", "database is locked", 1));
    const input = { ids: ["1"], title: "New" };
    assert.equal(message(await stash.ask(ADD, { input })), "database is locked");
    assert.equal((await stash.ask(ADD, { input })).errors, undefined);
    const closed = await start({ library, credentials: { username: "u", password: "p", apiKey: "k" } });
    closed.faults.add(loginExpires("Add"));
    const cookie = closed.sessions.cookie();
    assert.ok((await closed.ask("{ version { version } }", {}, { cookie })).data);
    assert.deepEqual(await closed.ask(ADD, { input }, { cookie }), { status: 401 });
    closed.stop();
  });
});
